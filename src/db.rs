//! The database: SQLite or PostgreSQL, chosen by the scheme of its URL.
//!
//! Everything is written once against [`Conn`]. What the two dialects' common set lacks goes through
//! [`per_backend!`]; a Rust enum becomes a text column with [`text_enum!`].

mod connection;
mod migrate;
mod text;

pub use connection::{Conn, Manager};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::{Pool, PooledConnection};
use parking_lot::{Mutex, MutexGuard};

use crate::config::Address;
use crate::error::{Error, Result};

/// The pool of connections of this process.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    /// SQLite has one writer at a time. Those of one process take turns here: SQLite itself lets them sleep and try again,
    /// up to 100 ms at a time and in no order.
    turn: Arc<Mutex<()>>,
    /// Whether the database is SQLite.
    turns: bool,
    writes: Arc<AtomicU64>,
}

/// How long a write waits for its turn, and a request for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

impl Db {
    /// Opens the database at `address` with at most `size` connections and brings its schema up to date.
    ///
    /// # Errors
    /// A sentence that says what went wrong with the connection or the migrations.
    pub fn open(address: &Address, size: u32) -> Result<Self, String> {
        let manager = Manager::new(address.clone());
        manager.prepare()?;
        migrate::run(&mut manager.establish().map_err(|error| format!("cannot open the database {address}: {error}"))?)?;
        let turns = matches!(address, Address::Sqlite(_));
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .error_handler(Box::new(Silent))
            .build(manager)
            .map_err(|error| format!("cannot open the database {address}: {error}"))?;
        Ok(Self { pool, turn: Arc::default(), turns, writes: Arc::default() })
    }

    /// Runs `work` on a connection, outside any transaction.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Unavailable`] when no connection comes free within five seconds.
    pub fn read<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        work(&mut *self.connection()?)
    }

    /// Runs `work` as one transaction: all of it happens, or nothing.
    ///
    /// SQLite takes its write lock at the start (`BEGIN IMMEDIATE`): a transaction that reads first and then
    /// writes would otherwise fail whenever another one wrote in between.
    ///
    /// # Errors
    /// What `work` returns, after the roll-back; [`Error::Unavailable`] when the database stays busy.
    pub fn write<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let done = self.write_aside(work)?;
        self.writes.fetch_add(1, Ordering::Release);
        Ok(done)
    }

    /// As [`Db::write`], for what no page shows: what was read before still holds.
    ///
    /// # Errors
    /// As of [`Db::write`].
    pub fn write_aside<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        // First the turn, then the connection: who waits to write leaves the connections to those who read.
        let _turn = if self.turns { Some(self.turn()?) } else { None };
        let mut pooled = self.connection()?;
        let conn: &mut Conn = &mut pooled;
        match conn {
            Conn::Sqlite(_) => immediate(conn, work),
            Conn::Pg(_) => conn.transaction(work),
        }
    }

    /// How many transactions this process has committed. While it stays the same, what was read holds but for what other
    /// processes write.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    /// How many connections this process has open, and how many of them nobody uses.
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }

    fn turn(&self) -> Result<MutexGuard<'_, ()>> {
        self.turn.try_lock_for(PATIENCE).ok_or_else(|| Error::Unavailable("others were writing all the time".into()))
    }

    fn connection(&self) -> Result<PooledConnection<Manager>> {
        self.pool.get().map_err(|error| Error::Unavailable(error.into()))
    }
}

/// Asks the database for nothing, to see whether it answers.
///
/// # Errors
/// Only the database's.
pub fn ping(conn: &mut Conn) -> Result<()> {
    Ok(conn.batch_execute("SELECT 1")?)
}

fn immediate<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
    // Diesel's own `immediate_transaction` exists on SqliteConnection only, whose closure would not see a `Conn`.
    conn.batch_execute("BEGIN IMMEDIATE")?;
    match work(conn) {
        Ok(value) => conn.batch_execute("COMMIT").map(|()| value).map_err(|error| rolled_back(conn, error.into())),
        Err(error) => Err(rolled_back(conn, error)),
    }
}

/// The first error is the one worth reporting; one of the roll-back itself goes to the log.
fn rolled_back(conn: &mut Conn, error: Error) -> Error {
    if let Err(second) = conn.batch_execute("ROLLBACK") {
        tracing::warn!(%second, "roll-back failed");
    }
    error
}

/// r2d2 prints each failed attempt; the caller gets the error anyway.
#[derive(Debug)]
struct Silent;

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for Silent {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::warn!(%error, "database connection");
    }
}

/// Runs one body on the connection of whichever backend is behind a [`Conn`].
///
/// For what Diesel's `MultiConnection` does not offer through the enum: `on_conflict`, batch insert.
/// And for queries that each page asks: through the enum Diesel 2.3 puts the SQL together anew in each of its three passes over a
/// query, also of a statement that is prepared already; the connection itself knows a query by its type.
#[macro_export]
macro_rules! per_backend {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Pg($c) => $body,
            $crate::db::Conn::Sqlite($c) => $body,
        }
    };
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn who_waits_to_write_keeps_nobody_from_reading() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Address::Sqlite(folder.path().join("g.db")), 2).unwrap();
        let (begun, begins) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let db = &db;
            let first = scope.spawn(move || {
                db.write(|conn| {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                    ping(conn)
                })
            });
            begins.recv().unwrap();
            let others: Vec<_> = (0..4).map(|_| scope.spawn(move || db.write(ping))).collect();
            // More often than the others need to come to where they wait.
            (0..5_000).for_each(|_| db.read(ping).unwrap());
            end.send(()).unwrap();
            others.into_iter().chain([first]).for_each(|writer| writer.join().unwrap().unwrap());
        });
        assert_eq!(db.writes(), 5);
        db.write_aside(ping).unwrap();
        assert_eq!(db.writes(), 5, "what no page shows makes no page old");
    }
}
