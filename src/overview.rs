//! What the head of an algorithm's pages shows, in as few queries as possible.

use diesel::prelude::*;

use crate::algorithms::{Access, Algorithm, Reader, judge};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::package::PackedFile;
use crate::per_backend;
use crate::publishers::Publisher;
use crate::schema::{algorithms, comments, publishers, versions};
use crate::versions::Proof;

/// The columns of a version that cost little to read.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = versions)]
pub struct Edition {
    /// In no URL: those have the number.
    pub id: i64,
    /// `1.2.3`.
    pub number: String,
    /// SHA-256 of the archive, in hex; of the manifest when its code is not here.
    pub digest: String,
    /// Bytes of the archive; 0 when its code is not here.
    pub size: i64,
    /// How many files are in it.
    pub file_count: i64,
    /// When.
    pub published_at: Time,
    /// Nobody new can pick it since.
    pub withdrawn_at: Option<Time>,
    /// Why.
    pub withdrawn_reason: Option<String>,
    /// Number of the version to take instead.
    pub replacement: Option<String>,
    /// Whether a run here has shown that it works.
    pub proof: Proof,
    /// Whether others than its publishers see it.
    pub shown: bool,
}

impl Edition {
    /// Whether its code is here: a catalogue entry's is not.
    pub fn has_archive(&self) -> bool {
        self.size > 0
    }
}

/// What stands around an algorithm.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The newest version that is not withdrawn; when all are, the newest.
    pub edition: Option<Edition>,
    /// How many versions there are, withdrawn ones too.
    pub versions: i64,
    /// How many comments there are.
    pub comments: i64,
}

/// An algorithm with its publisher, its newest version, and how many versions and comments there are.
type Row = (Algorithm, Publisher, Edition, (Option<i64>, Option<i64>));

/// The algorithm `publisher/name`, if this reader may see it, and what stands around it: one query for visitors, two for members.
///
/// # Errors
/// `NotFound` when it does not exist or is none of the reader's business.
pub fn find(conn: &mut Conn, reader: Reader, publisher: &str, name: &str) -> Result<(Access, Overview)> {
    let (others, counted) = diesel::alias!(versions as others, versions as counted);
    let order = (others.field(versions::withdrawn_at).is_null().desc(), others.field(versions::rank).desc());
    let theirs = others.filter(others.field(versions::algorithm_id).eq(algorithms::id)).filter(others.field(versions::shown).eq(true)).order(order);
    let newest = theirs.select(others.field(versions::id)).limit(1).single_value();
    let all = counted.filter(counted.field(versions::algorithm_id).eq(algorithms::id)).filter(counted.field(versions::shown).eq(true));
    let all = all.count().single_value();
    let said = comments::table.filter(comments::algorithm_id.eq(algorithms::id)).filter(comments::deleted_at.is_null());
    let shown = versions::table
        .inner_join(algorithms::table.inner_join(publishers::table))
        .filter(publishers::handle.eq(publisher))
        .filter(algorithms::name.eq(name))
        .filter(algorithms::deleted_at.is_null())
        .filter(versions::id.nullable().eq(newest));
    let around = (all, said.count().single_value());
    // Not by way of `Conn`, which would put four dozen names of columns together three times for each page.
    let row: Option<Row> = per_backend!(conn, c => {
        shown.select((Algorithm::as_select(), Publisher::as_select(), Edition::as_select(), around)).first(c)
    })
    .optional()?;
    let Some((algorithm, publisher, edition, (all, said))) = row else {
        // A draft has no version yet.
        return Ok((crate::algorithms::find(conn, reader, publisher, name)?, Overview::default()));
    };
    let access = judge(conn, reader, algorithm, publisher)?.ok_or(Error::NotFound)?;
    Ok((access, Overview { edition: Some(edition), versions: all.unwrap_or(0), comments: said.unwrap_or(0) }))
}

/// A page of an algorithm's versions, the newest first; withdrawn ones too.
///
/// # Errors
/// Only the database's.
pub fn editions(conn: &mut Conn, algorithm: i64, offset: i64, limit: i64) -> Result<Vec<Edition>> {
    let theirs = versions::table.filter(versions::algorithm_id.eq(algorithm)).filter(versions::shown.eq(true)).order(versions::rank.desc());
    Ok(theirs.offset(offset).limit(limit).select(Edition::as_select()).load(conn)?)
}

/// The version of this number, for who has this access: one that is not shown yet is its publishers' alone.
///
/// # Errors
/// `NotFound`.
pub fn edition(conn: &mut Conn, access: &Access, number: &str) -> Result<Edition> {
    let one = versions::table.filter(versions::algorithm_id.eq(access.algorithm.id)).filter(versions::number.eq(number));
    let edition: Edition = one.select(Edition::as_select()).first(conn)?;
    if edition.shown || access.manages { Ok(edition) } else { Err(Error::NotFound) }
}

/// What a version says of itself: its manifest (JSON of [`crate::package::Manifest`]), its release notes (Markdown), and
/// what the run that proved it took (JSON of [`crate::versions::ProofFacts`]).
///
/// # Errors
/// `NotFound`.
pub fn words(conn: &mut Conn, version: i64) -> Result<(String, String, Option<String>)> {
    Ok(versions::table.find(version).select((versions::manifest, versions::notes, versions::proof_facts)).first(conn)?)
}

/// The README of a version, Markdown; empty when it has none.
///
/// # Errors
/// `NotFound`.
pub fn readme(conn: &mut Conn, version: i64) -> Result<String> {
    Ok(versions::table.find(version).select(versions::readme).first(conn)?)
}

/// The files of a version's archive, sorted by path.
///
/// # Errors
/// `NotFound`; `Internal` when the stored JSON cannot be read.
pub fn files(conn: &mut Conn, version: i64) -> Result<Vec<PackedFile>> {
    let json: String = versions::table.find(version).select(versions::files).first(conn)?;
    Ok(serde_json::from_str(&json)?)
}
