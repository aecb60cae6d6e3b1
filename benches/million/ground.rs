//! A gallery whose catalogue comes by `galleria catalog import`, served by the built `galleria web`.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::{Connection, get, post};
use crate::database::Database;
use crate::lines::{self, Range};

const PASSWORD: &str = "correct horse battery";
/// Longer than any index takes.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// What making a gallery has shown.
pub struct Made {
    /// Lines a second.
    pub import: f64,
    /// Bytes of memory of the import at most.
    pub import_memory: u64,
    /// From the start of the process to the first Market page.
    pub start: Duration,
    /// From there until the last entry was found.
    pub index: Duration,
}

/// What an import into a gallery that is served has shown.
pub struct Beside {
    /// Lines a second.
    pub import: f64,
    /// From its end until the last entry was found.
    pub found: Duration,
    /// Bytes of memory of the server then, and those of them which are its own.
    pub memory: u64,
    pub own_memory: u64,
}

pub struct Gallery {
    pub address: SocketAddr,
    /// Of a member.
    pub cookie: String,
    /// How many algorithms it has.
    pub size: usize,
    server: Option<Child>,
    // The server goes before its database, and that before its folder.
    database: Database,
    folder: TempDir,
}

impl Gallery {
    /// On SQLite, or on the PostgreSQL at `server`; nothing runs yet.
    fn empty(server: Option<&str>, size: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(server, folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        Self { address, cookie: String::new(), size, server: None, database, folder }
    }

    /// Imports `size` entries, and then starts a server.
    pub fn make(server: Option<&str>, size: usize) -> (Self, Made) {
        let mut gallery = Self::empty(server, size);
        let (took, import_memory) = gallery.import(Range { from: 0, to: size });
        gallery.database.analyze();
        gallery.add_member();
        let (start, index) = gallery.open();
        let form = format!("login=bench&password={}", PASSWORD.replace(' ', "+"));
        let answer = Connection::open(gallery.address).send(&post("/login", "", &form));
        assert_eq!(answer.status, 303, "cannot log in");
        gallery.cookie = answer.cookie;
        let import = size as f64 / took.as_secs_f64();
        (gallery, Made { import, import_memory, start, index })
    }

    /// Starts a server, and imports `size` entries while it follows.
    pub fn fill_served(server: Option<&str>, size: usize) -> Beside {
        let mut gallery = Self::empty(server, 0);
        gallery.serve();
        let (took, _) = gallery.import(Range { from: 0, to: size });
        let begin = Instant::now();
        gallery.wait_for(size - 1);
        Beside { import: size as f64 / took.as_secs_f64(), found: begin.elapsed(), memory: gallery.memory(), own_memory: gallery.own_memory() }
    }

    /// Imports these entries; how long that took, and bytes of memory at most.
    fn import(&self, range: Range) -> (Duration, u64) {
        let file = self.folder.path().join("lines.jsonl");
        lines::write(&file, range);
        let mut command = self.command();
        command.args(["catalog", "import"]).arg(&file).stdout(Stdio::null());
        let begin = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut most = 0;
        let status = loop {
            most = most.max(memory(&child, "VmHWM:"));
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        assert!(status.success(), "the import failed");
        fs::remove_file(file).unwrap();
        (begin.elapsed(), most)
    }

    fn add_member(&self) {
        let mut command = self.command();
        command.args(["user", "add", "bench", "--email", "bench@example.org", "--password-stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Starts the server; how long until its first page, and from there until the last entry was found.
    fn open(&mut self) -> (Duration, Duration) {
        let start = self.serve();
        let begin = Instant::now();
        self.wait_for(self.size - 1);
        (start, begin.elapsed())
    }

    /// Starts the server; how long until its first page.
    fn serve(&mut self) -> Duration {
        let begin = Instant::now();
        let mut command = self.command();
        self.server = Some(command.arg("web").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait("the server answers", || {
            std::net::TcpStream::connect(self.address).is_ok() && Connection::open(self.address).send(&get("/market/algorithms", "")).status == 200
        });
        begin.elapsed()
    }

    /// Waits until the Market finds an entry.
    fn wait_for(&self, number: usize) {
        let path = format!("/algorithms/{}\"", lines::path(number));
        let mut connection = Connection::open(self.address);
        let query = format!("/market/algorithms?q={}-{number}", lines::coined(number));
        wait("the last entry is found", || {
            connection.send(&get(&query, ""));
            String::from_utf8_lossy(connection.body()).contains(&path)
        });
    }

    /// Stops the server and starts it again, as after an upgrade; how long until its first page.
    pub fn start_again(&mut self) -> Duration {
        self.stop();
        self.open().0
    }

    /// Imports `count` entries more while the server runs; how long after the end of that the last one is found.
    pub fn catch_up(&mut self, count: usize) -> Duration {
        let range = Range { from: self.size, to: self.size + count };
        self.import(range);
        let begin = Instant::now();
        self.size = range.to;
        self.wait_for(range.to - 1);
        begin.elapsed()
    }

    /// Bytes of memory of the server now.
    pub fn memory(&self) -> u64 {
        self.server.as_ref().map_or(0, |server| memory(server, "VmRSS:"))
    }

    /// Bytes of that which are its own; the rest is the index and the database as the system keeps them at hand, and gives up for others.
    pub fn own_memory(&self) -> u64 {
        self.server.as_ref().map_or(0, |server| memory(server, "RssAnon:"))
    }

    /// Bytes of what the server keeps beside its database.
    pub fn index_size(&self) -> u64 {
        size_of(&self.folder.path().join("data"))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galleria"));
        command.env_clear().current_dir(self.folder.path()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("DATABASE_URL", &self.database.url).env("GALLERIA_LISTEN", self.address.to_string());
        command.env("GALLERIA_DATA_DIR", self.folder.path().join("data"));
        command.envs([("GALLERIA_LIMITS", "off"), ("GALLERIA_STARTER", "false"), ("GALLERIA_ADMIN_PASSWORD", PASSWORD)]);
        command
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A line of `/proc/PID/status`, in bytes; 0 once it has ended.
fn memory(child: &Child, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10)
}

fn size_of(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return fs::metadata(path).map_or(0, |file| file.len()) };
    entries.flatten().map(|entry| size_of(&entry.path())).sum()
}

fn wait(what: &str, mut come: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !come() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
