use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::card;
use super::query::Query;
use super::snapshot::{Results, Snapshot};
use crate::algorithms::Reader;
use crate::catalogue;
use crate::clock::{self, Time};
use crate::db::Conn;
use crate::error::Result;

/// How old counters may be.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How long before a change is visible its time may have been taken, in seconds: while it waits for the database.
const LATENESS: i64 = 15;
/// How often counters are read further back, for what was later still or came from a clock that is behind.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How far back, in seconds.
const SWEEP: i64 = 180;

/// The algorithms of one database, in memory and ready to be searched.
///
/// Holds what is announced exactly: every answer asks the database for the catalogue's sequence first.
/// Counters are at most a second old, while anybody asks.
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
}

impl Default for Catalogue {
    fn default() -> Self {
        let now = Instant::now();
        let current = Current { snapshot: Arc::new(Snapshot::empty()), counted: clock::now(), counted_at: now, swept_at: now };
        Self { current: RwLock::new(Arc::new(current)), turn: Mutex::new(()) }
    }
}

impl Catalogue {
    /// What `reader` finds with `query`.
    ///
    /// # Errors
    /// Only the database's.
    pub fn search(&self, conn: &mut Conn, reader: Reader, query: Query) -> Result<Results> {
        let [results] = self.each(conn, reader, [query])?;
        Ok(results)
    }

    /// What `reader` finds with each of `queries`, all at the same moment.
    ///
    /// # Errors
    /// Only the database's.
    pub fn each<const N: usize>(&self, conn: &mut Conn, reader: Reader, queries: [Query; N]) -> Result<[Results; N]> {
        let snapshot = self.fresh(conn)?;
        let visible = snapshot.visible(conn, reader)?;
        Ok(queries.map(|query| snapshot.answer(&visible, query)))
    }

    /// The catalogue with everything that was announced before the call.
    fn fresh(&self, conn: &mut Conn) -> Result<Arc<Snapshot>> {
        let sequence = catalogue::sequence(conn)?;
        let current = self.current();
        if current.snapshot.base.sequence != sequence {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            return self.announced(conn, sequence);
        }
        if current.counted_at.elapsed() > COUNT_EVERY {
            // Whoever comes while another counts takes what there is.
            if let Ok(_turn) = self.turn.try_lock() {
                return self.counted(conn);
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
        self.put(Current { snapshot: Arc::clone(&snapshot), ..*current });
        Ok(snapshot)
    }

    fn counted(&self, conn: &mut Conn) -> Result<Arc<Snapshot>> {
        let current = self.current();
        if current.counted_at.elapsed() <= COUNT_EVERY {
            return Ok(Arc::clone(&current.snapshot)); // another request was first
        }
        let (now, at) = (clock::now(), Instant::now());
        let sweeps = current.swept_at.elapsed() > SWEEP_EVERY;
        let back = if sweeps { SWEEP } else { LATENESS };
        let since = current.counted.min(now) - chrono::Duration::seconds(back);
        let changes = card::touched_since(conn, since)?;
        let snapshot = current.snapshot.counted(&changes).map_or_else(|| Arc::clone(&current.snapshot), Arc::new);
        let swept_at = if sweeps { at } else { current.swept_at };
        self.put(Current { snapshot: Arc::clone(&snapshot), counted: now, counted_at: at, swept_at });
        Ok(snapshot)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, current: Current) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
    }
}
