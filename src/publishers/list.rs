use std::collections::HashMap;

use diesel::prelude::*;

use super::Publisher;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{algorithms, publishers, users};

/// A publisher as the operator sees them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The publisher.
    pub publisher: Publisher,
    /// How many algorithms they have, whoever may see them.
    pub algorithms: i64,
}

/// Publishers whose account was not deleted, with these letters in their handle, which is stored in lower case.
macro_rules! matching {
    ($text:expr) => {{
        let account = users::table.on(users::id.eq(publishers::id));
        let mut rows = publishers::table.left_join(account).filter(users::deleted_at.nullable().is_null()).into_boxed();
        for word in $text.to_lowercase().split_whitespace().take(8) {
            let pattern = format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            rows = rows.filter(publishers::handle.like(pattern).escape('\\'));
        }
        rows
    }};
}

/// A page of the publishers with these letters in their handle: the official ones first, then by handle.
///
/// # Errors
/// Only the database's.
pub fn list(conn: &mut Conn, text: &str, offset: i64, limit: i64) -> Result<Vec<Listed>> {
    let page = matching!(text).order((publishers::official.desc(), publishers::handle)).offset(offset).limit(limit);
    let found: Vec<Publisher> = page.select(Publisher::as_select()).load(conn)?;
    let ids: Vec<i64> = found.iter().map(|publisher| publisher.id).collect();
    let theirs = algorithms::table.filter(algorithms::publisher_id.eq_any(ids)).filter(algorithms::deleted_at.is_null());
    let counted = theirs.group_by(algorithms::publisher_id).select((algorithms::publisher_id, diesel::dsl::count_star()));
    let counted: HashMap<i64, i64> = counted.load::<(i64, i64)>(conn)?.into_iter().collect();
    let with = |publisher: Publisher| Listed { algorithms: counted.get(&publisher.id).copied().unwrap_or(0), publisher };
    Ok(found.into_iter().map(with).collect())
}

/// How many there are of [`list`].
///
/// # Errors
/// Only the database's.
pub fn list_count(conn: &mut Conn, text: &str) -> Result<i64> {
    Ok(matching!(text).count().get_result(conn)?)
}
