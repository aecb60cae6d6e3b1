//! The kernel's table of processes: who lives, who descends from whom, and what they use.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::folder::Watcher;

/// Clock ticks a second in `/proc`; a constant of the kernel's interface whatever its own frequency.
const TICK_MS: u64 = 10;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub pid: i32,
    pub parent: i32,
    /// A zombie is dead already.
    pub zombie: bool,
    /// Its own and its reaped children's processor time.
    pub cpu_ms: u64,
    /// Clock ticks after boot.
    pub started: u64,
}

impl Process {
    /// Looks a process up; none when there is no such process.
    pub fn find(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads `/proc/<pid>/stat`. The name in parentheses may itself hold spaces and parentheses.
    fn parse(stat: &str) -> Option<Self> {
        let (before, after) = stat.rsplit_once(')')?;
        let pid = before.split(' ').next()?.parse().ok()?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
        let parent = fields.get(1)?.parse().ok()?;
        let zombie = matches!(fields.first(), Some(&"Z" | &"X"));
        Some(Self { pid, parent, zombie, cpu_ms: ticks * TICK_MS, started: number(19)? })
    }
}

impl Watcher {
    /// This process.
    pub fn me() -> io::Result<Self> {
        let pid = nix::unistd::getpid().as_raw();
        let me = Process::find(pid).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { pid, started: me.started, boot: boot() })
    }

    /// Whether that very process, and not a later one of the same number, still lives.
    pub fn is_alive(&self) -> bool {
        let alive = |process: Process| !process.zombie && process.started == self.started;
        self.boot == boot() && Process::find(self.pid).is_some_and(alive)
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// All living descendants of `ancestor`. Nobody leaves a job's tree: its orphans become children of its first process.
pub(super) fn descendants(ancestor: i32) -> Vec<Process> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    below(ancestor, pids.filter_map(Process::find).collect())
}

fn below(ancestor: i32, table: Vec<Process>) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in table {
        children.entry(process.parent).or_default().push(process);
    }
    let (mut found, mut queue, mut seen) = (Vec::new(), vec![ancestor], HashSet::new());
    while let Some(pid) = queue.pop() {
        if !seen.insert(pid) {
            continue;
        }
        for child in children.remove(&pid).unwrap_or_default() {
            queue.push(child.pid);
            found.push(child);
        }
    }
    found
}

/// Bytes of memory of some processes. What they share is counted for each, unless that would be more than `limit`:
/// then the slower exact count decides, so that nobody is ended for pages counted twice.
pub(super) fn memory(processes: &[Process], limit: u64) -> u64 {
    let resident = processes.iter().map(|p| field(p.pid, "status", "VmRSS:")).sum();
    if resident <= limit {
        return resident;
    }
    processes.iter().map(|p| field(p.pid, "smaps_rollup", "Pss:")).sum()
}

/// Bytes on the disk `device` of files that some processes have open although they were removed.
pub(super) fn removed_files(processes: &[Process], device: u64) -> u64 {
    let open = processes.iter().filter_map(|p| fs::read_dir(format!("/proc/{}/fd", p.pid)).ok()).flatten().flatten();
    let files = open.filter_map(|entry| fs::metadata(entry.path()).ok());
    let removed = files.filter(|file| file.is_file() && file.nlink() == 0 && file.dev() == device);
    let by_number: HashMap<u64, u64> = removed.map(|file| (file.ino(), file.blocks() * 512)).collect();
    by_number.values().sum()
}

/// A field in kB of a file of `/proc/<pid>`, in bytes; 0 when the process is gone.
fn field(pid: i32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok());
    value.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn process(pid: i32, parent: i32) -> Process {
        Process { pid, parent, zombie: false, cpu_ms: 0, started: 0 }
    }

    #[test]
    fn a_name_full_of_parentheses_does_not_confuse() {
        let stat = "7 (a) R 1 (b)) S 3 7 7 0 -1 4194560 100 0 0 0 5 6 7 8 20 0 1 0 4242 1000 10 18446744073709551615";
        let parsed = Process::parse(stat).unwrap();
        assert_eq!(parsed, Process { pid: 7, parent: 3, zombie: false, cpu_ms: 260, started: 4242 });
    }

    #[test]
    fn descendants_are_found_at_any_depth() {
        let table = vec![process(1, 0), process(2, 1), process(3, 2), process(4, 3), process(5, 1)];
        let mut pids: Vec<i32> = below(2, table).iter().map(|p| p.pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [3, 4]);
    }

    #[test]
    fn a_removed_file_still_takes_its_room() {
        let file = tempfile::tempfile().unwrap();
        (&file).write_all(&[1; 100_000]).unwrap();
        file.sync_all().unwrap();
        let me = Process::find(nix::unistd::getpid().as_raw()).unwrap();
        assert!(removed_files(&[me], file.metadata().unwrap().dev()) >= 100_000);
    }

    #[test]
    fn a_recycled_number_is_not_the_watcher() {
        let me = Watcher::me().unwrap();
        assert!(me.is_alive());
        assert!(!Watcher { started: me.started + 1, ..me.clone() }.is_alive());
        assert!(!Watcher { boot: "another".to_owned(), ..me }.is_alive());
    }
}
