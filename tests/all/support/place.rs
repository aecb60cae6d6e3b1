use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use galleria::config::Config;
use galleria::db::Db;

use super::{TestApp, TestDatabase};

/// One region with two sizes, so that a test sees the same on every machine.
const FILE: &str = r#"
[[region]]
id = "local"
name = "This machine"
engine = "local"
[[region.flavor]]
id = "cpu-1"
name = "1 vCPU, 2 GiB"
cpus = 1
memory = "2GiB"
price_per_hour = "0.12"
[[region.flavor]]
id = "cpu-2"
name = "2 vCPU, 4 GiB"
cpus = 2
memory = "4GiB"
price_per_hour = "0.24"
"#;

/// What a test's gallery is started with.
pub struct Options {
    env: HashMap<String, String>,
    file: String,
    engines: bool,
    worker: bool,
}

impl Default for Options {
    fn default() -> Self {
        let env = [("GALLERIA_LIMITS", "off"), ("GALLERIA_STARTER", "false"), ("GALLERIA_ADMIN_PASSWORD", super::PASSWORD)];
        Self { env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), file: FILE.into(), engines: false, worker: false }
    }
}

impl Options {
    /// Sets an environment variable of the configuration.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// With rate limits, as a gallery has them by default.
    #[must_use]
    pub fn limits_on(self) -> Self {
        self.env("GALLERIA_LIMITS", "on")
    }

    /// With a worker and the engines of the configuration: jobs really run.
    #[must_use]
    pub fn with_worker(mut self) -> Self {
        self.worker = true;
        self.with_engines()
    }

    /// With the engines of the configuration, and nobody who gives them jobs unless a test does.
    #[must_use]
    pub fn with_engines(mut self) -> Self {
        self.engines = true;
        self
    }

    /// Replaces `galleria.toml`.
    #[must_use]
    pub fn file(mut self, toml: &str) -> Self {
        self.file = toml.into();
        self
    }

    /// Adds to the end of `galleria.toml`.
    #[must_use]
    pub fn more_file(mut self, toml: &str) -> Self {
        self.file.push_str(toml);
        self
    }

    /// Starts the gallery.
    pub fn start(self) -> TestApp {
        TestApp::start(self)
    }

    /// Only the folder and the database; nothing is started or migrated.
    pub fn place(self) -> Place {
        Place::of(self)
    }
}

/// A folder with `galleria.toml` and `data`, and an empty database: what a gallery is started in.
pub struct Place {
    // In the order in which they go.
    pub(super) database: TestDatabase,
    folder: tempfile::TempDir,
    options: Options,
}

impl Place {
    pub(super) fn of(options: Options) -> Self {
        let folder = tempfile::Builder::new().prefix("galleria").rand_bytes(10).tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("galleria.toml"), &options.file).unwrap();
        Self { database: TestDatabase::new(folder.path()), folder, options }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// A pool of connections to it, migrated.
    pub fn open(&self) -> Db {
        Db::open(&self.database.address(), 2).unwrap()
    }

    /// Whether a server here has engines.
    pub(super) fn has_engines(&self) -> bool {
        self.options.engines
    }

    /// Whether a server here has a worker.
    pub(super) fn has_worker(&self) -> bool {
        self.options.worker
    }

    /// The environment of a server here; with `listen` on this port.
    pub fn environment(&self, port: u16) -> HashMap<String, String> {
        let own = [
            ("DATABASE_URL", self.database.url().to_owned()),
            ("GALLERIA_LISTEN", format!("127.0.0.1:{port}")),
            ("GALLERIA_DATA_DIR", self.folder().join("data").display().to_string()),
        ];
        let mut all: HashMap<String, String> = own.map(|(name, value)| (name.to_owned(), value)).into();
        // How this machine reaches a package index, if it is told by the environment.
        let index =
            |name: &str| name.starts_with("UV_") || name.starts_with("PIP_") || name == "SSL_CERT_FILE" || name.to_lowercase().ends_with("_proxy");
        all.extend(std::env::vars().filter(|(name, _)| index(name)));
        all.extend(self.options.env.clone());
        all
    }

    /// The configuration of a server on this port.
    pub fn config(&self, port: u16) -> Config {
        let env = self.environment(port);
        let file = self.folder().join("galleria.toml");
        Config::from_parts(Some(&file), &|name| env.get(name).cloned()).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    /// The built `galleria` command here, with nothing of the test's own environment but `PATH`.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galleria"));
        command.env_clear().current_dir(self.folder()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.environment(8080));
        command
    }
}
