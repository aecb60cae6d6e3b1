use std::os::unix::fs::OpenOptionsExt;

use diesel::MultiConnection;
use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::ManageConnection;

use crate::config::Address;

/// How long a new connection waits for a file that another process holds.
const WAITING: std::time::Duration = std::time::Duration::from_secs(5);

/// A connection to either database. Queries are written against this once.
#[derive(MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(diesel::PgConnection),
    /// SQLite.
    Sqlite(diesel::SqliteConnection),
}

/// Makes connections for the pool, by the scheme of the address and never by trial: an unreachable
/// PostgreSQL would otherwise lose its cause, and a mistyped URL would quietly make a SQLite file.
#[derive(Debug, Clone)]
pub struct Manager {
    address: Address,
}

impl Manager {
    pub(super) fn new(address: Address) -> Self {
        Self { address }
    }

    /// Makes the folder of a SQLite file.
    pub(super) fn prepare(&self) -> Result<(), String> {
        let Address::Sqlite(path) = &self.address else { return Ok(()) };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| format!("cannot make the folder {} for the database: {error}", folder.display()))?;
        }
        // Sessions and e-mail addresses are in it: nobody else's on a machine that others use. Its companions are made with the same rights.
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        file.map(drop).map_err(|error| format!("cannot open the database {}: {error}", path.display()))
    }

    pub(super) fn establish(&self) -> diesel::ConnectionResult<Conn> {
        match &self.address {
            Address::Postgres(url) => postgres(url).map(Conn::Pg),
            Address::Sqlite(path) => sqlite(&path.to_string_lossy()).map(Conn::Sqlite),
        }
    }
}

fn postgres(url: &str) -> diesel::ConnectionResult<diesel::PgConnection> {
    let mut conn = diesel::PgConnection::establish(url)?;
    conn.batch_execute("SET TIME ZONE 'UTC'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'")
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

fn sqlite(path: &str) -> diesel::ConnectionResult<diesel::SqliteConnection> {
    let mut conn = diesel::SqliteConnection::establish(path)?;
    // synchronous=FULL because money is recorded; 1 MB of cache a connection: every one keeps its own, and the system has the rest at hand.
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY",
    )
    .and_then(|()| write_ahead(&mut conn))
    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Of two processes that turn a new file to its write-ahead log, SQLite answers one "locked" at once: it does not wait as
/// `busy_timeout` says, since each may hold what the other needs. So it is asked again.
fn write_ahead(conn: &mut diesel::SqliteConnection) -> diesel::QueryResult<()> {
    let until = std::time::Instant::now() + WAITING;
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL") {
            Err(diesel::result::Error::DatabaseError(_, words)) if words.message().contains("locked") && std::time::Instant::now() < until => {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            outcome => return outcome,
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        self.establish().map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        conn.batch_execute("SELECT 1").map_err(diesel::r2d2::Error::QueryError)
    }

    /// A connection whose transaction was left open by a panic, or whose server went away, is not given out again.
    fn has_broken(&self, conn: &mut Conn) -> bool {
        use diesel::connection::TransactionManager;
        std::thread::panicking() || <Conn as Connection>::TransactionManager::is_broken_transaction_manager(conn)
    }
}
