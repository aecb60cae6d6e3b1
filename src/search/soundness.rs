//! Whether what was written to the disk is still so.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use tantivy::Index as Tantivy;
use tantivy::directory::error::OpenReadError;

use crate::error::{Error, Result};

/// What reads a damaged index may give up on it: that panic as an error.
///
/// # Errors
/// Those of `work`.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing that is half done outlives it: a view never changes, an answer is kept once it is whole, and what was not committed
    // is let go of.
    let done = std::panic::catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| Err(Error::internal("the search index cannot be read")))
}

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

    /// Reads the next file; `None` when there is none left, an error when it is not as it was written.
    pub(super) fn step(&mut self) -> Option<Result<()>> {
        let file = self.files.pop()?;
        Some(match self.index.directory().validate_checksum(&file) {
            Ok(true) => Ok(()),
            // Put together with others meanwhile.
            Err(OpenReadError::FileDoesNotExist(_)) => Ok(()),
            Ok(false) => Err(Error::internal(format!("damaged: {}", file.display()))),
            Err(error) => Err(Error::internal(error)),
        })
    }
}
