//! What changed from one version of an algorithm to another.

mod files;
mod lines;
mod parameters;

pub use files::{Changed, Counts, Files, Shown};
pub use lines::{Budget, Diff, Hunk, Line};
pub use parameters::{Change, Entry, Standing};

use diesel::prelude::*;

use crate::algorithms::Access;
use crate::blobs::Blobs;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::package::{Environment, Manifest};
use crate::schema::versions::{dsl as column, table};
use crate::versions::{self, Constraints, Version};

/// Versions from which can be chosen.
const MOST_VERSIONS: i64 = 1_000;

/// A version that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `1.2.3`.
    pub number: String,
    /// Nobody new can pick it.
    pub withdrawn: bool,
}

/// What can be compared, and what is.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Those that the reader may see, the newest first.
    pub listed: Vec<Listed>,
    /// The older one, unless there is none, and the newer one, unless there is no version at all.
    pub from: Option<Version>,
    /// See `from`.
    pub to: Option<Version>,
}

/// The two versions of these numbers. Without `to` it is the newest, without `from` the one before `to`.
///
/// # Errors
/// `NotFound` when there is no such version for who has this access.
pub fn choose(conn: &mut Conn, access: &Access, from: Option<&str>, to: Option<&str>) -> Result<Choice> {
    let listed = listed(conn, access)?;
    let to = to.or_else(|| listed.first().map(|version| version.number.as_str()));
    let before = |number: &str| {
        let at = listed.iter().position(|version| version.number == number)?;
        Some(listed.get(at + 1)?.number.as_str())
    };
    let from = from.or_else(|| to.and_then(before));
    let mut pick = |number: Option<&str>| number.map(|number| versions::pick(conn, access, number)).transpose();
    Ok(Choice { from: pick(from)?, to: pick(to)?, listed: listed.clone() })
}

fn listed(conn: &mut Conn, access: &Access) -> Result<Vec<Listed>> {
    let theirs = table.filter(column::algorithm_id.eq(access.algorithm.id));
    let rows = theirs.order(column::rank.desc()).limit(MOST_VERSIONS).select((column::number, column::withdrawn_at, column::shown));
    let rows: Vec<(String, Option<Time>, bool)> = rows.load(conn)?;
    let seen = rows.into_iter().filter(|(_, _, shown)| *shown || access.manages);
    Ok(seen.map(|(number, withdrawn, _)| Listed { number, withdrawn: withdrawn.is_some() }).collect())
}

/// What pip would install, and on which Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packages {
    /// The Python asked for in both versions; `None`: any.
    pub python: [Option<String>; 2],
    /// Requirements that are new.
    pub added: Vec<String>,
    /// Requirements that are gone.
    pub removed: Vec<String>,
}

impl Packages {
    fn of(old: &Environment, new: &Environment) -> Self {
        let only =
            |one: &Environment, other: &Environment| one.dependencies().iter().filter(|line| !other.dependencies().contains(line)).cloned().collect();
        Self { python: [old, new].map(|one| one.python().map(str::to_owned)), added: only(new, old), removed: only(old, new) }
    }

    /// Whether another Python is asked for.
    pub fn is_other_python(&self) -> bool {
        self.python[0] != self.python[1]
    }

    /// Whether nothing changed.
    pub fn is_same(&self) -> bool {
        !self.is_other_python() && self.added.is_empty() && self.removed.is_empty()
    }
}

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Text and checkable needs, as they are accepted.
    pub constraints: Diff,
    /// Entry points in which anything differs.
    pub entries: Vec<Entry>,
    /// What has to be installed.
    pub packages: Packages,
    /// How many files differ.
    pub counts: Counts,
    /// Which they are; `None` for closed source.
    pub files: Option<Files>,
}

impl Comparison {
    /// Bytes, about.
    pub fn size(&self) -> usize {
        let files = self.files.as_ref().map_or(0, Files::size);
        let parameters: usize = self.entries.iter().map(|entry| 400 * (1 + entry.parameters.len())).sum();
        2_000 + self.constraints.size() + parameters + files
    }
}

/// Compares two versions of one algorithm. `open`: its code may be shown.
///
/// Reads both archives: not for the threads that answer requests.
///
/// # Errors
/// `Internal` when an archive is gone or damaged.
pub fn compare(blobs: &Blobs, open: Source, from: &Version, to: &Version) -> Result<Comparison> {
    let (old, new) = (from.manifest()?, to.manifest()?);
    let whole = |manifest: &Manifest| Constraints::of(manifest).map(|constraints| constraints.whole()).unwrap_or_default();
    let mut budget = Budget::page();
    let constraints = Diff::of(&whole(&old), &whole(&new), &mut budget);
    let (counts, files) = files::compare(blobs, open, from, to, &mut budget)?;
    Ok(Comparison {
        constraints,
        entries: parameters::compare(&old.entry_points, &new.entry_points),
        packages: Packages::of(&old.environment, &new.environment),
        counts,
        files,
    })
}

/// Whether code may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// To everybody who may see the algorithm.
    Open,
    /// To nobody, its publishers neither.
    Closed,
}
