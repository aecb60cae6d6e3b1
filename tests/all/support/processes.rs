use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Place, eventually};

/// The `galleria` command in one of its roles, a process of its own; killed when dropped.
pub struct Role {
    child: Child,
    name: String,
    said: PathBuf,
}

impl Role {
    /// Starts `galleria web`, `worker` or `serve` in a place; `port` is where it listens, if it does.
    pub fn start(place: &Place, name: &str, port: u16) -> Self {
        Self::begin(place, place.command(), name, port)
    }

    /// The same where a process begins with at most so many open files.
    pub fn start_with_files(place: &Place, name: &str, port: u16, files: u64) -> Self {
        let own = place.command();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -Sn {files} && exec \"$0\" \"$@\"")]).arg(own.get_program());
        command.env_clear().current_dir(place.folder()).envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::begin(place, command, name, port)
    }

    fn begin(place: &Place, mut command: Command, name: &str, port: u16) -> Self {
        let said = place.folder().join(format!("{name}.log"));
        let log = File::options().create(true).append(true).open(&said).unwrap();
        command.arg(name).env("GALLERIA_LISTEN", format!("127.0.0.1:{port}"));
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Self { child, name: name.into(), said }
    }

    /// The most memory it ever had, in bytes.
    pub fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// How many files it may have open, and how many it could ask for.
    pub fn most_files(&self) -> [u64; 2] {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        let mut words = line.split_whitespace();
        // "unlimited" is no number.
        [(); 2].map(|()| words.next().unwrap().parse().unwrap_or(u64::MAX))
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("galleria {} said:\n{}", self.name, fs::read_to_string(&self.said).unwrap_or_default());
        }
    }
}

/// A free port that nobody is given by chance: a server that is killed has it again when it comes back.
pub fn lasting_port() -> u16 {
    let free = || Some(rand::random_range(20_000..32_000)).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    let mut port = None;
    eventually("a port is free", || {
        port = free();
        port.is_some()
    });
    port.unwrap()
}

/// A process of this machine as its arguments tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: i32,
    pub arguments: Vec<String>,
}

impl Process {
    /// Every one that lives; what has ended and not been waited for has no arguments any more.
    pub fn all() -> Vec<Self> {
        let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(Self::find).collect()
    }

    fn find(pid: i32) -> Option<Self> {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|line| !line.is_empty())?;
        let arguments = String::from_utf8_lossy(&line).trim_end_matches('\0').split('\0').map(str::to_owned).collect();
        Some(Self { pid, arguments })
    }

    /// Whether one of its arguments, or of its environment variables, holds this word.
    pub fn knows(&self, word: &str) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        self.arguments.iter().any(|argument| argument.contains(word)) || String::from_utf8_lossy(&environment).contains(word)
    }

    /// The process that started it, if that still lives.
    pub fn parent(&self) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        Self::find(stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?)
    }

    /// Kills it without a warning; `false` when it had ended by itself.
    pub fn kill(&self) -> bool {
        kill(Pid::from_raw(self.pid), Signal::SIGKILL).is_ok()
    }
}
