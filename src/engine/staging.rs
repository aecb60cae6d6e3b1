//! What an attempt needs before it can run: its code, and the packages that the code imports.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::AttemptId;

/// What an attempt needs, on its way to an engine.
pub struct Bundle<'a> {
    /// Which attempt: the log of a build, and the wish to stop it, go by this name.
    pub attempt: &'a AttemptId,
    /// SHA-256 of the archive, lower-case hexadecimal; the name it is staged under.
    pub digest: &'a str,
    /// Unpacks the archive into an existing empty folder. Called only when the digest is not staged yet.
    pub unpack: &'a dyn Fn(&Path) -> io::Result<()>,
    /// What it imports; `None` when Python's standard library is enough.
    pub packages: Option<&'a Packages>,
}

/// Python packages as a version asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packages {
    /// Names and versions only, one requirement each, as pip reads them.
    pub requirements: Vec<String>,
    /// The Python they are meant for, such as `3.10` or `>=3.9`.
    pub python: Option<String>,
    /// What the version asks for besides, and nothing here installs: its log says so.
    pub left_out: Vec<String>,
}

/// How far staging has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staging {
    /// Everything is there.
    Ready(Staged),
    /// It goes on by itself; what is being done, in a sentence.
    Underway(String),
    /// This attempt will not get what it needs, and why, in a sentence. Another attempt may.
    Failed(String),
    /// What it needs cannot be had here, and why, in a sentence. Another attempt would fare the same.
    Impossible(String),
}

/// What an attempt needs, where it can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// SHA-256 of the archive, lower-case hexadecimal.
    pub digest: String,
    /// The environment with its packages, where it needs any.
    pub environment: Option<Environment>,
}

/// A built environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// SHA-256 of its lock, lower-case hexadecimal: every package with its version and the hashes of its files.
    pub lock: String,
    /// How long this attempt has built it; `None` when it was there already.
    pub built: Option<Duration>,
}
