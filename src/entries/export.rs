use std::collections::HashMap;

use diesel::prelude::*;

use super::Line;
use super::edition::Written;
use super::stored::Local;
use crate::algorithms::{Algorithm, Listing, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::package::Manifest;
use crate::schema::{algorithms, publishers, versions};

/// A piece of the catalogue.
pub struct Exported {
    /// What visitors see, in the order in which it came.
    pub lines: Vec<Line>,
    /// The last of them, to go on from; `None` at the end.
    pub last: Option<i64>,
}

/// What visitors see of the catalogue after the algorithm of id `last`, at most `limit` of them.
///
/// An algorithm of which no version can be picked is left out. Of an entry, subscribers and likes are those of its line; of an algorithm that was published here, all.
///
/// # Errors
/// Only the database's; `Internal` when a stored manifest cannot be read.
pub fn after(conn: &mut Conn, last: i64, limit: i64) -> Result<Exported> {
    let open = algorithms::table
        .inner_join(publishers::table)
        .filter(algorithms::visibility.eq(Visibility::Public))
        .filter(algorithms::state.eq(Listing::Listed))
        .filter(algorithms::newest.is_not_null())
        .filter(algorithms::deleted_at.is_null())
        .filter(publishers::suspended_at.is_null())
        .filter(algorithms::id.gt(last));
    let rows: Vec<(Algorithm, String)> = open.order(algorithms::id).limit(limit).select((Algorithm::as_select(), publishers::handle)).load(conn)?;
    let ids: Vec<i64> = rows.iter().map(|(algorithm, _)| algorithm.id).collect();
    let mut shown = shown(conn, &ids)?;
    let local = Local::of(conn, &ids)?;
    let line = |(algorithm, publisher): (Algorithm, String)| {
        let theirs = shown.remove(&algorithm.id).unwrap_or_default();
        Line::of(algorithm, publisher, theirs, &local)
    };
    Ok(Exported { last: ids.last().copied(), lines: rows.into_iter().map(line).collect::<Result<_>>()? })
}

/// A version, with the size of its archive.
type Shown = (String, String, i64);

/// The versions of these that can be picked, the oldest first.
fn shown(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Vec<Shown>>> {
    let standing = versions::table.filter(versions::algorithm_id.eq_any(ids)).filter(versions::shown.eq(true));
    let standing = standing.filter(versions::withdrawn_at.is_null()).order((versions::algorithm_id, versions::rank));
    let columns = (versions::algorithm_id, versions::number, versions::manifest, versions::size);
    let mut by_algorithm: HashMap<i64, Vec<Shown>> = HashMap::new();
    for (algorithm, number, manifest, size) in standing.select(columns).load::<(i64, String, String, i64)>(conn)? {
        by_algorithm.entry(algorithm).or_default().push((number, manifest, size));
    }
    Ok(by_algorithm)
}

impl Line {
    fn of(algorithm: Algorithm, publisher: String, shown: Vec<Shown>, local: &Local) -> Result<Self> {
        let id = algorithm.id;
        let uploaded = shown.iter().any(|(.., size)| *size > 0);
        let here = |count: i64| if uploaded { 0 } else { count };
        let written = |(number, manifest, _): &Shown| {
            let manifest: Manifest = serde_json::from_str(manifest)?;
            Ok(Written::of(number, &manifest)?)
        };
        Ok(Self {
            publisher,
            name: algorithm.name,
            title: Some(algorithm.title),
            summary: Some(algorithm.summary),
            description: Some(algorithm.description),
            task: Some(algorithm.task),
            framework: Some(algorithm.framework),
            license: Some(algorithm.license),
            open_source: Some(algorithm.open_source),
            subscribers: Some((algorithm.subscribers - here(local.subscribers(id))).max(0)),
            likes: Some((algorithm.likes - here(local.likes(id))).max(0)),
            updated_at: Some(written_moment(algorithm.updated_at)),
            versions: Some(shown.iter().map(written).collect::<Result<_>>()?),
        })
    }
}

/// RFC 3339, with milliseconds where there are any.
fn written_moment(at: Time) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()
}
