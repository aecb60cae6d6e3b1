//! An attempt's folder: what is in it, and how its records are written so that a crash leaves the old one or the new one.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::environments::Build;
use crate::engine::{Basis, Cause, Handle, Spec};

/// `<root>/attempts/<id>`: everything there is of one attempt. Only the folders of [`Folder::writable`] are ever seen by its job.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// `spec.json`: what the server hands to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub spec: Spec,
    /// The staged code to copy.
    pub code: PathBuf,
    /// The user and group of the job when the supervisor is root.
    pub uid: u32,
    /// The program that `python` is, as the job sees it, where the engine knows one.
    pub python: Option<PathBuf>,
    /// The environment that is to be built, where this is no attempt at a job.
    #[serde(default)]
    pub build: Option<Build>,
}

/// `supervisor.json`: which process watches over the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watcher {
    pub pid: i32,
    /// Clock ticks after boot, so that a recycled process number is not taken for it.
    pub started: u64,
    pub boot: String,
}

/// `meter.json`: the heartbeat, written about every second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Meter {
    /// When the command began, milliseconds since 1970; none before.
    pub since: Option<u64>,
    pub running_ms: u64,
    pub cpu_ms: u64,
    pub peak_memory: u64,
    pub basis: Basis,
}

/// `exit.json`: written once, when nothing of the attempt is left running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exit {
    pub code: i32,
    pub cause: Cause,
}

impl Exit {
    /// Of a command that never ran, and why.
    pub fn never_ran(why: &io::Error) -> Self {
        Self { code: 125, cause: Cause::SandboxFailed(why.to_string()) }
    }
}

/// `stop.json`: a wish to end.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Stop {
    pub grace_ms: u64,
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn of(root: &Path, handle: &Handle) -> Self {
        Self(root.join("attempts").join(handle.as_str()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folders a job may write to: name in here, and where the job sees it.
    pub fn writable() -> [(&'static str, &'static str); 4] {
        [("work", super::WORK), ("outputs", super::OUTPUTS), ("tmp", "/tmp"), ("home", super::HOME)]
    }

    /// The name of the attempt's control groups: unique on the machine, where several galleries may share the ids.
    pub fn group(&self) -> io::Result<String> {
        let name = self.0.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("{name}-{}", fs::metadata(&self.0)?.ino()))
    }

    pub fn outputs(&self) -> PathBuf {
        self.0.join("outputs")
    }

    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    pub fn system_log(&self) -> PathBuf {
        self.0.join("system.log")
    }

    /// What the job has reported, as [`crate::metrics::Recorder`] writes it.
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics")
    }

    /// What it has used over time, as [`crate::metrics::Sample`] writes it.
    pub fn usage(&self) -> PathBuf {
        self.0.join("usage")
    }

    pub fn add_usage(&self, line: &str) -> io::Result<()> {
        File::options().create(true).append(true).open(self.usage())?.write_all(line.as_bytes())
    }

    /// Replaces all of it at once, so that a reader sees the old lines or the new ones.
    pub fn set_usage(&self, lines: &str) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(&self.0)?;
        file.write_all(lines.as_bytes())?;
        file.persist(self.usage()).map(drop).map_err(|e| e.error)
    }

    /// Makes the folder with its order in it, all at once. Already there is fine: the first order stands.
    pub fn create(&self, order: &Order) -> io::Result<()> {
        let parent = self.0.parent().ok_or(ErrorKind::InvalidInput)?;
        private_folder(parent)?;
        let draft = tempfile::Builder::new().prefix(".new-").tempdir_in(parent)?;
        let new = Self(draft.path().to_owned());
        new.write("spec.json", order)?;
        for (name, _) in Self::writable() {
            private_folder(&new.0.join(name))?;
        }
        match fs::rename(draft.path(), &self.0) {
            Ok(()) => {
                // It has its final name: there is nothing for the draft's drop to remove.
                let _renamed = draft.keep();
                File::open(parent)?.sync_all()
            }
            Err(e) if matches!(e.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// The right to watch over this attempt, held as long as the process lives; none when another has it.
    pub fn lock(&self) -> io::Result<Option<Flock<File>>> {
        let file = File::create(self.0.join("lock"))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Some(lock)),
            Err((_, Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, e)) => Err(e.into()),
        }
    }

    pub fn order(&self) -> io::Result<Order> {
        self.read("spec.json")?.ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub fn watcher(&self) -> io::Result<Option<Watcher>> {
        self.read("supervisor.json")
    }

    pub fn set_watcher(&self, watcher: &Watcher) -> io::Result<()> {
        self.write("supervisor.json", watcher)
    }

    pub fn meter(&self) -> io::Result<Meter> {
        Ok(self.read("meter.json")?.unwrap_or_default())
    }

    pub fn set_meter(&self, meter: &Meter) -> io::Result<()> {
        self.write("meter.json", meter)
    }

    pub fn exit(&self) -> io::Result<Option<Exit>> {
        self.read("exit.json")
    }

    pub fn set_exit(&self, exit: &Exit) -> io::Result<()> {
        self.write("exit.json", exit)?;
        File::open(&self.0)?.sync_all()
    }

    pub fn stop(&self) -> io::Result<Option<Stop>> {
        self.read("stop.json")
    }

    pub fn set_stop(&self, stop: &Stop) -> io::Result<()> {
        self.write("stop.json", stop)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn write<T: Serialize>(&self, name: &str, record: &T) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(&self.0)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        // Not the heartbeat: a power cut may cost its last seconds, a disk flush every second would cost everybody.
        if name != "meter.json" {
            file.as_file().sync_all()?;
        }
        file.persist(self.0.join(name)).map_err(|e| e.error)?;
        Ok(())
    }
}

/// Makes a folder, and those above it, that only its owner may enter.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Milliseconds since 1970, to show; never to measure with.
pub(super) fn wall_clock_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(command: &str) -> Order {
        Order { spec: Spec::new(command), code: PathBuf::from("/code"), uid: 1000, python: None, build: None }
    }

    #[test]
    fn the_first_order_of_an_attempt_stands() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::of(root.path(), &"a-1".parse().unwrap());
        folder.create(&order("first")).unwrap();
        folder.create(&order("second")).unwrap();
        assert_eq!(folder.order().unwrap().spec.command, "first");
        assert_eq!(fs::read_dir(root.path().join("attempts")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn records_come_back_as_they_were_written() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().to_owned());
        assert_eq!(folder.exit().unwrap(), None);
        let exit = Exit { code: 125, cause: Cause::SandboxFailed("no bash".to_owned()) };
        folder.set_exit(&exit).unwrap();
        assert_eq!(folder.exit().unwrap(), Some(exit));
    }

    #[test]
    fn only_one_watches() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().to_owned());
        let first = folder.lock().unwrap();
        assert!(first.is_some());
        assert!(folder.lock().unwrap().is_none());
        drop(first);
        assert!(folder.lock().unwrap().is_some());
    }
}
