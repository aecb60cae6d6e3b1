use diesel::prelude::*;

use super::{Constraints, Number, Proof, Version, by_id, keep_text, settle};
use crate::algorithms::{Algorithm, Listing, Visibility};
use crate::blobs::{Blobs, Draft};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, OrConflict, Result};
use crate::package::{self, About, Archive, Fault, Package, Packed};
use crate::schema::{algorithms, versions};
use crate::slug::Slug;

/// A package on its way into the gallery. Its archive is stored already, under `package.digest`.
pub struct Upload<'a> {
    /// Whose the algorithm is.
    pub publisher: i64,
    /// Its name in URLs; of a version more of an algorithm it is not asked for.
    pub name: Option<&'a Slug>,
    /// `None`: 1.0.0, then the next patch.
    pub number: Option<Number>,
    /// What was read from the archive.
    pub package: &'a Package,
    /// Release notes (Markdown) instead of the package's own.
    pub notes: Option<&'a str>,
    /// Who does it; `None`: the gallery itself, with what it comes with.
    pub by: Option<i64>,
    /// Whether a run must show that it works before others see it: `Due` or `Exempt`.
    pub proof: Proof,
    /// A new algorithm, or a version more of one.
    pub target: Target,
}

/// What an upload becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A new algorithm; one of that name is a mistake.
    New,
    /// A version more of this one.
    Existing(i64),
    /// Whichever it is, told by the name: for a pipeline that says both.
    Either,
}

/// Brings an uploaded archive into the store, as the ZIP that is stored, shown and run; or says what is wrong with it, and
/// leaves nothing.
///
/// # Errors
/// `Full` when the disk is; otherwise the disk's.
pub fn take_in(blobs: &Blobs, draft: Draft) -> Result<std::result::Result<Package, Vec<Fault>>> {
    let uploaded = Archive::in_file(draft.file())?;
    let zip = match package::kind(uploaded) {
        Ok(Packed::Zip) => draft,
        Ok(Packed::Tarball) => {
            let zip = blobs.draft()?;
            if let Err(faults) = package::to_zip(uploaded, zip.file()) {
                return Ok(Err(faults));
            }
            zip
        }
        Err(faults) => return Ok(Err(faults)),
    };
    match package::read(Archive::in_file(zip.file())?) {
        Ok(package) => blobs.keep_as(zip, &package.digest).map(|()| Ok(package)),
        Err(faults) => Ok(Err(faults)),
    }
}

/// What came of an upload.
#[derive(Debug, Clone)]
pub struct Published {
    /// The algorithm, as it is now.
    pub algorithm: Algorithm,
    /// The new version.
    pub version: Version,
    /// Ids of the versions that others see from now on and did not before.
    pub appeared: Vec<i64>,
}

/// Adds a version, and with the first one the algorithm, which starts as **Only to me**.
///
/// # Errors
/// `Conflict` when the algorithm has a version of that number, or the name is taken by another algorithm of the publisher's.
pub fn publish(conn: &mut Conn, upload: &Upload<'_>, at: Time) -> Result<Published> {
    let algorithm = match (upload.target, upload.name) {
        (Target::Existing(id), _) => id,
        (_, None) => return Err(Error::internal("a new algorithm without a name")),
        (target, Some(name)) => match (target, existing(conn, upload.publisher, name)?) {
            (Target::New, Some(_)) => return Err(Error::Conflict("That name is taken.")),
            (_, Some(id)) => id,
            (_, None) => create(conn, upload, name, at)?,
        },
    };
    let number = match upload.number {
        Some(number) => number,
        None => next_number(conn, algorithm)?,
    };
    let version = insert(conn, algorithm, number, upload, at)?;
    let appeared = settle(conn, algorithm, at)?;
    let algorithm = algorithms::table.find(algorithm).select(Algorithm::as_select()).first(conn)?;
    Ok(Published { algorithm, version: by_id(conn, version)?, appeared })
}

fn existing(conn: &mut Conn, publisher: i64, name: &Slug) -> Result<Option<i64>> {
    let same = algorithms::table.filter(algorithms::publisher_id.eq(publisher)).filter(algorithms::name.eq(name.as_str()));
    Ok(same.select(algorithms::id).first(conn).optional()?)
}

fn create(conn: &mut Conn, upload: &Upload<'_>, name: &Slug, at: Time) -> Result<i64> {
    let row = (
        algorithms::publisher_id.eq(upload.publisher),
        algorithms::name.eq(name.as_str()),
        algorithms::visibility.eq(Visibility::Private),
        algorithms::state.eq(Listing::Draft),
        algorithms::created_at.eq(at),
        words(&upload.package.manifest.about, name),
        algorithms::updated_at.eq(at),
        algorithms::touched_at.eq(at),
    );
    let insert = diesel::insert_into(algorithms::table).values(row).returning(algorithms::id);
    insert.get_result(conn).or_conflict("That name is taken.")
}

/// Takes over what this version's package says of the algorithm. What it leaves unsaid stays as it is: it may have been
/// edited since.
pub(super) fn adopt_words(conn: &mut Conn, algorithm: i64, version: i64, at: Time) -> Result<()> {
    let manifest: String = versions::table.find(version).select(versions::manifest).first(conn)?;
    let about = serde_json::from_str::<package::Manifest>(&manifest)?.about;
    let said = Said {
        title: about.title,
        summary: about.summary,
        description: about.description,
        delivery: about.delivery,
        restrictions: about.restrictions,
        task: about.task,
        framework: about.framework,
        license: about.license,
        open_source: about.open_source,
        updated_at: at,
    };
    diesel::update(algorithms::table.find(algorithm)).set(said).execute(conn)?;
    Ok(())
}

/// Fields that are `None` are left alone.
#[derive(AsChangeset)]
#[diesel(table_name = algorithms)]
struct Said {
    title: Option<String>,
    summary: Option<String>,
    description: Option<String>,
    delivery: Option<String>,
    restrictions: Option<String>,
    task: Option<String>,
    framework: Option<String>,
    license: Option<String>,
    open_source: Option<bool>,
    updated_at: Time,
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
        algorithms::open_source.eq(about.open_source.unwrap_or(false)),
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

fn insert(conn: &mut Conn, algorithm: i64, number: Number, upload: &Upload<'_>, at: Time) -> Result<i64> {
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
        versions::proof.eq(upload.proof),
        // [`settle`] shows it.
        versions::shown.eq(false),
    );
    let insert = diesel::insert_into(versions::table).values(row).returning(versions::id);
    insert.get_result(conn).or_conflict("This algorithm has a version of that number already.")
}
