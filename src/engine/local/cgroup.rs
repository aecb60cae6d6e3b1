//! Control groups: the kernel's own limits and counters for a whole tree of processes, version 2, version 1, or none.
//!
//! What cannot be had is done by the supervisor's watchdog instead, and [`Engine::probe`](crate::engine::Engine::probe) says so.

mod hierarchy;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::relay;
use crate::engine::Spec;
use hierarchy::{legacy, make, unified};

const MOUNT: &str = "/sys/fs/cgroup";
const PERIOD_US: f64 = 100_000.0;

/// What a control group limits or counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Cpu,
    /// Counts processor time; in version 2 a part of [`Controller::Cpu`].
    Cpuacct,
    Pids,
}

impl Controller {
    const ALL: [Self; 4] = [Self::Memory, Self::Cpu, Self::Cpuacct, Self::Pids];

    fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Cpuacct => "cpuacct",
            Self::Pids => "pids",
        }
    }
}

/// The control groups of one attempt.
#[derive(Debug, Default)]
pub(super) struct Cgroup {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    controllers: Vec<Controller>,
    folder: PathBuf,
    unified: bool,
}

impl Cgroup {
    /// Makes whatever groups can be made here under the name `galleria-<name>`; possibly none.
    pub fn create(name: &str) -> Self {
        Self::create_in(Path::new(MOUNT), &fs::read_to_string("/proc/self/cgroup").unwrap_or_default(), name)
    }

    fn create_in(mount: &Path, own: &str, name: &str) -> Self {
        let name = format!("galleria-{name}");
        if mount.join("cgroup.controllers").exists() {
            return Self { parts: unified(mount, own, &name).into_iter().collect() };
        }
        let parts = Controller::ALL.into_iter().filter_map(|controller| {
            let folder = legacy(mount, own, controller)?.join(&name);
            make(&folder).then(|| Part { controllers: vec![controller], folder, unified: false })
        });
        Self { parts: parts.collect() }
    }

    /// Whether the kernel does this for us.
    pub fn has(&self, controller: Controller) -> bool {
        self.part(controller).is_some()
    }

    /// Sets the limits of `spec`. Returns those that the kernel did not take.
    pub fn limit(&self, spec: &Spec) -> Vec<Controller> {
        let quota = format!("{:.0}", (spec.cpus * PERIOD_US).max(1000.0));
        // Beside the job's own there are its first process, the two that hold the sandbox, and the relay's threads.
        let threads = if spec.tracking.is_some() { 2 * relay::CONNECTIONS as u64 + 1 } else { 0 };
        let processes = (spec.limits.processes + 4 + threads).to_string();
        let memory = spec.memory.to_string();
        // For each processor half of what any other process weighs (1024; version 2: 100): the server goes first while every
        // processor computes, and what else runs on the machine does not starve the job. The nice value of the command itself
        // counts only among its own.
        let (weight, shares) = (format!("{:.0}", (spec.cpus * 50.0).max(1.0)), format!("{:.0}", (spec.cpus * 512.0).max(2.0)));
        let mut refused = Vec::new();
        for part in &self.parts {
            for controller in &part.controllers {
                let done = match (controller, part.unified) {
                    (Controller::Memory, true) => part.set("memory.max", &memory).and_then(|()| part.set_if_there("memory.swap.max", "0")),
                    (Controller::Memory, false) => {
                        part.set("memory.limit_in_bytes", &memory).and_then(|()| part.set_if_there("memory.memsw.limit_in_bytes", &memory))
                    }
                    (Controller::Cpu, true) => part.set("cpu.max", &format!("{quota} {PERIOD_US}")).and_then(|()| part.set("cpu.weight", &weight)),
                    (Controller::Cpu, false) => part.set("cpu.cfs_quota_us", &quota).and_then(|()| part.set("cpu.shares", &shares)),
                    (Controller::Pids, _) => part.set("pids.max", &processes),
                    (Controller::Cpuacct, _) => Ok(()),
                };
                if done.is_err() {
                    refused.push(*controller);
                }
            }
        }
        refused
    }

    /// Puts a process, and all it will start, into the groups.
    pub fn join(&self, pid: u32) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| part.set("cgroup.procs", &pid.to_string()))
    }

    /// Processor milliseconds so far.
    pub fn cpu_ms(&self) -> Option<u64> {
        let part = self.part(Controller::Cpuacct)?;
        match part.unified {
            true => Some(entry(&part.get("cpu.stat")?, "usage_usec")? / 1000),
            false => Some(part.get("cpuacct.usage")?.trim().parse::<u64>().ok()? / 1_000_000),
        }
    }

    /// Bytes of memory in use now, without the page cache that would be dropped first.
    pub fn memory(&self) -> Option<u64> {
        let part = self.part(Controller::Memory)?;
        let (now, cache) = match part.unified {
            true => ("memory.current", "inactive_file"),
            false => ("memory.usage_in_bytes", "total_inactive_file"),
        };
        let now: u64 = part.get(now)?.trim().parse().ok()?;
        Some(now.saturating_sub(entry(&part.get("memory.stat")?, cache).unwrap_or(0)))
    }

    /// Whether the kernel ended a process for want of memory.
    pub fn ran_out_of_memory(&self) -> bool {
        let Some(part) = self.part(Controller::Memory) else {
            return false;
        };
        let file = if part.unified { "memory.events" } else { "memory.oom_control" };
        part.get(file).and_then(|text| entry(&text, "oom_kill")).is_some_and(|kills| kills > 0)
    }

    /// Removes the groups. The kernel needs a moment after the last process has gone.
    pub fn remove(self) {
        for part in &self.parts {
            for _ in 0..50 {
                match fs::remove_dir(&part.folder) {
                    Err(e) if e.raw_os_error() == Some(nix::libc::EBUSY) => thread::sleep(Duration::from_millis(10)),
                    _ => break,
                }
            }
        }
    }

    fn part(&self, controller: Controller) -> Option<&Part> {
        self.parts.iter().find(|part| part.controllers.contains(&controller))
    }
}

impl Part {
    fn set(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), value)
    }

    fn set_if_there(&self, file: &str, value: &str) -> io::Result<()> {
        if self.folder.join(file).exists() { self.set(file, value) } else { Ok(()) }
    }

    fn get(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(file)).ok()
    }
}

/// A `name value` line.
fn entry(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(key, _)| *key == name)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn version_1_uses_the_controllers_it_finds() {
        let root = tempfile::tempdir().unwrap();
        file(root.path(), "memory/us/cgroup.procs", "");
        file(root.path(), "cpu/cgroup.procs", "");
        let group = Cgroup::create_in(root.path(), "4:memory:/us\n2:cpu,cpuacct:/hidden\n0::/\n", "a-1");
        assert!(group.has(Controller::Memory) && group.has(Controller::Cpu) && !group.has(Controller::Pids));
        assert!(root.path().join("memory/us/galleria-a-1").is_dir());

        assert_eq!(group.limit(&Spec { cpus: 1.5, ..Spec::new("true") }), []);
        assert_eq!(fs::read_to_string(root.path().join("memory/us/galleria-a-1/memory.limit_in_bytes")).unwrap(), "1073741824");
        assert_eq!(fs::read_to_string(root.path().join("cpu/galleria-a-1/cpu.cfs_quota_us")).unwrap(), "150000");
        assert_eq!(fs::read_to_string(root.path().join("cpu/galleria-a-1/cpu.shares")).unwrap(), "768");

        file(root.path(), "memory/us/galleria-a-1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        assert!(group.ran_out_of_memory());
    }

    #[test]
    fn version_2_goes_beside_us_where_it_may_not_go_below() {
        let root = tempfile::tempdir().unwrap();
        file(root.path(), "cgroup.controllers", "cpu memory pids");
        file(root.path(), "system.slice/cgroup.subtree_control", "cpu memory pids");
        file(root.path(), "system.slice/galleria.service/cgroup.procs", "1");
        let group = Cgroup::create_in(root.path(), "0::/system.slice/galleria.service\n", "a-1");
        assert!(root.path().join("system.slice/galleria-a-1").is_dir());

        assert_eq!(group.limit(&Spec { cpus: 2.0, ..Spec::new("true") }), []);
        assert_eq!(fs::read_to_string(root.path().join("system.slice/galleria-a-1/cpu.max")).unwrap(), "200000 100000");
        assert_eq!(fs::read_to_string(root.path().join("system.slice/galleria-a-1/cpu.weight")).unwrap(), "100");
        file(root.path(), "system.slice/galleria-a-1/cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
        file(root.path(), "system.slice/galleria-a-1/memory.current", "5000\n");
        file(root.path(), "system.slice/galleria-a-1/memory.stat", "anon 1\ninactive_file 3000\n");
        assert_eq!((group.cpu_ms(), group.memory()), (Some(2500), Some(2000)));
    }

    #[test]
    fn without_control_groups_there_are_none() {
        let root = tempfile::tempdir().unwrap();
        let group = Cgroup::create_in(root.path(), "", "a-1");
        assert!(Controller::ALL.into_iter().all(|controller| !group.has(controller)));
        assert_eq!(group.limit(&Spec::new("true")), []);
        assert_eq!((group.cpu_ms(), group.memory(), group.ran_out_of_memory()), (None, None, false));
        group.join(1).unwrap();
    }
}
