//! What the local engine has, and how it is, in words an operator can act on.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::statvfs::statvfs;
use nix::unistd::Uid;

use super::cgroup::{Cgroup, Controller};
use super::folder::Folder;
use super::{LocalEngine, observe};
use crate::engine::{Cause, Condition, Finding, Observation, Spec};

/// How long the trial may take on a busy machine.
const TRIAL: Duration = Duration::from_secs(15);
/// The exit code of the trial when there is no Python.
const NO_PYTHON: i32 = 3;

impl LocalEngine {
    /// Processors that attempts may use altogether.
    pub(super) fn cpus(&self) -> f64 {
        let here = || thread::available_parallelism().map_or(1.0, |n| f64::from(u32::try_from(n.get()).unwrap_or(u32::MAX)));
        self.settings.cpus.unwrap_or_else(here)
    }

    /// Bytes of memory that attempts may use altogether.
    pub(super) fn memory(&self) -> u64 {
        self.settings.memory.unwrap_or_else(|| {
            let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
            let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
            total.unwrap_or(0) * 1024
        })
    }

    pub(super) fn health(&self) -> Vec<Finding> {
        let mut findings = vec![self.sandbox(), user(self.settings.uid), control_groups()];
        findings.extend(room(&self.settings.root));
        findings
    }

    /// Runs a job that does nothing, in the sandbox every job gets.
    fn sandbox(&self) -> Finding {
        match self.trial() {
            Ok(Observation::Ended { code: 0, .. }) => ok("A trial job ran in the sandbox."),
            Ok(Observation::Ended { code: NO_PYTHON, .. }) => Finding {
                condition: Condition::Degraded,
                sentence: "There is no Python that jobs could use; only algorithms that bring their own can run.".to_owned(),
                remedy: Some("apt-get install python3".to_owned()),
            },
            Ok(Observation::Ended { cause: Cause::SandboxFailed(why), .. }) => missing(format!("The sandbox does not work here: {why}."), remedy()),
            Ok(other) => missing(format!("A trial job went wrong: {other:?}."), None),
            Err(e) => missing(format!("A trial job could not be started: {e}."), None),
        }
    }

    fn trial(&self) -> io::Result<Observation> {
        let base = tempfile::Builder::new().prefix("trial-").tempdir_in(&self.settings.root)?;
        let code = base.path().join("code");
        fs::create_dir(&code)?;
        let name = base.path().file_name().unwrap_or_default().to_ascii_lowercase();
        let folder = Folder::new(base.path().join(name));
        let spec = Spec::new(format!("python -c pass || exit {NO_PYTHON}"));
        folder.create(&self.order(&Spec { memory: 256 << 20, ..spec }, code))?;
        self.start(&folder)?;
        let begun = Instant::now();
        loop {
            match observe(&folder)? {
                Observation::Pending | Observation::Running { .. } if begun.elapsed() < TRIAL => thread::sleep(Duration::from_millis(5)),
                end => return Ok(end),
            }
        }
    }
}

fn user(uid: u32) -> Finding {
    match Uid::current().is_root() {
        true => ok(format!("Jobs run as user {uid}, the supervisors as root.")),
        false => ok("Jobs run as the server's own user, in namespaces of their own."),
    }
}

fn control_groups() -> Finding {
    let trial = Cgroup::create(&format!("trial-{}", nix::unistd::getpid()));
    let names = [(Controller::Memory, "memory"), (Controller::Cpu, "processor time"), (Controller::Pids, "processes")];
    let lacking: Vec<&str> = names.iter().filter(|(controller, _)| !trial.has(*controller)).map(|(_, name)| *name).collect();
    trial.remove();
    if lacking.is_empty() {
        return ok("The kernel limits and counts memory, processor time and processes of each job.");
    }
    Finding {
        condition: Condition::Degraded,
        sentence: format!(
            "No control group can be made for {}: memory is watched twice a second, processors are shared by priority only, usage is an estimate.",
            lacking.join(", ")
        ),
        remedy: Some("systemd-run --property=Delegate=yes galleria serve".to_owned()),
    }
}

/// Less than a twentieth free is worth a word.
fn room(root: &Path) -> Option<Finding> {
    let disk = statvfs(root).ok()?;
    let free = disk.blocks_available() * disk.fragment_size();
    let sentence = format!("{} GiB are free for attempts in {}.", free >> 30, root.display());
    let full = disk.blocks_available() * 20 < disk.blocks();
    let condition = if full { Condition::Degraded } else { Condition::Ok };
    Some(Finding { condition, sentence, remedy: None })
}

/// What usually forbids namespaces, looked up where it can be changed.
fn remedy() -> Option<String> {
    let is = |path: &str, value: &str| fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
    let command = if is("/proc/sys/user/max_user_namespaces", "0") {
        "sysctl -w user.max_user_namespaces=15000"
    } else if is("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "sysctl -w kernel.unprivileged_userns_clone=1"
    } else if is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    } else {
        return None;
    };
    Some(command.to_owned())
}

fn ok(sentence: impl Into<String>) -> Finding {
    Finding { condition: Condition::Ok, sentence: sentence.into(), remedy: None }
}

fn missing(sentence: String, remedy: Option<String>) -> Finding {
    Finding { condition: Condition::Missing, sentence, remedy }
}
