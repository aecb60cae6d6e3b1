use diesel::prelude::*;

use super::{Constraints, Number, Version, keep_text, refresh_newest};
use crate::algorithms::{Algorithm, Listing, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, OrConflict, Result};
use crate::package::{About, Package};
use crate::schema::{algorithms, versions};
use crate::slug::Slug;

/// A package on its way into the gallery. Its archive is stored already, under `package.digest`.
pub struct Upload<'a> {
    /// Whose the algorithm is.
    pub publisher: i64,
    /// Its name in URLs.
    pub name: &'a Slug,
    /// `None`: 1.0.0, then the next patch.
    pub number: Option<Number>,
    /// What was read from the archive.
    pub package: &'a Package,
    /// Release notes (Markdown) instead of the package's own.
    pub notes: Option<&'a str>,
    /// Who does it; `None`: the gallery itself, with what it comes with.
    pub by: Option<i64>,
}

/// Adds a version, and with the first one the algorithm, which starts as **Only to me**.
///
/// # Errors
/// `Conflict` when the algorithm has a version of that number.
pub fn publish(conn: &mut Conn, upload: &Upload<'_>, at: Time) -> Result<(Algorithm, Version)> {
    let algorithm = match existing(conn, upload)? {
        Some(id) => update(conn, id, upload, at)?,
        None => create(conn, upload, at)?,
    };
    let number = match upload.number {
        Some(number) => number,
        None => next_number(conn, algorithm)?,
    };
    let version = insert(conn, algorithm, number, upload, at)?;
    refresh_newest(conn, algorithm, at)?;
    Ok((algorithms::table.find(algorithm).select(Algorithm::as_select()).first(conn)?, version))
}

fn existing(conn: &mut Conn, upload: &Upload<'_>) -> Result<Option<i64>> {
    let same = algorithms::table.filter(algorithms::publisher_id.eq(upload.publisher)).filter(algorithms::name.eq(upload.name.as_str()));
    Ok(same.select(algorithms::id).first(conn).optional()?)
}

fn create(conn: &mut Conn, upload: &Upload<'_>, at: Time) -> Result<i64> {
    let row = (
        algorithms::publisher_id.eq(upload.publisher),
        algorithms::name.eq(upload.name.as_str()),
        algorithms::visibility.eq(Visibility::Private),
        algorithms::state.eq(Listing::Listed),
        algorithms::created_at.eq(at),
        words(&upload.package.manifest.about, upload.name),
        algorithms::updated_at.eq(at),
        algorithms::touched_at.eq(at),
    );
    let insert = diesel::insert_into(algorithms::table).values(row).returning(algorithms::id);
    insert.get_result(conn).or_conflict("That name is taken.")
}

fn update(conn: &mut Conn, id: i64, upload: &Upload<'_>, at: Time) -> Result<i64> {
    let set = (words(&upload.package.manifest.about, upload.name), algorithms::updated_at.eq(at));
    diesel::update(algorithms::table.find(id)).set(set).execute(conn)?;
    Ok(id)
}

type Words = (
    diesel::dsl::Eq<algorithms::title, String>,
    diesel::dsl::Eq<algorithms::summary, String>,
    diesel::dsl::Eq<algorithms::description, String>,
    diesel::dsl::Eq<algorithms::delivery, String>,
    diesel::dsl::Eq<algorithms::restrictions, String>,
    diesel::dsl::Eq<algorithms::task, String>,
    diesel::dsl::Eq<algorithms::framework, String>,
    diesel::dsl::Eq<algorithms::license, String>,
    diesel::dsl::Eq<algorithms::open_source, bool>,
);

/// What the package says of the algorithm, with something sensible for what it does not say.
fn words(about: &About, name: &Slug) -> Words {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    (
        algorithms::title.eq(about.title.clone().unwrap_or_else(|| name.to_string())),
        algorithms::summary.eq(text(&about.summary)),
        algorithms::description.eq(text(&about.description)),
        algorithms::delivery.eq(text(&about.delivery)),
        algorithms::restrictions.eq(text(&about.restrictions)),
        algorithms::task.eq(about.task.clone().unwrap_or_else(|| "Other".to_owned())),
        algorithms::framework.eq(about.framework.clone().unwrap_or_else(|| "Other".to_owned())),
        algorithms::license.eq(about.license.clone().unwrap_or_else(|| "Not stated".to_owned())),
        algorithms::open_source.eq(about.open_source),
    )
}

fn next_number(conn: &mut Conn, algorithm: i64) -> Result<Number> {
    let highest = versions::table.filter(versions::algorithm_id.eq(algorithm)).order(versions::rank.desc()).select(versions::number);
    let highest: Option<String> = highest.first(conn).optional()?;
    match highest {
        None => Ok(Number::FIRST),
        Some(number) => number.parse::<Number>().map(Number::next).map_err(Error::internal),
    }
}

fn insert(conn: &mut Conn, algorithm: i64, number: Number, upload: &Upload<'_>, at: Time) -> Result<Version> {
    let package = upload.package;
    let constraints = Constraints::of(&package.manifest).map(|constraints| keep_text(conn, &constraints.whole())).transpose()?;
    let notes = upload.notes.or(package.manifest.about.notes.as_deref()).unwrap_or("");
    let row = (
        versions::algorithm_id.eq(algorithm),
        versions::number.eq(number.to_string()),
        versions::rank.eq(number.rank()),
        versions::digest.eq(&package.digest),
        versions::size.eq(i64::try_from(package.size).unwrap_or(i64::MAX)),
        versions::manifest.eq(serde_json::to_string(&package.manifest)?),
        versions::files.eq(serde_json::to_string(&package.files)?),
        versions::file_count.eq(i64::try_from(package.files.len()).unwrap_or(i64::MAX)),
        versions::readme.eq(package.readme.as_deref().unwrap_or("")),
        versions::notes.eq(notes),
        versions::constraints_digest.eq(constraints),
        versions::published_by.eq(upload.by),
        versions::published_at.eq(at),
    );
    let insert = diesel::insert_into(versions::table).values(row).returning(versions::all_columns);
    insert.get_result(conn).or_conflict("This algorithm has a version of that number already.")
}
