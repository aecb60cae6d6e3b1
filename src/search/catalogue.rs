use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::card;
use super::query::Query;
use super::snapshot::{Results, Snapshot};
use crate::algorithms::{Algorithm, Reader};
use crate::catalogue;
use crate::clock::{self, Time};
use crate::db::{Conn, Db};
use crate::error::Result;

/// How long what was asked of the database holds, while this process writes nothing.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// The same for each algorithm: counters that changed bring them all into a new order.
const ASK_EVERY_EACH: Duration = Duration::from_micros(1);
/// How long before a change is visible its time may have been taken, in seconds: while it waits for the database.
const LATENESS: i64 = 15;
/// How often counters are read further back, for what was later still or came from a clock that is behind.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How far back, in seconds.
const SWEEP: i64 = 180;

/// The algorithms of one database, in memory and ready to be searched.
///
/// Holds what this process has written exactly, and what others have announced for at least a quarter of a second: an answer
/// asks the database for the catalogue's sequence first, unless that was done a moment ago and nothing was written here since.
/// Counters are as old at most, and a second more among a million algorithms.
pub struct Catalogue {
    current: RwLock<Arc<Current>>,
    /// One at a time brings it up to date.
    turn: Mutex<()>,
}

struct Current {
    snapshot: Arc<Snapshot>,
    /// Up to when counters were read.
    counted: Time,
    counted_at: Instant,
    swept_at: Instant,
    /// How many writes this process had made when sequence and counters were asked for.
    writes: Option<u64>,
}

impl Current {
    fn is_recent(&self) -> bool {
        let each = u32::try_from(self.snapshot.counters.len()).unwrap_or(u32::MAX);
        self.counted_at.elapsed() < ASK_EVERY + ASK_EVERY_EACH * each
    }

    /// Whether it holds without asking.
    fn holds(&self, db: &Db) -> bool {
        self.writes == Some(db.writes()) && self.is_recent()
    }
}

/// An algorithm as it was at a moment: until anything about it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    id: i64,
    announced: i64,
    touched_at: Time,
}

impl Stamp {
    /// Of this row.
    pub fn of(algorithm: &Algorithm) -> Self {
        Self { id: algorithm.id, announced: algorithm.announced, touched_at: algorithm.touched_at }
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        let now = Instant::now();
        let current = Current { snapshot: Arc::new(Snapshot::empty()), counted: clock::now(), counted_at: now, swept_at: now, writes: None };
        Self { current: RwLock::new(Arc::new(current)), turn: Mutex::new(()) }
    }
}

impl Catalogue {
    /// What `reader` finds with `query`.
    ///
    /// # Errors
    /// Only the database's.
    pub fn search(&self, db: &Db, reader: Reader, query: Query) -> Result<Results> {
        let [results] = self.each(db, reader, [query])?;
        Ok(results)
    }

    /// What `reader` finds with each of `queries`, all at the same moment.
    ///
    /// # Errors
    /// Only the database's.
    pub fn each<const N: usize>(&self, db: &Db, reader: Reader, queries: [Query; N]) -> Result<[Results; N]> {
        let snapshot = self.fresh(db)?;
        let visible = match reader.user {
            Some(user) => db.read(|conn| snapshot.visible_to(conn, user))?,
            None => snapshot.open(),
        };
        Ok(queries.map(|query| snapshot.answer(&visible, query)))
    }

    /// The same for a visitor, when that takes neither the database nor long; it may be called on an async thread.
    pub fn at_once<const N: usize>(&self, db: &Db, queries: &[Query; N]) -> Option<[Results; N]> {
        let current = self.current();
        let quick = current.holds(db) && !queries.iter().any(Query::has_words);
        quick.then(|| queries.clone().map(|query| current.snapshot.answer(&current.snapshot.open(), query)))
    }

    /// Asks the database whether anything has changed, unless that was done a moment ago.
    ///
    /// # Errors
    /// Only the database's.
    pub fn look(&self, db: &Db) -> Result<()> {
        self.fresh(db).map(drop)
    }

    /// Whether the algorithm is as it was, as far as that is known without asking the database.
    pub fn is_still(&self, db: &Db, stamp: Stamp) -> bool {
        let current = self.current();
        current.holds(db) && current.snapshot.stamp(stamp.id).is_some_and(|(announced, touched_at)| Stamp { announced, touched_at, ..stamp } == stamp)
    }

    /// The catalogue with everything that was announced before the call.
    fn fresh(&self, db: &Db) -> Result<Arc<Snapshot>> {
        let current = self.current();
        if current.holds(db) {
            return Ok(Arc::clone(&current.snapshot));
        }
        db.read(|conn| self.asked(db, conn))
    }

    fn asked(&self, db: &Db, conn: &mut Conn) -> Result<Arc<Snapshot>> {
        // Taken before anything is read: what is written meanwhile is asked for again.
        let writes = db.writes();
        let sequence = catalogue::sequence(conn)?;
        let current = self.current();
        if current.snapshot.base.sequence != sequence {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            return self.announced(conn, sequence);
        }
        if !current.is_recent() {
            // Whoever comes while another counts takes what there is.
            if let Ok(_turn) = self.turn.try_lock() {
                return self.counted(conn, writes);
            }
        }
        Ok(Arc::clone(&current.snapshot))
    }

    fn announced(&self, conn: &mut Conn, sequence: i64) -> Result<Arc<Snapshot>> {
        let current = self.current();
        if current.snapshot.base.sequence >= sequence {
            return Ok(Arc::clone(&current.snapshot)); // another request was first
        }
        let changes = card::announced_after(conn, current.snapshot.base.sequence)?;
        let snapshot = Arc::new(current.snapshot.announced(changes, sequence));
        self.put(Current { snapshot: Arc::clone(&snapshot), writes: None, ..*current });
        Ok(snapshot)
    }

    fn counted(&self, conn: &mut Conn, writes: u64) -> Result<Arc<Snapshot>> {
        let current = self.current();
        if current.is_recent() {
            return Ok(Arc::clone(&current.snapshot)); // another request was first
        }
        let (now, at) = (clock::now(), Instant::now());
        let sweeps = current.swept_at.elapsed() > SWEEP_EVERY;
        let back = if sweeps { SWEEP } else { LATENESS };
        let since = current.counted.min(now) - chrono::Duration::seconds(back);
        let changes = card::touched_since(conn, since)?;
        let snapshot = current.snapshot.counted(&changes).map_or_else(|| Arc::clone(&current.snapshot), Arc::new);
        let swept_at = if sweeps { at } else { current.swept_at };
        self.put(Current { snapshot: Arc::clone(&snapshot), counted: now, counted_at: at, swept_at, writes: Some(writes) });
        Ok(snapshot)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, current: Current) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
    }
}
