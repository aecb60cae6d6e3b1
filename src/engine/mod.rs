//! Runs attempts somewhere, and knows no tables: what an engine is, whatever it runs on.
//!
//! Every call is safe to repeat, also by another server process after a crash: an attempt is found again by its id alone.

mod length;
pub mod local;
mod spec;
mod staging;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use length::length;
pub use spec::{Input, Limits, Network, Spec};
pub use staging::{Bundle, Environment, Packages, Staged, Staging};

/// A compute engine: where the training of one service region runs.
pub trait Engine: Send + Sync {
    /// What the engine has, and how it is, asked anew each time.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be asked at all; a missing or weak part is a [`Finding`], not an error.
    fn probe(&self) -> Result<Capabilities, EngineError>;

    /// Brings what an attempt needs to where it can be had: the version's code, and an environment with its packages.
    /// What is already there is used as it is.
    ///
    /// Returns at once: while an environment is being built the answer is [`Staging::Underway`], to be asked for again.
    /// Meanwhile the attempt is [`Observation::Pending`], has a log, and can be stopped.
    ///
    /// # Errors
    /// `Refused` when it can never be had here, as for a digest that is not lower-case hexadecimal; `Unavailable` when it
    /// could not be had now.
    fn stage(&self, bundle: &Bundle<'_>) -> Result<Staging, EngineError>;

    /// Whether an environment with these packages is there already, so that nothing has to be installed for it.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be told now.
    fn has(&self, packages: &Packages) -> Result<bool, EngineError>;

    /// Starts an attempt and returns at once; [`Engine::observe`] tells its progress.
    ///
    /// The same id twice is one attempt: the second call adopts what the first one started, whatever its spec says.
    ///
    /// # Errors
    /// `Refused` when the spec can never run here (do not retry); `Unavailable` when it could not be started now.
    fn submit(&self, id: &AttemptId, spec: &Spec, staged: &Staged) -> Result<Handle, EngineError>;

    /// Where the attempt stands.
    ///
    /// # Errors
    /// `Unavailable` when the engine did not answer: the state is then unknown, not lost.
    fn observe(&self, handle: &Handle) -> Result<Observation, EngineError>;

    /// The next bytes of one of the attempt's logs from `cursor`, at most [`Chunk::LIMIT`]; empty when nothing is new.
    ///
    /// # Errors
    /// `Unavailable` when the log cannot be read.
    fn logs(&self, handle: &Handle, cursor: Cursor) -> Result<Chunk, EngineError>;

    /// Asks the attempt to end: a TERM now, and after `grace` a KILL. It has ended when [`Engine::observe`] says so.
    ///
    /// # Errors
    /// `Unavailable` when the request could not be left; ask again.
    fn stop(&self, handle: &Handle, grace: Duration) -> Result<(), EngineError>;

    /// What the attempt has used up to the last heartbeat, or altogether once it has ended.
    ///
    /// # Errors
    /// `Unavailable` when the meter cannot be read.
    fn usage(&self, handle: &Handle) -> Result<Usage, EngineError>;

    /// The folder with what the attempt left behind, where this engine keeps one on this machine.
    /// Its content is the job's: links in it must not be followed.
    fn outputs(&self, handle: &Handle) -> Option<PathBuf>;

    /// Throws away everything kept of an attempt that has ended. An attempt that is not there is already forgotten.
    ///
    /// # Errors
    /// `Refused` while it still runs; `Unavailable` when its files cannot be removed.
    fn forget(&self, handle: &Handle) -> Result<(), EngineError>;
}

/// Why an engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It never will: do not retry. The sentence is for the job's owner.
    #[error("{0}")]
    Refused(String),
    /// It could not now: ask again later.
    #[error("The engine is not available: {doing}.")]
    Unavailable {
        /// What it was doing, as in "reading the meter".
        doing: String,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
}

impl EngineError {
    /// Names what was being done when `source` happened.
    pub(crate) fn while_doing(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Unavailable { doing, source }
    }
}

/// The name of one attempt, chosen by us and used by every engine as its own: 1 to 64 characters of `[a-z0-9-]`,
/// the first one not `-`, because it becomes a folder, a control group and a part of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttemptId(String);

/// What an engine gave for an attempt; kept in a column and given back as it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

macro_rules! checked_name {
    ($name:ident) => {
        impl $name {
            /// The text as it is stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                match text.len() {
                    1..=64 if text.chars().all(allowed) && !text.starts_with('-') => Ok(Self(text.to_owned())),
                    _ => Err("Use 1 to 64 characters of a-z, 0-9 and -, not starting with -."),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
checked_name!(AttemptId);
checked_name!(Handle);

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// Accepted; its command does not run yet.
    Pending,
    /// Its command runs.
    Running {
        /// When it began: milliseconds since 1970 by the engine's clock. For display; durations come from [`Usage`].
        since: u64,
    },
    /// It is over and nothing of it is left running.
    Ended {
        /// The exit code; 128 + n after signal n.
        code: i32,
        /// What ended it.
        cause: Cause,
    },
    /// Whatever watched over it is gone without leaving an exit record, or nobody here knows it.
    Lost,
}

/// What ended an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The command ended by itself; the code says how.
    Exited,
    /// A signal ended it, by this number. A command that exits with 128 + n by itself counts as this, as in every shell.
    Signalled(i32),
    /// It ran for as long as its spec allows.
    TimeLimit,
    /// Somebody asked for it.
    Stopped,
    /// It wanted more memory than its flavor has.
    OutOfMemory,
    /// Its files took more room than allowed.
    DiskLimit,
    /// Its outputs took more room than allowed.
    OutputLimit,
    /// The command never started, in words.
    SandboxFailed(String),
}

/// Which of an attempt's records. They are separate files, so a job cannot forge a line of the supervisor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// What the command wrote to its standard output and error: any bytes whatever.
    Job,
    /// What the supervisor has to say, one line each: milliseconds since 1970, a space, a sentence.
    System,
    /// What the job reported in lines of its output, as [`crate::metrics::Curves`] reads it. Only ever grows.
    Metrics,
    /// What it used over time, as [`crate::metrics::Sample`] reads it: always less than one chunk, and rewritten now and then.
    Usage,
}

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which log.
    pub stream: Stream,
    /// Bytes from its beginning.
    pub offset: u64,
}

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The bytes from the cursor asked for; a character may be cut at either end.
    pub bytes: Vec<u8>,
    /// Where to go on.
    pub next: Cursor,
    /// Whether this is the end of the log of an attempt that is over.
    pub complete: bool,
}

impl Chunk {
    /// The most bytes in one chunk.
    pub const LIMIT: usize = 256 * 1024;
}

/// What an attempt has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Milliseconds its command has run, by the engine's monotonic clock. This is what is billed.
    pub running_ms: u64,
    /// Processor milliseconds, over all its processes.
    pub cpu_ms: u64,
    /// The most memory in use at once, in bytes, page cache that can be dropped left out.
    pub peak_memory: u64,
    /// How processor time and memory are known.
    pub basis: Basis,
}

/// How processor time and memory are known; the running time is always measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Counted by the kernel for the whole tree of processes.
    Measured,
    /// Sampled from the processes that were there when looked at.
    #[default]
    Estimated,
}

/// What an engine has and how it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Capabilities {
    /// Processors that attempts may use altogether.
    pub cpus: f64,
    /// Bytes of memory that attempts may use altogether.
    pub memory: u64,
    /// Why no environment with packages can be built, in a sentence; `None` when they can.
    pub no_packages: Option<String>,
    /// Its health in words, one finding for each part that matters.
    pub health: Vec<Finding>,
}

/// One sentence on the health of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub condition: Condition,
    /// What was seen.
    pub sentence: String,
    /// A command that mends it, where there is one.
    pub remedy: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// As it should be.
    Ok,
    /// Works, with less protection or precision.
    Degraded,
    /// No job can run.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_id_is_safe_as_a_folder_name() {
        for good in ["a", "42-1", "job-7-attempt-2"] {
            assert_eq!(good.parse::<AttemptId>().unwrap().as_str(), good);
        }
        for bad in ["", "..", "a/b", "A", "-rf", "a b", "a\0", &"x".repeat(65)] {
            assert!(bad.parse::<AttemptId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_stored_handle_is_checked_again() {
        assert!(serde_json::from_str::<Handle>("\"../other\"").is_err());
        assert_eq!(serde_json::from_str::<Handle>("\"a-1\"").unwrap().as_str(), "a-1");
    }
}
