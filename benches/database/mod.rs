//! A database for one benchmark: SQLite in its folder, or a schema of its own on a PostgreSQL server; gone when dropped.

use std::path::Path;

use diesel::Connection;
use diesel::connection::SimpleConnection;

pub struct Database {
    /// As `DATABASE_URL` says it.
    pub url: String,
    schema: Option<(String, String)>,
}

impl Database {
    /// On the PostgreSQL at `server`, else in `folder`.
    pub fn new(server: Option<&str>, folder: &Path) -> Self {
        let Some(server) = server else {
            return Self { url: format!("sqlite:{}", folder.join("g.db").display()), schema: None };
        };
        let schema = format!("bench_{}", std::process::id());
        execute(server, &format!("CREATE SCHEMA {schema}"));
        let join = if server.contains('?') { '&' } else { '?' };
        Self { url: format!("{server}{join}options=-csearch_path%3D{schema}"), schema: Some((server.to_owned(), schema)) }
    }

    /// Lets PostgreSQL know what it has, as it does by itself after a while.
    pub fn analyze(&self) {
        if let Some((server, _)) = &self.schema {
            execute(server, "ANALYZE");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.schema {
            execute(server, &format!("SET client_min_messages = warning; DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn execute(server: &str, words: &str) {
    diesel::PgConnection::establish(server).unwrap().batch_execute(words).unwrap();
}
