use std::path::Path;

use diesel::connection::{Connection, SimpleConnection};
use galleria::config::Address;

/// A database that one test has to itself; gone when dropped.
pub enum TestDatabase {
    /// A file in the test's folder, which goes with the folder.
    Sqlite(String),
    /// A schema of its own in the database of `GALLERIA_TEST_POSTGRES`.
    Postgres { server: String, schema: String, url: String },
}

impl TestDatabase {
    /// Of the kind that this run is about; `folder` is the test's own.
    pub fn new(folder: &Path) -> Self {
        match std::env::var("GALLERIA_TEST_POSTGRES") {
            Ok(server) if !server.is_empty() => Self::schema(server, folder),
            _ => Self::Sqlite(format!("sqlite:{}", folder.join("g.db").display())),
        }
    }

    fn schema(server: String, folder: &Path) -> Self {
        let unique = folder.file_name().unwrap().to_string_lossy().to_lowercase();
        let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let schema = format!("t_{}_{unique}", std::process::id());
        let mut conn = diesel::PgConnection::establish(&server).expect("GALLERIA_TEST_POSTGRES cannot be reached");
        conn.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        let join = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{join}options=-csearch_path%3D{schema}");
        Self::Postgres { server, schema, url }
    }

    /// As `DATABASE_URL` says it.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite(url) | Self::Postgres { url, .. } => url,
        }
    }

    /// As the code says it.
    pub fn address(&self) -> Address {
        self.url().parse().unwrap()
    }

    /// Whether this run is about PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Self::Postgres { server, schema, .. } = self else { return };
        let dropped = diesel::PgConnection::establish(server).map_err(|error| error.to_string()).and_then(|mut conn| {
            let words = format!("SET client_min_messages = warning; SET lock_timeout = '5s'; DROP SCHEMA {schema} CASCADE");
            conn.batch_execute(&words).map_err(|error| error.to_string())
        });
        if let Err(error) = dropped {
            eprintln!("the schema {schema} stays behind: {error}");
        }
    }
}
