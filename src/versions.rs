//! Versions: immutable, numbered, named by the SHA-256 of their archive.

mod constraints;
mod fit;
mod number;
mod proof;
mod publish;

pub use constraints::{Constraints, digest};
pub use fit::{Check, Need, fits, misfit, needs};
pub use number::Number;
pub use proof::{Proof, ProofFacts, open_to, settle};
pub use publish::{Published, Target, Upload, publish, take_in};

use diesel::prelude::*;

use crate::algorithms::Access;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::package::{Manifest, PackedFile};
use crate::schema::{algorithms, texts, versions};

/// Why nothing can be done with the code of a version that is only told of.
pub const NO_CODE: &str = "This is a catalogue entry: its code is not here.";

/// A row of `versions`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = versions)]
pub struct Version {
    /// In no URL: those have the number.
    pub id: i64,
    /// Of which algorithm.
    pub algorithm_id: i64,
    /// `1.2.3`.
    pub number: String,
    /// The number as one that sorts.
    pub rank: i64,
    /// SHA-256 of the archive, in hex; of the manifest when its code is not here.
    pub digest: String,
    /// Bytes of the archive; 0 when its code is not here.
    pub size: i64,
    /// JSON of [`Manifest`].
    pub manifest: String,
    /// JSON of a list of [`PackedFile`].
    pub files: String,
    /// How many they are.
    pub file_count: i64,
    /// Markdown.
    pub readme: String,
    /// Release notes, Markdown.
    pub notes: String,
    /// Of the constraints text, when it has constraints.
    pub constraints_digest: Option<String>,
    /// Nobody new can pick it since.
    pub withdrawn_at: Option<Time>,
    /// Why.
    pub withdrawn_reason: Option<String>,
    /// The member who uploaded it.
    pub published_by: Option<i64>,
    /// When.
    pub published_at: Time,
    /// Whether a run here has shown that it works.
    pub proof: Proof,
    /// The job of the last proof run.
    pub proof_job_id: Option<i64>,
    /// Why that run did not prove it, a sentence; else empty.
    pub proof_reason: String,
    /// Whether others than its publishers see it.
    pub shown: bool,
    /// Number of the version to take instead of this withdrawn one.
    pub replacement: Option<String>,
    /// JSON of [`ProofFacts`], once a run proved it.
    pub proof_facts: Option<String>,
}

impl Version {
    /// What its `MLproject` says.
    ///
    /// # Errors
    /// `Internal` when the stored JSON cannot be read.
    pub fn manifest(&self) -> Result<Manifest> {
        Ok(serde_json::from_str(&self.manifest)?)
    }

    /// The files of its archive, sorted by path.
    ///
    /// # Errors
    /// `Internal` when the stored JSON cannot be read.
    pub fn files(&self) -> Result<Vec<PackedFile>> {
        Ok(serde_json::from_str(&self.files)?)
    }

    /// What the run that proved it took and reported.
    ///
    /// # Errors
    /// `Internal` when the stored JSON cannot be read.
    pub fn proof_facts(&self) -> Result<Option<ProofFacts>> {
        Ok(self.proof_facts.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Whether its code is here: a catalogue entry's is not.
    pub fn has_archive(&self) -> bool {
        self.size > 0
    }

    /// Whether nobody new can pick it.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn_at.is_some()
    }
}

/// All versions of an algorithm, the newest first; withdrawn ones too.
///
/// # Errors
/// Only the database's.
pub fn of_algorithm(conn: &mut Conn, algorithm: i64) -> Result<Vec<Version>> {
    let theirs = versions::table.filter(versions::algorithm_id.eq(algorithm)).order(versions::rank.desc()).limit(1000);
    Ok(theirs.select(Version::as_select()).load(conn)?)
}

/// The version of this number.
///
/// # Errors
/// `NotFound`.
pub fn by_number(conn: &mut Conn, algorithm: i64, number: &str) -> Result<Version> {
    let one = versions::table.filter(versions::algorithm_id.eq(algorithm)).filter(versions::number.eq(number));
    Ok(one.select(Version::as_select()).first(conn)?)
}

/// The version of this number, for who has this access: one that is not shown yet is its publishers' alone.
///
/// # Errors
/// `NotFound`.
pub fn pick(conn: &mut Conn, access: &Access, number: &str) -> Result<Version> {
    let version = by_number(conn, access.algorithm.id, number)?;
    if version.shown || access.manages { Ok(version) } else { Err(Error::NotFound) }
}

/// Whether any version has this archive.
///
/// # Errors
/// Only the database's.
pub fn is_known(conn: &mut Conn, digest: &str) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(versions::table.filter(versions::digest.eq(digest)))).get_result(conn)?)
}

/// The version of this id.
///
/// # Errors
/// `NotFound`.
pub fn by_id(conn: &mut Conn, id: i64) -> Result<Version> {
    Ok(versions::table.find(id).select(Version::as_select()).first(conn)?)
}

/// The newest version that is shown and not withdrawn; `None` when there is none.
///
/// # Errors
/// Only the database's.
pub fn newest(conn: &mut Conn, algorithm: i64) -> Result<Option<Version>> {
    let shown = versions::table.filter(versions::algorithm_id.eq(algorithm)).filter(versions::shown.eq(true));
    let standing = shown.filter(versions::withdrawn_at.is_null());
    Ok(standing.order(versions::rank.desc()).select(Version::as_select()).first(conn).optional()?)
}

/// The text behind a digest.
///
/// # Errors
/// `NotFound`.
pub fn text(conn: &mut Conn, digest: &str) -> Result<String> {
    Ok(texts::table.find(digest).select(texts::body).first(conn)?)
}

/// Keeps a text that people will be asked to accept; returns its digest.
///
/// # Errors
/// Only the database's.
pub fn keep_text(conn: &mut Conn, body: &str) -> Result<String> {
    let digest = constraints::digest(body);
    let row = (texts::digest.eq(&digest), texts::body.eq(body));
    crate::per_backend!(conn, c => diesel::insert_into(texts::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(digest)
}

/// Withdraws a version: no new jobs, no new subscriptions on it; what ran still shows. `replacement` is the number of the
/// version to take instead.
///
/// # Errors
/// `Conflict` when it is withdrawn already.
pub fn withdraw(conn: &mut Conn, version: &Version, reason: &str, replacement: Option<&str>, at: Time) -> Result<()> {
    let standing = versions::table.find(version.id).filter(versions::withdrawn_at.is_null());
    let set = (versions::withdrawn_at.eq(at), versions::withdrawn_reason.eq(reason), versions::replacement.eq(replacement));
    if diesel::update(standing).set(set).execute(conn)? == 0 {
        return Err(Error::Conflict("This version is withdrawn already."));
    }
    refresh_newest(conn, version.algorithm_id, at)
}

/// Copies what lists show of the newest version into the algorithm's row.
fn refresh_newest(conn: &mut Conn, algorithm: i64, at: Time) -> Result<()> {
    let newest = newest(conn, algorithm)?;
    let requires = newest.as_ref().map(Version::manifest).transpose()?.map(|manifest| manifest.about.requires);
    let set = (
        algorithms::newest.eq(newest.as_ref().map(|version| version.number.as_str())),
        algorithms::constrained.eq(newest.as_ref().is_some_and(|version| version.constraints_digest.is_some())),
        algorithms::accelerator.eq(requires.as_ref().map_or("none", |requires| requires.accelerator.as_str())),
        algorithms::distributed.eq(requires.as_ref().is_some_and(|requires| requires.distributed)),
    );
    diesel::update(algorithms::table.find(algorithm)).set(set).execute(conn)?;
    crate::algorithms::announce(conn, algorithm, at)
}
