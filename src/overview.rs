//! What the head of an algorithm's pages shows, in as few queries as possible.

use diesel::dsl::exists;
use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::package::PackedFile;
use crate::schema::{comments, favorites, likes, subscriptions, versions};

/// The columns of a version that cost little to read.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = versions)]
pub struct Edition {
    /// In no URL: those have the number.
    pub id: i64,
    /// `1.2.3`.
    pub number: String,
    /// SHA-256 of the archive, in hex.
    pub digest: String,
    /// Bytes of the archive.
    pub size: i64,
    /// How many files are in it.
    pub file_count: i64,
    /// When.
    pub published_at: Time,
    /// Nobody new can pick it since.
    pub withdrawn_at: Option<Time>,
    /// Why.
    pub withdrawn_reason: Option<String>,
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

/// What stands around the algorithm.
///
/// # Errors
/// Only the database's.
pub fn of(conn: &mut Conn, algorithm: i64) -> Result<Overview> {
    let others = diesel::alias!(versions as others);
    let all = others.filter(others.field(versions::algorithm_id).eq(algorithm)).count().single_value();
    let said = comments::table.filter(comments::algorithm_id.eq(algorithm)).filter(comments::deleted_at.is_null());
    let theirs = versions::table.filter(versions::algorithm_id.eq(algorithm));
    let row: Option<(Edition, Option<i64>, Option<i64>)> = theirs
        .order((versions::withdrawn_at.is_null().desc(), versions::rank.desc()))
        .select((Edition::as_select(), all, said.count().single_value()))
        .first(conn)
        .optional()?;
    Ok(row.map_or_else(Overview::default, |(edition, all, said)| Overview {
        edition: Some(edition),
        versions: all.unwrap_or(0),
        comments: said.unwrap_or(0),
    }))
}

/// What a member has to do with an algorithm, beside an active subscription.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mine {
    /// They like it.
    pub liked: bool,
    /// It is among their favourites.
    pub favorite: bool,
    /// They were subscribed and cancelled.
    pub cancelled: bool,
}

/// What this member has to do with the algorithm.
///
/// # Errors
/// Only the database's.
pub fn mine(conn: &mut Conn, user: i64, algorithm: i64) -> Result<Mine> {
    let cancelled = subscriptions::table
        .filter(subscriptions::user_id.eq(user))
        .filter(subscriptions::algorithm_id.eq(algorithm))
        .filter(subscriptions::state.eq("cancelled"));
    let both = (user, algorithm);
    let row = (exists(likes::table.find(both)), exists(favorites::table.find(both)), exists(cancelled));
    let (liked, favorite, cancelled) = diesel::select(row).get_result(conn)?;
    Ok(Mine { liked, favorite, cancelled })
}

/// A page of an algorithm's versions, the newest first; withdrawn ones too.
///
/// # Errors
/// Only the database's.
pub fn editions(conn: &mut Conn, algorithm: i64, offset: i64, limit: i64) -> Result<Vec<Edition>> {
    let theirs = versions::table.filter(versions::algorithm_id.eq(algorithm)).order(versions::rank.desc());
    Ok(theirs.offset(offset).limit(limit).select(Edition::as_select()).load(conn)?)
}

/// The version of this number.
///
/// # Errors
/// `NotFound`.
pub fn edition(conn: &mut Conn, algorithm: i64, number: &str) -> Result<Edition> {
    let one = versions::table.filter(versions::algorithm_id.eq(algorithm)).filter(versions::number.eq(number));
    Ok(one.select(Edition::as_select()).first(conn)?)
}

/// What a version says of itself: its manifest (JSON of [`crate::package::Manifest`]) and its release notes (Markdown).
///
/// # Errors
/// `NotFound`.
pub fn words(conn: &mut Conn, version: i64) -> Result<(String, String)> {
    Ok(versions::table.find(version).select((versions::manifest, versions::notes)).first(conn)?)
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
