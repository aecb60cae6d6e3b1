//! Environments: packages resolved once into a lock, installed once from it, and shown to jobs read-only.
//!
//! `<root>/ready/<digest of the lock>` is a whole environment or not there. `<root>/builds/<attempt>` is a build: a folder like
//! an attempt's, whose supervisor puts things in place when all is well, so that nobody sees half of it and a server may end
//! meanwhile. `<locks>/<key>` names the lock of what was asked for, and outlives the environments: the same version gets the
//! same packages again, whatever is newest by then.

mod build;
mod stage;
mod uv;
mod words;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::Settings;
use super::folder::{Folder, private_folder};
pub(super) use build::Build;
pub use uv::Uv;

/// Where the outputs of a build are, as the build sees them.
pub(super) const PLACE: &str = "/opt/galleria";
/// Where an environment is, as it is built and as every job sees it.
pub(super) const ENVIRONMENT: &str = "/opt/galleria/environment";

/// What is in the folder; made again when somebody has deleted it.
const FOLDERS: [&str; 3] = ["builds", "ready", "turns"];

/// The environments of a data folder; several engines may share them.
#[derive(Debug)]
pub(super) struct Environments {
    root: PathBuf,
    locks: PathBuf,
    uv: Uv,
}

impl Environments {
    pub fn new(settings: &Settings) -> io::Result<Self> {
        for folder in FOLDERS {
            private_folder(&settings.environments.join(folder))?;
        }
        private_folder(&settings.locks)?;
        let (root, locks) = (settings.environments.canonicalize()?, settings.locks.canonicalize()?);
        Ok(Self { root, locks, uv: settings.uv.clone() })
    }

    /// Where drafts of builds may lie about after a crash.
    pub fn builds(&self) -> PathBuf {
        self.root.join("builds")
    }

    /// The build for an attempt, whether there is one or not.
    pub fn folder(&self, attempt: &str) -> Folder {
        Folder::new(self.builds().join(attempt))
    }

    /// A whole environment.
    pub fn ready(&self, lock: &str) -> PathBuf {
        ready(&self.root, lock)
    }

    pub fn uv(&self) -> &Uv {
        &self.uv
    }
}

fn ready(root: &Path, lock: &str) -> PathBuf {
    root.join("ready").join(lock)
}

/// A small file that may not be there.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}
