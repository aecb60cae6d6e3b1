use diesel::prelude::*;

use super::{Audience, TypedAudience};
use crate::algorithms::{self, Reader};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result};
use crate::package::Package;
use crate::publishers::{self, Publisher};
use crate::schema::{algorithms as table, publishers as publisher_table, versions as version_table};
use crate::slug::Slug;
use crate::versions::{Number, Proof, Published, Target, Upload};

/// Characters of release notes.
const NOTES: usize = 60_000;

/// An upload as it was typed, beside its archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedUpload {
    /// Handle of whose it is to be; empty: the member's own.
    pub publisher: String,
    /// Its name in URLs; empty: the `MLproject`'s.
    pub name: String,
    /// `publisher/name` of the algorithm of which it is a new version; empty: a new algorithm.
    pub algorithm: String,
    /// `x.x.x`; empty: 1.0.0, then the next patch.
    pub version: String,
    /// Release notes, Markdown; empty: the package's own.
    pub notes: String,
    /// Who may see it; an empty visibility leaves that of an algorithm as it is.
    pub audience: TypedAudience,
}

/// An upload that can be published, but for its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    publisher: i64,
    /// `None`: the archive had to say, and could not be read.
    name: Option<Slug>,
    number: Option<Number>,
    notes: String,
    audience: Option<Audience>,
    target: Target,
}

impl TypedUpload {
    /// What is to be published, or every mistake beside its field. Without a package, one that could not be read, everything
    /// else is checked all the same.
    ///
    /// # Errors
    /// `Refused` with a sentence for `publisher`, `name`, `algorithm`, `version`, `notes`, `visibility`, `users`.
    pub fn check(&self, conn: &mut Conn, user: i64, package: Option<&Package>) -> Result<Order> {
        let mut wrong = Mistakes::new();
        let target = kept(&mut wrong, self.target(conn, user))?;
        let publisher = match &target {
            Some(Some((_, publisher))) => Some(*publisher),
            Some(None) => kept(&mut wrong, self.publisher(conn, user))?.map(|publisher| publisher.id),
            None => None,
        };
        let existing = target.flatten().map(|(id, _)| id);
        let name = match (existing, publisher) {
            (None, Some(publisher)) => kept(&mut wrong, self.name(conn, publisher, package))?.flatten(),
            _ => None,
        };
        let number = kept(&mut wrong, self.number(conn, existing))?.flatten();
        if self.notes.chars().count() > NOTES {
            wrong.insert("notes".into(), format!("Use at most {NOTES} characters."));
        }
        let unsaid = existing.is_some() && self.audience.visibility.is_empty();
        let audience = if unsaid { None } else { kept(&mut wrong, self.audience.check(conn))? };
        match publisher {
            Some(publisher) if wrong.is_empty() => {
                let target = existing.map_or(Target::New, Target::Existing);
                Ok(Order { publisher, name, number, notes: self.notes.trim().to_owned(), audience, target })
            }
            _ => Err(Error::Refused(wrong)),
        }
    }

    /// The algorithm of which it is a new version, with its publisher's id.
    fn target(&self, conn: &mut Conn, user: i64) -> Result<Option<(i64, i64)>> {
        let typed = self.algorithm.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let none = || Error::refused("algorithm", "Choose one of your algorithms.");
        let (publisher, name) = typed.split_once('/').ok_or_else(none)?;
        match algorithms::find(conn, Reader { user: Some(user), operator: false }, publisher, name) {
            Ok(access) if access.own => Ok(Some((access.algorithm.id, access.publisher.id))),
            Ok(_) | Err(Error::NotFound) => Err(none()),
            Err(error) => Err(error),
        }
    }

    fn publisher(&self, conn: &mut Conn, user: i64) -> Result<Publisher> {
        let own = publishers::of_user(conn, user)?;
        let theirs = publisher_table::table.filter(publisher_table::id.eq_any(own)).select(Publisher::as_select());
        let handle = self.publisher.trim();
        let found = match handle {
            "" => theirs.filter(publisher_table::id.eq(user)).first(conn).optional()?,
            handle => theirs.filter(publisher_table::handle.eq(handle)).first(conn).optional()?,
        };
        found.ok_or_else(|| Error::refused("publisher", "Publish as yourself or as an organisation that you belong to."))
    }

    fn name(&self, conn: &mut Conn, publisher: i64, package: Option<&Package>) -> Result<Option<Slug>> {
        let typed = self.name.trim();
        let slug: Slug = match (typed, package) {
            ("", None) => return Ok(None),
            ("", Some(package)) => {
                let said = package.manifest.name.clone().unwrap_or_default();
                let tidy = said.to_lowercase().replace([' ', '_', '.'], "-");
                let why = match said.is_empty() {
                    true => "The MLproject has no name; give one here.".to_owned(),
                    false => format!("The MLproject's name, {said}, cannot stand in addresses; give one here."),
                };
                tidy.parse().map_err(|_| Error::refused("name", why))?
            }
            (typed, _) => typed.parse().map_err(|sentence: &str| Error::refused("name", sentence))?,
        };
        let taken = table::table.filter(table::publisher_id.eq(publisher)).filter(table::name.eq(slug.as_str()));
        if diesel::select(diesel::dsl::exists(taken)).get_result(conn)? {
            let sentence = format!("There is an algorithm {slug} already. Choose it above to add a version, or give another name.");
            return Err(Error::refused("name", sentence));
        }
        Ok(Some(slug))
    }

    fn number(&self, conn: &mut Conn, algorithm: Option<i64>) -> Result<Option<Number>> {
        let typed = self.version.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let number: Number = typed.parse().map_err(|sentence: &str| Error::refused("version", sentence))?;
        let same = version_table::table.filter(version_table::algorithm_id.nullable().eq(algorithm)).filter(version_table::number.eq(typed));
        if diesel::select(diesel::dsl::exists(same)).get_result(conn)? {
            return Err(Error::refused("version", "This algorithm has a version of that number already."));
        }
        Ok(Some(number))
    }
}

/// What was checked; a mistake goes to the others, and anything else ends the check.
fn kept<T>(wrong: &mut Mistakes, checked: Result<T>) -> Result<Option<T>> {
    match checked {
        Ok(value) => Ok(Some(value)),
        Err(Error::Refused(mistakes)) => {
            wrong.extend(mistakes);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Order {
    /// Publishes it: the archive of `package` is in the store.
    ///
    /// # Errors
    /// Those of [`super::upload`].
    pub fn place(&self, conn: &mut Conn, user: i64, package: &Package, proof: Proof, at: Time) -> Result<Published> {
        let upload = Upload {
            publisher: self.publisher,
            name: self.name.as_ref(),
            number: self.number,
            package,
            notes: Some(self.notes.as_str()).filter(|notes| !notes.is_empty()),
            by: Some(user),
            proof,
            target: self.target,
        };
        super::upload(conn, &upload, self.audience.as_ref(), at)
    }
}
