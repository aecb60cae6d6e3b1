//! Staged code: unpacked once for all attempts, whole or not at all.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use super::tree;
use crate::engine::Bundle;

/// The age at which a draft is nobody's any more.
const DRAFT: Duration = Duration::from_secs(3600);

/// Unpacks beside the target and moves it there when it is whole and on disk: a digest that is there is complete.
pub(super) fn unpack(bundle: &Bundle<'_>, target: &Path) -> io::Result<()> {
    let parent = target.parent().ok_or(ErrorKind::InvalidInput)?;
    let draft = tempfile::Builder::new().prefix(".new-").tempdir_in(parent)?;
    (bundle.unpack)(draft.path())?;
    tree::sync(draft.path())?;
    match fs::rename(draft.path(), target) {
        Ok(()) => {
            // It has its final name: there is nothing for the draft's drop to remove.
            let _renamed = draft.keep();
            Ok(())
        }
        // Somebody else was faster with the same content. An empty archive may be replaced by itself.
        Err(_) if target.exists() => Ok(()),
        Err(e) => Err(e),
    }
}

/// Removes drafts that a crash left behind, also of builds. Drafts of the last hour may be somebody's work in progress.
pub(super) fn sweep(root: &Path, builds: &Path) {
    let old = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age > DRAFT));
    let drafts =
        [root.to_owned(), root.join("attempts"), root.join("staged"), builds.to_owned()].into_iter().filter_map(|folder| fs::read_dir(folder).ok());
    for entry in drafts.flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if (name.starts_with(".new-") || name.starts_with("trial-")) && old(&entry.path()) {
            // Room, not correctness: the next start tries again.
            tree::remove(&entry.path()).ok();
        }
    }
}
