//! What to run, and within which bounds.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::EngineError;

/// One attempt: a command and everything it may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The MLproject's command, run by `bash -c` in the fresh copy of the code.
    pub command: String,
    /// Its environment besides what the engine sets: `PATH`, `HOME`, `TMPDIR`, `LANG`, `USER`, `PYTHONUNBUFFERED` and
    /// `GALLERIA_OUTPUT_DIR`. An entry here wins.
    pub env: BTreeMap<String, String>,
    /// Processors it may keep busy, as 0.5 or 4.
    pub cpus: f64,
    /// Bytes of memory it may use.
    pub memory: u64,
    /// Its other bounds.
    pub limits: Limits,
    /// How long the command may run before it is stopped.
    pub stop_after: Option<Duration>,
    /// How long it may take to end after the TERM of a time limit.
    pub grace: Duration,
    /// Folders and files of this machine it may read: datasets, a Python environment.
    pub inputs: Vec<Input>,
    /// Folders looked in for programs before the system's own, as the command sees them: a Python environment's `bin`.
    pub path: Vec<String>,
    /// Which network it sees.
    pub network: Network,
    /// The tracking server's unix socket, absolute; the job reaches it at `http://127.0.0.1:5000` and sees nothing else of
    /// it. Its folder must be one that any user may enter, and hold nothing else.
    pub tracking: Option<PathBuf>,
}

impl Spec {
    /// A spec with the default bounds: one processor, 1 GiB, nothing to read, no network, no time limit.
    pub fn new(command: impl Into<String>) -> Self {
        Self {
            command: command.into(),
            env: BTreeMap::new(),
            cpus: 1.0,
            memory: 1 << 30,
            limits: Limits::default(),
            stop_after: None,
            grace: Duration::from_secs(10),
            inputs: Vec::new(),
            path: Vec::new(),
            network: Network::None,
            tracking: None,
        }
    }

    /// Whether it could run on a machine with `cpus` and `memory` bytes, by itself.
    ///
    /// # Errors
    /// `Refused` with the reason: it asks for too much, or for something that cannot be.
    pub(crate) fn check(&self, cpus: f64, memory: u64) -> Result<(), EngineError> {
        let refuse = |why: String| Err(EngineError::Refused(why));
        if !(self.cpus.is_finite() && self.cpus > 0.0 && self.memory > 0) {
            return refuse("A job needs some processor and some memory.".to_owned());
        }
        if self.cpus > cpus || self.memory > memory {
            let (wanted, there) = (self.memory >> 20, memory >> 20);
            return refuse(format!("It asks for {} CPUs and {wanted} MiB; this machine has {cpus} CPUs and {there} MiB.", self.cpus));
        }
        if self.command.contains('\0') || self.env.iter().any(|(name, value)| !is_env(name, value)) {
            return refuse("The command or an environment variable contains a character that no program can be given.".to_owned());
        }
        if self.tracking.is_some() && self.network == Network::Host {
            return refuse("On the machine's own network there is no port for tracking.".to_owned());
        }
        match self.inputs.iter().find(|input| !input.is_clean()) {
            Some(input) => refuse(format!("{} cannot be shown to a job at {}.", input.from.display(), input.at)),
            None => Ok(()),
        }
    }
}

fn is_env(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
}

/// Bounds besides processors, memory and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Processes and threads at once.
    pub processes: u64,
    /// Bytes on disk: its work folder, home, temporary files and outputs together.
    pub disk: u64,
    /// Bytes on disk of its outputs.
    pub outputs: u64,
    /// Bytes of its log that are kept. What it writes beyond is thrown away, and the job goes on.
    pub log: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { processes: 512, disk: 20 << 30, outputs: 10 << 30, log: 64 << 20 }
    }
}

/// Something of this machine a job may read and never write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The folder or file on this machine, absolute.
    pub from: PathBuf,
    /// Where the job sees it, absolute. Use [`Input::ROOT`] unless it must be elsewhere, as a Python environment must.
    pub at: String,
}

impl Input {
    /// The folder for datasets.
    pub const ROOT: &'static str = "/inputs";

    /// Whether both paths are absolute and plain, and the inner one hides nothing the sandbox needs.
    fn is_clean(&self) -> bool {
        let plain = |path: &Path| path.is_absolute() && path.components().skip(1).all(|c| matches!(c, Component::Normal(_)));
        let at = Path::new(&self.at);
        let own = ["/work", "/outputs", "/tmp", "/home/job", "/proc", "/dev", "/etc", "/run", "/usr", "/bin", "/lib", "/lib64", "/sys"];
        let hides = |own: &&str| Path::new(own).starts_with(at) || at.starts_with(own);
        plain(&self.from) && plain(at) && !self.at.contains('\0') && !own.iter().any(hides)
    }
}

/// Which network an attempt sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Its own loopback and nothing else. For every job.
    None,
    /// The machine's. Only for building environments, never for a publisher's code.
    Host,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(at: &str) -> Spec {
        let input = Input { from: PathBuf::from("/srv/data"), at: at.to_owned() };
        Spec { inputs: vec![input], ..Spec::new("true") }
    }

    #[test]
    fn an_input_may_not_hide_the_sandbox() {
        for good in ["/inputs/train", "/opt/env", "/root/.pyenv/versions/3.12"] {
            assert!(input(good).check(1.0, 1 << 30).is_ok(), "{good}");
        }
        for bad in ["/", "/etc", "/etc/passwd", "/work", "/work/x", "/dev/null", "/usr", "/usr/local/env", "/inputs/../etc", "relative", "/home"] {
            assert!(input(bad).check(1.0, 1 << 30).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_impossible_is_refused_with_the_reason() {
        let refused = Spec::new("true").check(0.5, 1 << 30).unwrap_err();
        assert_eq!(refused.to_string(), "It asks for 1 CPUs and 1024 MiB; this machine has 0.5 CPUs and 1024 MiB.");
        assert!(Spec { cpus: f64::NAN, ..Spec::new("true") }.check(1.0, 1 << 30).is_err());
        assert!(Spec::new("a\0b").check(1.0, 1 << 30).is_err());
    }
}
