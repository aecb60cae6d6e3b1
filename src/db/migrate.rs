use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Conn;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// "GALLERIA" as a number: the advisory lock that lets one server migrate at a time.
const LOCK: i64 = 0x4741_4c4c_4552_4941;

/// How often SQLite's are tried again: each time, another process has applied one at least.
const ROUNDS: usize = 50;

/// Applies the migrations that are missing. Servers that start together take turns.
pub(super) fn run(conn: &mut Conn) -> Result<(), String> {
    match conn {
        Conn::Pg(pg) => {
            let exclusive = |words: &str| format!("SET lock_timeout = 0; SELECT {words}({LOCK})");
            pg.batch_execute(&exclusive("pg_advisory_lock")).map_err(|error| format!("cannot lock for migrations: {error}"))?;
            let outcome = apply(pg, POSTGRES);
            pg.batch_execute(&exclusive("pg_advisory_unlock")).map_err(|error| format!("cannot unlock after migrations: {error}"))?;
            outcome
        }
        Conn::Sqlite(sqlite) => {
            // Another process may be at it: the write lock is waited for, then nothing is left to do.
            let waiting = "PRAGMA busy_timeout = 60000";
            sqlite.batch_execute(waiting).map_err(|error| format!("cannot lock for migrations: {error}"))?;
            sqlite_once(sqlite)
        }
    }
}

/// Diesel makes its own table and applies each migration in a transaction of its own. Of processes that start on one new file
/// each may see something missing that another one is about to apply; whoever comes second fails and looks again.
fn sqlite_once(conn: &mut diesel::SqliteConnection) -> Result<(), String> {
    let mut done = apply(conn, SQLITE);
    for _ in 0..ROUNDS {
        if done.is_ok() {
            break;
        }
        done = apply(conn, SQLITE);
    }
    done
}

fn apply<DB, C, S>(conn: &mut C, source: S) -> Result<(), String>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    S: MigrationSource<DB>,
{
    conn.run_pending_migrations(source).map(drop).map_err(|error| format!("cannot migrate the database: {error}"))
}
