//! Whether the index's files are as they were written, and what becomes of an index that is not to be trusted.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tantivy::Index as Tantivy;
use tantivy::directory::error::OpenReadError;

use super::index::Index;
use super::keeper::Keeper;
use super::upkeep::guarded;
use crate::error::{Error, Result};

/// Of the time, the part that goes into reading files over again is one in so many.
const SPARED: u32 = 200;
/// Between one reading of all files and the next, at least.
const REST: Duration = Duration::from_secs(3);

/// Files that are still to be compared with the checksums they were written with.
pub(super) struct Check {
    /// Opened apart from the one that answers come from: what is read of its files is not kept in the process's memory.
    index: Tantivy,
    files: Vec<PathBuf>,
}

impl Check {
    /// All files of the index in a folder.
    ///
    /// # Errors
    /// The disk's, and if there is no index.
    pub(super) fn of(segments: &Path) -> Result<Self> {
        let index = Tantivy::open_in_dir(segments)?;
        let ids: Vec<String> = index.searchable_segment_ids()?.iter().map(tantivy::index::SegmentId::uuid_string).collect();
        let of_segment = |path: &PathBuf| path.to_str().is_some_and(|name| ids.iter().any(|id| name.starts_with(id.as_str())));
        let files = index.directory().list_managed_files().into_iter().filter(of_segment).collect();
        Ok(Self { index, files })
    }

    /// Reads the next file; `None` when there is none left, and why when it is not as it was written.
    pub(super) fn step(&mut self) -> Option<std::result::Result<(), String>> {
        let file = self.files.pop()?;
        Some(match self.index.directory().validate_checksum(&file) {
            Ok(true) => Ok(()),
            // Put together with others meanwhile.
            Err(OpenReadError::FileDoesNotExist(_)) => Ok(()),
            Ok(false) => Err(format!("damaged: {}", file.display())),
            Err(error) => Err(error.to_string()),
        })
    }
}

/// Reads files over and over, seldom enough to cost little.
#[derive(Default)]
pub(super) struct Rounds {
    check: Option<Check>,
    took: Duration,
    ended: Option<Instant>,
    rests: Duration,
}

impl Rounds {
    /// Reads the next file if it is time; how long whoever asks may wait before the next one.
    pub(super) fn step(&mut self, keeper: &Keeper) -> Duration {
        let rest = if keeper.doubted.swap(false, Ordering::Relaxed) { REST } else { self.rests };
        if let Some(left) = self.ended.and_then(|at| rest.checked_sub(at.elapsed())) {
            return left;
        }
        let begin = Instant::now();
        if self.check.is_none() {
            self.check = keeper.segments().and_then(|segments| Check::of(&segments).ok());
        }
        let step = self.check.as_mut().and_then(Check::step);
        let took = begin.elapsed();
        self.took += took;
        match step {
            Some(Ok(())) => return took, // half of the time is left to others
            Some(Err(why)) => keeper.discard(&why),
            None => {}
        }
        (self.ended, self.rests) = (Some(Instant::now()), REST.max(self.took * SPARED));
        (self.check, self.took) = (None, Duration::ZERO);
        REST
    }
}

impl Keeper {
    /// An answer out of the index. If it fails, or what reads the index gives up on it, the files are read over, and the index is made
    /// anew should one be damaged.
    ///
    /// # Errors
    /// Those of `answer`.
    pub(super) fn trusting<T>(&self, answer: impl FnOnce() -> Result<T>) -> Result<T> {
        // Nothing that is half done outlives it: a view never changes, and an answer is kept once it is whole.
        let answer = guarded(answer);
        if matches!(answer, Err(Error::Internal(_))) {
            self.doubt();
        }
        answer
    }

    /// Has the files read over.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
        self.bell.notify_all();
    }

    /// Does away with the index: whoever comes next makes it anew.
    fn discard(&self, why: &str) {
        tracing::warn!(%why, "the search index is made anew");
        let mut turn = self.turn();
        self.put(None);
        if let Some(Err(error)) = turn.as_mut().map(Index::discard) {
            tracing::warn!(?error, "the search index");
        }
    }
}
