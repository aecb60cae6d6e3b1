//! A gallery with an algorithm that prints the time, served by the built `galleria`.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use galleria::blobs::Blobs;
use galleria::clock;
use galleria::db::Db;
use tempfile::TempDir;

use crate::catalogue;
use crate::client::{Connection, get, post};
use crate::database::Database;
use crate::script::{NAME, Script};
use crate::stream::Follower;

/// Each has the machine's processors to itself, so that more jobs run at once than the machine has processors.
pub const REGIONS: usize = 10;
const PASSWORD: &str = "correct horse battery";
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Gallery {
    pub address: SocketAddr,
    /// Of a member who has subscribed.
    pub cookie: String,
    launches: AtomicUsize,
    server: Child,
    // The server goes before its database, and that before its folder.
    _database: Database,
    folder: TempDir,
}

impl Gallery {
    /// On SQLite, or on the PostgreSQL at `server`.
    pub fn start(server: Option<&str>, algorithms: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(server, folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        fs::write(folder.path().join("galleria.toml"), regions()).unwrap();
        let db = Db::open(&database.url.parse().unwrap(), 2).unwrap();
        catalogue::generate(&db, &Blobs::archives(&folder.path().join("data")), algorithms, 1, clock::now()).unwrap();
        database.analyze();
        let command = || command(&folder, &database, address);
        Script::write(&folder.path().join(NAME));
        publish(&command);
        drop(listener);
        let server = command().arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut gallery = Self { address, cookie: String::new(), launches: AtomicUsize::new(0), server, _database: database, folder };
        gallery.open();
        gallery
    }

    /// Waits for the server, and for the trials that its engines begin with; logs in and subscribes.
    fn open(&mut self) {
        wait("the server listens", || std::net::TcpStream::connect(self.address).is_ok());
        let form = format!("login=bench&password={}", PASSWORD.replace(' ', "+"));
        let answer = Connection::open(self.address).send(&post("/login", "", &form));
        assert_eq!(answer.status, 303, "cannot log in");
        self.cookie = answer.cookie;
        let answer = Connection::open(self.address).send(&post(&format!("{}/subscription", self.algorithm_path()), &self.cookie, ""));
        assert_eq!(answer.status, 303, "cannot subscribe");
        wait("the engines have been tried", || {
            (0..REGIONS).all(|region| fs::read_dir(self.engine(region)).is_ok_and(|mut all| all.all(|entry| !is_trial(&entry.unwrap()))))
        });
    }

    /// Its address in the gallery.
    pub fn algorithm_path(&self) -> String {
        format!("/algorithms/bench/{NAME}")
    }

    /// Submits a job as the form does; one that nobody stops any more, because this process was ended, ends by itself.
    pub fn submit(&self, region: usize, script: &Script) -> i64 {
        let launch = self.launches.fetch_add(1, Ordering::Relaxed);
        let form = format!(
            "algorithm=bench/{NAME}&version=1.0.0&flavor=cpu-1&name=job-{launch}&launch_id=launch-{launch}&stop_after=5m&{}",
            script.fields()
        );
        let mut connection = Connection::open(self.address);
        let answer = connection.send(&post(&format!("/console/r{region}/jobs"), &self.cookie, &form));
        assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(connection.body()));
        answer.location.rsplit('/').next().unwrap().parse().unwrap()
    }

    pub fn stop(&self, region: usize, job: i64) {
        let answer = Connection::open(self.address).send(&post(&format!("{}/cancellation", path(region, job)), &self.cookie, ""));
        assert_eq!(answer.status, 303);
    }

    /// Waits until a job's page says that it is in this state.
    pub fn wait_for(&self, region: usize, job: i64, state: &str) {
        let mut connection = Connection::open(self.address);
        wait(state, || {
            // Looking is work for the server.
            thread::sleep(Duration::from_millis(20));
            connection.send(&get(&path(region, job), &self.cookie));
            String::from_utf8_lossy(connection.body()).contains(&format!("data-state=\"{state}\""))
        });
    }

    /// Waits until a job has printed something, by its log on the disk.
    pub fn wait_for_line(&self, region: usize, job: i64) {
        let attempts = self.engine(region).join("attempts");
        let mut log: Option<PathBuf> = None;
        wait("a first line", || {
            log = log.take().or_else(|| {
                let folders = fs::read_dir(&attempts).ok()?.flatten();
                folders
                    .map(|entry| entry.path())
                    .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{job}-")))
                    .map(|path| path.join("log"))
            });
            log.as_ref().is_some_and(|log| fs::metadata(log).is_ok_and(|file| file.len() > 0))
        });
    }

    /// Follows a job's log as its page does.
    pub fn follow(&self, region: usize, job: i64, hear: &mut dyn FnMut(Duration) -> ControlFlow<()>) {
        let path = format!("{}/logs/stream", path(region, job));
        Follower { address: self.address, path: &path, cookie: &self.cookie }.follow(hear);
    }

    fn engine(&self, region: usize) -> PathBuf {
        self.folder.path().join(format!("data/engines/r{region}"))
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

fn path(region: usize, job: i64) -> String {
    format!("/console/r{region}/jobs/{job}")
}

fn is_trial(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with("trial-")
}

fn regions() -> String {
    let one = |number: usize| {
        format!(
            "[[region]]\nid = \"r{number}\"\nname = \"Region {number}\"\nengine = \"local\"\n[[region.flavor]]\nid = \"cpu-1\"\nname = \"1 vCPU\"\n\
             cpus = 1\nmemory = \"1GiB\"\nprice_per_hour = \"0.12\"\n"
        )
    };
    (0..REGIONS).map(one).collect()
}

fn command(folder: &TempDir, database: &Database, address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galleria"));
    command.env_clear().current_dir(folder.path()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("DATABASE_URL", &database.url).env("GALLERIA_LISTEN", address.to_string()).env("GALLERIA_DATA_DIR", folder.path().join("data"));
    command.envs([("GALLERIA_LIMITS", "off"), ("GALLERIA_STARTER", "false"), ("GALLERIA_ADMIN_PASSWORD", PASSWORD)]);
    command
}

/// An account, an official publisher, an algorithm: by the same commands as anybody's.
fn publish(command: &dyn Fn() -> Command) {
    let run = |words: &str, input: &str| {
        let mut child = command().args(words.split(' ')).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "galleria {words}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run("user add bench --email bench@example.org --password-stdin", PASSWORD);
    run("user official bench", "");
    run(&format!("publish {NAME} --as bench --public"), "");
}

/// Looks every millisecond.
fn wait(what: &str, mut come: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !come() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
