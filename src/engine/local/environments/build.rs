//! A build as its supervisor sees it: waiting for its turn, running, putting things in place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::words::failure;
use super::{read, ready};
use crate::engine::local::folder::{Exit, Folder, private_folder, wall_clock_ms};
use crate::engine::local::tree;
use crate::engine::{Cause, Packages};

/// How many environments are built on a machine at once.
const SLOTS: usize = 2;
/// How often a build looks whether it is its turn.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes of a lock; a thousand packages with their hashes are a tenth of it.
const LOCK: u64 = 16 << 20;
/// The exit code of a build that was told to end before its turn.
const STOPPED: i32 = 143;

/// What is to be built, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine::local) struct Build {
    /// Stands for what was asked for, and for which Python.
    key: String,
    pub(super) requirements: Vec<String>,
    /// For the log.
    notes: String,
    root: PathBuf,
    locks: PathBuf,
}

/// Whose turn it is; the files are locked as long as this lives, and no longer.
enum Turn {
    Mine {
        _files: [Flock<File>; 2],
    },
    /// Somebody else has built it.
    Built,
    Stopped,
}

impl Build {
    pub(super) fn new(packages: &Packages, tag: &str, notes: String, root: &Path, locks: &Path) -> Self {
        let asked = serde_json::json!([tag, packages.requirements]).to_string();
        let (root, locks) = (root.to_owned(), locks.to_owned());
        Self { key: digest(asked.as_bytes()), requirements: packages.requirements.clone(), notes, root, locks }
    }

    /// The digest of the lock, when the environment is there.
    pub(super) fn ready(&self) -> io::Result<Option<String>> {
        Ok(self.locked()?.filter(|lock| ready(&self.root, lock).is_dir()))
    }

    /// The digest of the lock, when it was built before.
    fn locked(&self) -> io::Result<Option<String>> {
        let known = read(&self.locks.join(&self.key))?.map(|text| text.trim().to_owned());
        Ok(known.filter(|lock| lock.len() == 64 && lock.bytes().all(|byte| byte.is_ascii_hexdigit())))
    }

    /// Puts what the build reads into its working folder, as files of `uid` if one is given.
    pub fn write(&self, work: &Path, uid: Option<u32>) -> io::Result<()> {
        let requirements = self.requirements.iter().map(|line| format!("{line}\n")).collect();
        let lock = self.locked()?.map(|lock| read(&self.text(&lock))).transpose()?.flatten();
        for (name, text) in [("requirements.txt", Some(requirements)), ("notes.txt", Some(self.notes.clone())), ("lock.txt", lock)] {
            let Some(text) = text else { continue };
            fs::write(work.join(name), text)?;
            tree::own(&work.join(name), uid)?;
        }
        Ok(())
    }

    /// Waits for its turn, runs the build, keeps what came of it, and throws the rest away.
    pub fn make(&self, folder: &Folder, run: impl FnOnce() -> io::Result<Exit>) -> io::Result<Exit> {
        let done = Exit { code: 0, cause: Cause::Exited };
        for name in super::FOLDERS {
            private_folder(&self.root.join(name))?;
        }
        private_folder(&self.locks)?;
        let _files = match self.turn(folder)? {
            Turn::Mine { _files } => _files,
            Turn::Built => return Ok(done),
            Turn::Stopped => return Ok(Exit { code: STOPPED, cause: Cause::Stopped }),
        };
        let mut exit = run()?;
        if exit == done {
            match self.keep(folder) {
                Ok(lock) => say(folder, &format!("The environment is ready; its lock is sha256 {lock}.")),
                Err(e) => exit = Exit::never_ran(&e),
            }
        }
        if exit != done {
            say(folder, &failure(folder, &exit.cause, &self.requirements).sentence);
        }
        for (name, _) in Folder::writable() {
            // Room, not correctness.
            tree::remove(&folder.path().join(name)).ok();
        }
        Ok(exit)
    }

    fn turn(&self, folder: &Folder) -> io::Result<Turn> {
        let turns = self.root.join("turns");
        let mut told = false;
        loop {
            if folder.stop()?.is_some() {
                return Ok(Turn::Stopped);
            }
            let mut wait = "Another job is building the same environment.";
            if let Some(own) = lock(&turns.join(&self.key))? {
                if self.ready()?.is_some() {
                    say(folder, "The environment was built for another job.");
                    return Ok(Turn::Built);
                }
                for slot in 0..SLOTS {
                    if let Some(slot) = lock(&turns.join(format!("slot-{slot}")))? {
                        return Ok(Turn::Mine { _files: [own, slot] });
                    }
                }
                wait = "Other environments are being built; this one comes after them.";
            }
            if !told {
                say(folder, wait);
                told = true;
            }
            thread::sleep(LOOK);
        }
    }

    /// Puts the lock and the environment in their places: the one before the other, each whole or not at all.
    fn keep(&self, folder: &Folder) -> io::Result<String> {
        let outputs = folder.outputs();
        let (text, environment) = (read_plain(&outputs.join("lock.txt"))?, outputs.join("environment"));
        if !fs::symlink_metadata(&environment)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        let lock = digest(&text);
        nix::unistd::syncfs(File::open(&outputs)?)?;
        self.put(&self.text(&lock), &text)?;
        self.put(&self.locks.join(&self.key), format!("{lock}\n").as_bytes())?;
        let target = ready(&self.root, &lock);
        match fs::rename(&environment, &target) {
            // Other requirements led to the same lock, and were faster.
            Err(_) if target.is_dir() => Ok(lock),
            Err(e) => Err(e),
            Ok(()) => File::open(self.root.join("ready"))?.sync_all().map(|()| lock),
        }
    }

    fn text(&self, lock: &str) -> PathBuf {
        self.locks.join(format!("{lock}.txt"))
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(&self.locks)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a build wrote: a file of a bearable size, and no link to one of ours.
fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
    let mut bytes = Vec::new();
    file.take(LOCK + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LOCK { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// A lock on a file, which the kernel takes back when its owner dies; none when somebody has it.
fn lock(path: &Path) -> io::Result<Option<Flock<File>>> {
    let file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, e)) => Err(e.into()),
    }
}

/// Adds a line to the log of a build, which reads as one of the supervisor's.
fn say(folder: &Folder, sentence: &str) {
    let line = format!("{} {sentence}\n", wall_clock_ms());
    // A full disk must not end a build that has done its work.
    File::options().create(true).append(true).open(folder.log()).and_then(|mut log| log.write_all(line.as_bytes())).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> (tempfile::TempDir, Build, Folder) {
        let root = tempfile::tempdir().unwrap();
        for name in ["ready", "turns", "locks", "a-1"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let packages = Packages { requirements: vec!["six".to_owned()], ..Packages::default() };
        let build = Build::new(&packages, "cpython-311 linux", String::new(), root.path(), &root.path().join("locks"));
        let folder = Folder::new(root.path().join("a-1"));
        (root, build, folder)
    }

    /// What a build leaves behind when all is well.
    fn built(folder: &Folder, lock: &str) -> io::Result<Exit> {
        fs::create_dir_all(folder.outputs().join("environment/bin"))?;
        fs::write(folder.outputs().join("lock.txt"), lock)?;
        Ok(Exit { code: 0, cause: Cause::Exited })
    }

    #[test]
    fn what_was_built_is_kept_and_not_built_again() {
        let (root, build, folder) = ground();
        assert_eq!(build.ready().unwrap(), None);
        assert_eq!(build.make(&folder, || built(&folder, "six==1\n")).unwrap().code, 0);
        let lock = build.ready().unwrap().unwrap();
        assert!(ready(root.path(), &lock).join("bin").is_dir() && !folder.outputs().exists());
        assert_eq!(build.make(&folder, || panic!("built twice")).unwrap().code, 0);
        // The same packages again after the environments were deleted.
        fs::remove_dir_all(ready(root.path(), &lock)).unwrap();
        assert_eq!(build.ready().unwrap(), None);
        build.write(root.path(), None).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("lock.txt")).unwrap(), "six==1\n");
    }

    #[test]
    fn what_failed_leaves_nothing() {
        let (root, build, folder) = ground();
        let failed = || {
            built(&folder, "six==1\n")?;
            Ok(Exit { code: 1, cause: Cause::Exited })
        };
        assert_eq!(build.make(&folder, failed).unwrap().code, 1);
        assert_eq!(fs::read_dir(root.path().join("ready")).unwrap().count(), 0);
        assert!(build.ready().unwrap().is_none() && !folder.outputs().exists());
        let linked = || {
            built(&folder, "")?;
            fs::remove_file(folder.outputs().join("lock.txt"))?;
            std::os::unix::fs::symlink("/etc/passwd", folder.outputs().join("lock.txt"))?;
            Ok(Exit { code: 0, cause: Cause::Exited })
        };
        assert!(matches!(build.make(&folder, linked).unwrap().cause, Cause::SandboxFailed(_)), "a link is not followed");
    }

    #[test]
    fn one_builds_and_the_other_waits_until_it_is_told_to_stop() {
        let (root, build, folder) = ground();
        let _taken = lock(&root.path().join("turns").join(&build.key)).unwrap().unwrap();
        folder.set_stop(&crate::engine::local::folder::Stop { grace_ms: 0 }).unwrap();
        assert_eq!(build.make(&folder, || panic!("not its turn")).unwrap().cause, Cause::Stopped);
    }
}
