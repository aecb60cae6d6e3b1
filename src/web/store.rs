//! The way from a request to the database: off the async threads, one transaction per write.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use std::future::{Ready, ready};
use tokio::sync::Semaphore;

use super::drawn::Drawn;
use super::figures::Figures;
use super::kept::{Kept, Prose};
use crate::algorithms::Reader;
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::engines::Engines;
use crate::error::{Error, Result};
use crate::search::{Catalogue, Query, Results};
use crate::users::password;
use crate::worker::Bell;

/// What every request of this process shares.
pub struct App {
    /// The database.
    pub db: Db,
    /// As it was at start.
    pub config: Config,
    /// The algorithms, ready to be searched.
    pub catalogue: Catalogue,
    /// Where jobs run; none until [`App::with`] says so.
    pub engines: Engines,
    /// Wakes the worker of this process.
    pub bell: Bell,
    /// What this process counts about itself.
    pub figures: Figures,
    /// Who did how much lately.
    pub limits: super::limiter::Limiters,
    /// Whole pages as visitors got them.
    pub drawn: Drawn,
    /// What was drawn before and is still right.
    pub kept: Kept,
    /// How many passwords are hashed at once: each takes a core for 40 ms and 19 MiB.
    hashing: Semaphore,
    /// How many searches run at once.
    searching: Arc<Semaphore>,
}

impl App {
    /// Binds the parts together.
    pub fn new(db: Db, config: Config) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            limits: super::limiter::Limiters::new(&config.limits),
            kept: Kept::new(),
            figures: Figures::new(),
            drawn: Drawn::new(),
            hashing: Semaphore::new(cores),
            searching: Arc::new(Semaphore::new(cores + 2)),
            catalogue: Catalogue::following(&db, &config.data_dir),
            engines: Engines::default(),
            bell: Bell::default(),
            db,
            config,
        }
    }

    /// The same with engines for its regions.
    #[must_use]
    pub fn with(self, engines: Engines) -> Self {
        Self { engines, ..self }
    }
}

/// The database for one request.
#[derive(Clone)]
pub struct Store {
    app: Arc<App>,
}

impl Store {
    /// Runs `work` on a connection, outside any transaction.
    ///
    /// # Errors
    /// What `work` returns; `Unavailable` when no connection comes free in time.
    pub async fn read<T: Send + 'static>(&self, work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let app = Arc::clone(&self.app);
        off_thread(move || app.db.read(work)).await
    }

    /// Runs `work` as one transaction.
    ///
    /// # Errors
    /// As [`Store::read`]; then nothing has happened.
    pub async fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        let app = Arc::clone(&self.app);
        off_thread(move || app.db.write(work)).await
    }

    /// Runs work that takes long or touches files.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn apart<T: Send + 'static>(&self, work: impl FnOnce(&App) -> Result<T> + Send + 'static) -> Result<T> {
        let app = Arc::clone(&self.app);
        off_thread(move || work(&app)).await
    }

    /// What a reader finds. Who only looks at the list of everything waits for no search.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub async fn search(&self, reader: Reader, query: Query) -> Result<Results> {
        let looked_for = query.is_looked_for();
        let work = move |app: &App| app.catalogue.search(&app.db, reader, query);
        if looked_for { self.searched(work).await } else { self.apart(work).await }
    }

    /// Runs a search that may take long: as many at once as there are cores and two, the others in the order in which they came. All
    /// at once each would take as long as all of them, and hold its memory for as long; and others than searches find a thread.
    ///
    /// # Errors
    /// What `work` returns.
    pub async fn searched<T: Send + 'static>(&self, work: impl FnOnce(&App) -> Result<T> + Send + 'static) -> Result<T> {
        let turn = Arc::clone(&self.app.searching).acquire_owned().await.map_err(Error::internal)?;
        // A search goes on when nobody waits for it any more, and it keeps its turn.
        let work = move |app: &App| {
            let _turn = turn;
            work(app)
        };
        self.apart(work).await
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// Only the machine's.
    pub async fn hash_password(&self, password: String) -> Result<String> {
        let _turn = self.app.hashing.acquire().await.map_err(Error::internal)?;
        off_thread(move || password::hash(&password)).await
    }

    /// Checks a password; takes the same time when there is no hash to check against.
    ///
    /// # Errors
    /// Only the machine's.
    pub async fn verify_password(&self, password: String, hash: Option<String>) -> Result<bool> {
        let _turn = self.app.hashing.acquire().await.map_err(Error::internal)?;
        off_thread(move || Ok(password::verify(&password, hash.as_deref()))).await
    }

    /// Markdown as safe HTML, in the order given; what was not drawn before is drawn off the async threads.
    ///
    /// # Errors
    /// Only the machine's.
    pub async fn prose(&self, texts: Vec<Prose>) -> Result<Vec<Arc<str>>> {
        match self.app.kept.prose(&texts) {
            Some(html) => Ok(html),
            None => self.apart(move |app| Ok(texts.iter().map(|prose| app.kept.draw(prose)).collect())).await,
        }
    }

    /// What a reader finds with each of `queries`, when that takes neither the database nor long.
    pub fn found_at_once<const N: usize>(&self, reader: Reader, queries: &[Query; N]) -> Option<[Results; N]> {
        self.app.catalogue.at_once(&self.app.db, reader, queries)
    }

    /// What this process shares.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The store of this process.
    pub fn of(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[allow(clippy::disallowed_methods)]
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    web::block(work).await.map_err(Error::internal)?
}

impl FromRequest for Store {
    type Error = super::failure::Failure;
    type Future = Ready<std::result::Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().map(|data| Arc::clone(data));
        ready(app.map(Self::of).ok_or_else(|| Error::internal("the application's state is missing").into()))
    }
}
