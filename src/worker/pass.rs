use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use super::step::step;
use crate::blobs::Blobs;
use crate::clock::Time;
use crate::config::{Config, Region, Store};
use crate::datasets;
use crate::db::Db;
use crate::engine::{EngineError, Handle};
use crate::engines::Engines;
use crate::error::{Error, Result};
use crate::jobs::{self, Open, Outcome};
use crate::{notifications, sessions, versions};

/// After which bytes that no row claims are not those of an upload under way.
const UNCLAIMED: Duration = Duration::from_secs(86_400);

/// What came of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Something moved: look again at once.
    Worked,
    /// Nothing moved, but attempts are under way.
    Watching,
    /// There is nothing to look after.
    Idle,
}

/// One worker. Any number may share a database.
pub struct Worker {
    /// Which one it is, on leases.
    pub(super) name: String,
    /// The database.
    pub(super) db: Db,
    /// Where jobs run.
    pub(super) engines: Engines,
    /// Where the code is.
    pub(super) archives: Blobs,
    /// Where the data is.
    pub(super) datasets: Blobs,
    /// When an engine was last asked to stop an attempt: only so as not to ask ten times a second.
    pub(super) asked: Mutex<BTreeMap<String, Time>>,
    /// Where proof runs may run, and the currency of their prices; none: this worker begins none.
    pub(super) regions: Vec<Region>,
    pub(super) currency: String,
}

impl Worker {
    /// A worker under a name that no other one has.
    pub fn new(db: Db, engines: Engines, data_dir: &Path) -> Self {
        let name = format!("{}-{:08x}", std::process::id(), rand::random::<u32>());
        let (archives, datasets) = (Blobs::archives(data_dir), Blobs::datasets(data_dir));
        Self { name, db, engines, archives, datasets, asked: Mutex::default(), regions: Vec::new(), currency: String::new() }
    }

    /// The same, proving new versions in the regions of this configuration.
    #[must_use]
    pub fn proving(self, config: &Config) -> Self {
        Self { regions: config.regions.clone(), currency: config.currency.clone(), ..self }
    }

    /// The same, with archives and datasets that are behind an object store.
    #[must_use]
    pub fn behind(self, store: Option<&Store>) -> Self {
        let (archives, datasets) = (self.archives.behind(store), self.datasets.behind(store));
        Self { archives, datasets, ..self }
    }

    /// Takes every attempt that is not over and not another worker's one step further.
    ///
    /// One that fails is written to the log and does not keep the others waiting.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn tick(&self, at: Time) -> Result<Tick> {
        let open = self.db.read(|conn| jobs::open(conn, &self.name, at))?;
        let mut moved = self.discard()? | self.prove(at)?;
        for one in &open {
            moved |= match self.look(one, at) {
                Ok(Outcome::Moved(_)) => true,
                // Another worker, or its owner, was faster; the next pass sees what they did.
                Ok(Outcome::Same | Outcome::Waits(_)) | Err(Error::Conflict(_)) => false,
                Err(error @ (Error::Unavailable(_) | Error::Full(_))) => return Err(error),
                Err(error) => {
                    tracing::error!(job = one.job.id, attempt = one.attempt.id, ?error, "an attempt could not be looked after");
                    false
                }
            };
        }
        Ok(match (moved, open.is_empty()) {
            (true, _) => Tick::Worked,
            (false, false) => Tick::Watching,
            (false, true) => Tick::Idle,
        })
    }

    /// Gives back everything it looks after.
    ///
    /// # Errors
    /// When the database does not answer; then the leases run out by themselves.
    pub fn release(&self) -> Result<()> {
        self.db.write(|conn| jobs::release(conn, &self.name))
    }

    /// Removes what has run out by itself: sessions that have ended, old notifications, bytes of archives and datasets that
    /// were deleted or never got a row.
    ///
    /// # Errors
    /// When the database or the disk does not answer.
    pub fn sweep(&self, at: Time) -> Result<()> {
        let ended = self.db.write(|conn| sessions::sweep(conn, at))?;
        if ended > 0 {
            tracing::info!(event = "sessions_swept", ended);
        }
        for digest in self.db.write(|conn| datasets::discard_unused(conn, at))? {
            self.datasets.remove(&digest)?;
        }
        self.db.write(|conn| notifications::sweep(conn, at))?;
        for digest in self.archives.older_than(UNCLAIMED)? {
            if !self.db.read(|conn| versions::is_known(conn, &digest))? {
                self.archives.remove(&digest)?;
            }
        }
        for digest in self.datasets.older_than(UNCLAIMED)? {
            if !self.db.read(|conn| datasets::is_known(conn, &digest))? {
                self.datasets.remove(&digest)?;
            }
        }
        Ok(())
    }

    fn look(&self, open: &Open, at: Time) -> Result<Outcome> {
        let mine = open.attempt.is_held_by(&self.name, at) || self.db.write(|conn| jobs::claim(conn, &open.attempt, &self.name, at))?;
        if mine { step(self, open, at) } else { Ok(Outcome::Same) }
    }

    /// Throws away what the engines keep of deleted jobs.
    fn discard(&self) -> Result<bool> {
        let mut any = false;
        for (region, attempt) in self.db.read(jobs::discarded)? {
            let gone = match (self.engines.get(&region), attempt.parse::<Handle>()) {
                (Some(engine), Ok(handle)) => match engine.forget(&handle) {
                    Err(EngineError::Unavailable { doing, source }) => {
                        tracing::debug!(attempt, %doing, %source, "the engine keeps a deleted attempt for now");
                        false
                    }
                    Err(EngineError::Refused(_)) => false,
                    Ok(()) => true,
                },
                // Nobody is left who could keep anything.
                _ => true,
            };
            if gone {
                self.db.write(|conn| jobs::forgotten(conn, &attempt))?;
                any = true;
            }
        }
        Ok(any)
    }
}
