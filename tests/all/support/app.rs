use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use galleria::blobs::Blobs;
use galleria::clock;
use galleria::config::Config;
use galleria::db::{Conn, Db};
use galleria::engines::Engines;
use galleria::error::{Error, Result};
use galleria::publishers::{self, Kind, Publisher};
use galleria::users::{self, NewUser, User};
use galleria::web::store::App;
use galleria::web::{open_secret_key, serve};

use super::{AlgorithmBuilder, Client, TestDatabase};

/// Everybody's password here.
pub const PASSWORD: &str = "correct horse battery";
/// Its argon2id hash, made as cheap as argon2 goes: a hash says itself what it costs to check.
const PASSWORD_HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$Z2FsbGVyaWEtdGVzdGluZw$sY6os3P1JiZE64L1QQqusk3s662VTv7/P5TR3R/IdyY";
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
/// Connections of each server to its database.
const CONNECTIONS: u32 = 4;

/// What a test's gallery is started with.
pub struct Options {
    env: HashMap<String, String>,
    file: String,
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

    /// Replaces `galleria.toml`.
    #[must_use]
    pub fn file(mut self, toml: &str) -> Self {
        self.file = toml.into();
        self
    }

    /// Starts the gallery.
    pub fn start(self) -> TestApp {
        TestApp::start(self)
    }
}

/// A gallery of one test: a real server on loopback with its own folder and database.
pub struct TestApp {
    // In the order in which they go: first the server, at last the folder.
    server: Running,
    database: Arc<TestDatabase>,
    folder: Arc<tempfile::TempDir>,
    options: Arc<Options>,
}

impl TestApp {
    /// Without rate limits, everything else as a gallery has it by default.
    pub fn new() -> Self {
        Self::options().start()
    }

    /// For a gallery that is set up otherwise: `TestApp::options().env("GALLERIA_REGISTRATION", "closed").start()`.
    pub fn options() -> Options {
        Options { env: HashMap::from([("GALLERIA_LIMITS".into(), "off".into()), ("GALLERIA_STARTER".into(), "false".into())]), file: FILE.into() }
    }

    fn start(options: Options) -> Self {
        let folder = tempfile::Builder::new().prefix("galleria").rand_bytes(10).tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("galleria.toml"), &options.file).unwrap();
        let database = TestDatabase::new(folder.path());
        let server = Running::start(&options, &database, folder.path());
        Self { server, database: Arc::new(database), folder: Arc::new(folder), options: Arc::new(options) }
    }

    /// A second server on the same database, data folder and configuration.
    pub fn another(&self) -> Self {
        let server = Running::start(&self.options, &self.database, self.folder.path());
        Self { server, database: Arc::clone(&self.database), folder: Arc::clone(&self.folder), options: Arc::clone(&self.options) }
    }

    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// What its requests share.
    pub fn state(&self) -> &Arc<App> {
        &self.server.app
    }

    /// Its database, for calling the domain directly.
    pub fn db(&self) -> &Db {
        &self.server.app.db
    }

    /// Which database that is.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.server.app.config
    }

    /// The test's own folder; the gallery's data is in `data` beneath it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its archives.
    pub fn blobs(&self) -> Blobs {
        Blobs::archives(&self.config().data_dir)
    }

    /// Runs one domain function outside a transaction, which must succeed.
    pub fn read<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> T {
        self.db().read(work).unwrap()
    }

    /// Runs domain functions as one transaction, which must succeed.
    pub fn write<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> T {
        self.db().write(work).unwrap()
    }

    /// The account of this handle, opened if there is none yet; its password is [`PASSWORD`].
    pub fn user(&self, handle: &str) -> User {
        self.account(handle, false)
    }

    /// The same with the operator's rights.
    pub fn operator(&self, handle: &str) -> User {
        self.account(handle, true)
    }

    fn account(&self, handle: &str, admin: bool) -> User {
        match self.db().read(|conn| users::by_handle(conn, handle)) {
            Err(Error::NotFound) => self.write(|conn| {
                let (email, password_hash) = (format!("{handle}@example.org"), PASSWORD_HASH.into());
                users::register(conn, &NewUser { handle: handle.parse().unwrap(), email, password_hash, admin }, clock::now())
            }),
            found => found.unwrap(),
        }
    }

    /// An organisation with these members, who get accounts if they have none.
    pub fn organisation(&self, handle: &str, members: &[&str]) -> Publisher {
        let members: Vec<i64> = members.iter().map(|member| self.user(member).id).collect();
        self.write(|conn| {
            let organisation = publishers::create(conn, &handle.parse().unwrap(), Kind::Organisation, handle, clock::now())?;
            members.iter().try_for_each(|member| publishers::add_member(conn, organisation.id, *member))?;
            Ok(organisation)
        })
    }

    /// Somebody who is not signed in.
    pub fn visitor(&self) -> Client {
        Client::new(self.url())
    }

    /// Somebody signed in through the page, with an account opened if there is none yet.
    pub fn sign_in(&self, handle: &str) -> Client {
        self.user(handle);
        let client = self.visitor();
        let page = client.post("/login", &[("login", handle), ("password", PASSWORD)]);
        assert_eq!(page.status(), 303, "{handle} cannot sign in: {}", page.body);
        client
    }

    /// The operator `olga`, signed in.
    pub fn sign_in_operator(&self) -> Client {
        self.operator("olga");
        self.sign_in("olga")
    }

    /// An algorithm to be published: `app.algorithm("lab", "iris").official().publish()`.
    pub fn algorithm<'a>(&'a self, publisher: &str, name: &str) -> AlgorithmBuilder<'a> {
        AlgorithmBuilder::new(self, publisher, name)
    }

    /// The built `galleria` command on this gallery's database, data folder and configuration.
    pub fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_galleria"));
        command.env_clear().current_dir(self.folder()).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(environment(&self.options, &self.database, self.folder(), self.config().listen.port()));
        command
    }
}

impl Default for TestApp {
    fn default() -> Self {
        Self::new()
    }
}

fn environment(options: &Options, database: &TestDatabase, folder: &Path, port: u16) -> HashMap<String, String> {
    let own = [
        ("DATABASE_URL", database.url().to_owned()),
        ("GALLERIA_LISTEN", format!("127.0.0.1:{port}")),
        ("GALLERIA_DATA_DIR", folder.join("data").display().to_string()),
    ];
    let mut all: HashMap<String, String> = own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(options.env.clone());
    all
}

/// A server in a thread of its own; stopped when dropped.
struct Running {
    url: String,
    app: Arc<App>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(options: &Options, database: &TestDatabase, folder: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let env = environment(options, database, folder, port);
        let file: PathBuf = folder.join("galleria.toml");
        let config = Config::from_parts(Some(&file), &|name| env.get(name).cloned()).unwrap_or_else(|faults| panic!("{faults:?}"));
        let key = open_secret_key(&config.secret_key_file).unwrap();
        let db = Db::open(&config.database, CONNECTIONS).unwrap();
        let supervisor = [env!("CARGO_BIN_EXE_galleria").into(), "supervise".into()];
        let engines = Engines::of(&config, &supervisor);
        let app = Arc::new(App::new(db, config).with(engines));
        let (send, receive) = mpsc::channel();
        let served = Arc::clone(&app);
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = serve(served, key, listener, CONNECTIONS as usize).unwrap();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receive.recv().expect("the server does not start");
        Self { url: format!("http://127.0.0.1:{port}"), app, handle, thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command is sent at once; the future only tells when it is done, which joining tells as well.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_else(|_| eprintln!("the server's thread panicked"));
        }
    }
}
