//! What is drawn once and shown often: HTML of texts and files that never change, facts until they do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::source::Source;
use crate::algorithms::Access;
use crate::compare::{self, Comparison};
use crate::error::Result;
use crate::markdown;
use crate::measured::Measured;
use crate::metrics::Curves;
use crate::overview::Overview;
use crate::package::PackedFile;
use crate::search::Stamp;

/// Bytes of HTML kept, of texts and of code each.
const BYTES: u64 = 16 << 20;
/// Bytes of what visitors see of algorithms; the texts in it may be kept as HTML as well.
const SHEET_BYTES: u64 = 16 << 20;

/// Bounded memory of one process. Keys are digests of what the value was made from, so a value is never out of date.
pub struct Kept {
    html: Cache<[u8; 32], Arc<str>>,
    sources: Cache<[u8; 32], Arc<Source>>,
    files: Cache<String, Arc<Vec<PackedFile>>>,
    compared: Cache<[u8; 32], Arc<Comparison>>,
    measured: Cache<Moment, Arc<Measured>>,
    sheets: Cache<String, Arc<Sheet>>,
    curves: Cache<String, Growing>,
}

/// What visitors see of an algorithm; right as long as its stamp is.
#[derive(Debug)]
pub struct Sheet {
    /// Another one for each sheet of this process.
    pub number: u64,
    /// When it was read.
    pub stamp: Stamp,
    /// The algorithm, its three Markdown texts left out, and what visitors are to it.
    pub access: Access,
    /// Its newest version, and counts.
    pub overview: Overview,
    /// What jobs of that version say.
    pub measured: Arc<Measured>,
    /// HTML of the description or the README.
    pub description: Option<Arc<str>>,
    /// HTML of what you get.
    pub delivery: Option<Arc<str>>,
    /// HTML of what you may not do.
    pub restrictions: Option<Arc<str>>,
}

static SHEETS: AtomicU64 = AtomicU64::new(0);

impl Sheet {
    /// A number that no other sheet has.
    pub fn next_number() -> u64 {
        SHEETS.fetch_add(1, Ordering::Relaxed)
    }

    /// Bytes, about.
    fn size(&self) -> usize {
        [&self.description, &self.delivery, &self.restrictions].into_iter().flatten().map(|html| html.len()).sum::<usize>() + 2_000
    }
}

/// The curves of an attempt as far as its record was read, and how many bytes that was: a record only ever grows.
pub type Growing = Arc<Mutex<(u64, Curves)>>;

/// A version at a moment in its algorithm's life: the counters move with every job that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The version's id.
    pub version: i64,
    /// The algorithm's completed jobs.
    pub completed: i64,
    /// The algorithm's failed jobs.
    pub failed: i64,
}

/// Markdown on its way to the page; ids in its HTML begin with `prefix`.
#[derive(Debug, Clone)]
pub struct Prose {
    prefix: String,
    text: String,
}

impl Prose {
    /// A text of a page that shows more than one: `prefix` keeps their ids apart.
    pub fn new(prefix: impl Into<String>, text: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), text: text.into() }
    }

    fn key(&self) -> [u8; 32] {
        key(&["markdown", &self.prefix, &self.text])
    }
}

fn key(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

impl Kept {
    /// Empty.
    pub fn new() -> Self {
        let weight = |_: &[u8; 32], html: &Arc<str>| u32::try_from(html.len() + 64).unwrap_or(u32::MAX);
        let source_weight = |_: &[u8; 32], source: &Arc<Source>| u32::try_from(source.size() + 64).unwrap_or(u32::MAX);
        let compared_weight = |_: &[u8; 32], compared: &Arc<Comparison>| u32::try_from(compared.size()).unwrap_or(u32::MAX);
        let sheet_weight = |_: &String, sheet: &Arc<Sheet>| u32::try_from(sheet.size()).unwrap_or(u32::MAX);
        Self {
            // Facts look some weeks back, so they change with time too.
            sheets: Cache::builder().weigher(sheet_weight).max_capacity(SHEET_BYTES).time_to_live(Duration::from_secs(60)).build(),
            html: Cache::builder().weigher(weight).max_capacity(BYTES).build(),
            sources: Cache::builder().weigher(source_weight).max_capacity(BYTES).build(),
            files: Cache::new(200),
            compared: Cache::builder().weigher(compared_weight).max_capacity(BYTES).build(),
            // Up to 4 MiB each, of a job with 200 metrics.
            curves: Cache::new(16),
            // What changes without a job's end (an operator's correction) shows after a few seconds.
            measured: Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(10)).build(),
        }
    }

    /// How two versions differ; `compare` says it, the first time.
    ///
    /// # Errors
    /// Those of `compare`.
    pub fn compared(&self, digests: [&str; 2], code: compare::Source, compare: impl FnOnce() -> Result<Comparison>) -> Result<Arc<Comparison>> {
        let open = if code == compare::Source::Open { "open" } else { "closed" };
        let key = key(&["compared", digests[0], digests[1], open]);
        if let Some(compared) = self.compared.get(&key) {
            return Ok(compared);
        }
        let compared = Arc::new(compare()?);
        self.compared.insert(key, Arc::clone(&compared));
        Ok(compared)
    }

    /// The file `path` of the archive `digest`, as its page shows it.
    pub fn source(&self, digest: &str, path: &str) -> Option<Arc<Source>> {
        self.sources.get(&key(&[digest, path]))
    }

    /// Keeps that.
    pub fn keep_source(&self, digest: &str, path: &str, source: &Arc<Source>) {
        self.sources.insert(key(&[digest, path]), Arc::clone(source));
    }

    /// HTML of the README of the archive `digest`.
    pub fn readme(&self, digest: &str) -> Option<Arc<str>> {
        self.html.get(&key(&["readme", digest]))
    }

    /// Keeps that HTML.
    pub fn keep_readme(&self, digest: &str, html: &Arc<str>) {
        self.html.insert(key(&["readme", digest]), Arc::clone(html));
    }

    /// The curves of an attempt, to be read on from where somebody stopped.
    pub fn curves(&self, attempt: &str) -> Growing {
        self.curves.get_with(attempt.to_owned(), Growing::default)
    }

    /// HTML of these texts, in the order given, when all of it is kept.
    pub fn prose(&self, texts: &[Prose]) -> Option<Vec<Arc<str>>> {
        texts.iter().map(|prose| self.html.get(&prose.key())).collect()
    }

    /// HTML of a text, drawn unless it is kept.
    pub fn draw(&self, prose: &Prose) -> Arc<str> {
        self.html.get_with(prose.key(), || markdown::render_with(&prose.prefix, &prose.text).into())
    }

    /// What visitors saw of the algorithm at this path.
    pub fn sheet(&self, path: &str) -> Option<Arc<Sheet>> {
        self.sheets.get(path)
    }

    /// Keeps that.
    pub fn keep_sheet(&self, path: String, sheet: Sheet) {
        self.sheets.insert(path, Arc::new(sheet));
    }

    /// The files of the archive `digest`, read with `read` the first time.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn files(&self, digest: &str, read: impl FnOnce() -> Result<Vec<PackedFile>>) -> Result<Arc<Vec<PackedFile>>> {
        if let Some(files) = self.files.get(digest) {
            return Ok(files);
        }
        let files = Arc::new(read()?);
        self.files.insert(digest.to_owned(), Arc::clone(&files));
        Ok(files)
    }

    /// The facts at that moment, read with `read` the first time; none are read before the first job ended.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn measured(&self, moment: Moment, read: impl FnOnce() -> Result<Measured>) -> Result<Arc<Measured>> {
        if moment.completed + moment.failed == 0 {
            return Ok(Arc::default());
        }
        if let Some(measured) = self.measured.get(&moment) {
            return Ok(measured);
        }
        let measured = Arc::new(read()?);
        self.measured.insert(moment, Arc::clone(&measured));
        Ok(measured)
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::new()
    }
}
