use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
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
use galleria::worker::{self, Worker};

use super::{AlgorithmBuilder, Client, Options, Place, TestDatabase};

/// Everybody's password here.
pub const PASSWORD: &str = "correct horse battery";
/// Its argon2id hash, made as cheap as argon2 goes: a hash says itself what it costs to check.
const PASSWORD_HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$Z2FsbGVyaWEtdGVzdGluZw$sY6os3P1JiZE64L1QQqusk3s662VTv7/P5TR3R/IdyY";
/// Connections of each server to its database.
const CONNECTIONS: u32 = 4;

/// A gallery of one test: a real server on loopback with its own folder and database.
pub struct TestApp {
    // In the order in which they go: first the server, then the database, at last the folder.
    server: Running,
    place: Arc<Place>,
}

impl TestApp {
    /// Without rate limits, everything else as a gallery has it by default.
    pub fn new() -> Self {
        Self::options().start()
    }

    /// For a gallery that is set up otherwise: `TestApp::options().env("GALLERIA_REGISTRATION", "closed").start()`.
    pub fn options() -> Options {
        Options::default()
    }

    pub(super) fn start(options: Options) -> Self {
        let place = Arc::new(Place::of(options));
        Self { server: Running::start(&place), place }
    }

    /// A second server on the same database, data folder and configuration.
    pub fn another(&self) -> Self {
        Self { server: Running::start(&self.place), place: Arc::clone(&self.place) }
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
        &self.place.database
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.server.app.config
    }

    /// Where it lives: for running the `galleria` command there.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The test's own folder; the gallery's data is in `data` beneath it.
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// Its archives.
    pub fn blobs(&self) -> Blobs {
        Blobs::archives(&self.config().data_dir).behind(self.config().store.as_ref())
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
    pub fn command(&self) -> Command {
        self.place.command()
    }
}

impl Default for TestApp {
    fn default() -> Self {
        Self::new()
    }
}

/// A server in a thread of its own; stopped when dropped.
struct Running {
    url: String,
    app: Arc<App>,
    handle: ServerHandle,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    fn start(place: &Place) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = place.config(port);
        let key = open_secret_key(&config.secret_key_file).unwrap();
        let db = Db::open(&config.database, CONNECTIONS).unwrap();
        let mut app = App::new(db, config);
        if place.has_engines() {
            let engines = Engines::of(&app.config, &[env!("CARGO_BIN_EXE_galleria").into(), "supervise".into()]);
            app.config.regions.iter().for_each(|region| drop(engines.health(&region.id)));
            app = app.with(engines);
        }
        let worker = place.has_worker().then(|| {
            let worker =
                Worker::new(app.db.clone(), app.engines.clone(), &app.config.data_dir).proving(&app.config).behind(app.config.store.as_ref());
            worker::spawn(worker, app.bell.clone()).unwrap()
        });
        let app = Arc::new(app);
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
        Self { url: format!("http://127.0.0.1:{port}"), app, handle, threads: worker.into_iter().chain([thread]).collect() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command is sent at once; the future only tells when it is done, which joining tells as well.
        drop(self.handle.stop(false));
        self.app.bell.end();
        for thread in self.threads.drain(..) {
            thread.join().unwrap_or_else(|_| eprintln!("a thread of the server panicked"));
        }
    }
}
