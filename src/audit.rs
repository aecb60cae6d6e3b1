//! Who did what to whom, for the operator. Rows are only ever added.

use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{audit, publishers};

/// A line of the log.
#[derive(Debug, Clone, Queryable)]
pub struct Line {
    /// In order.
    pub id: i64,
    /// Handle of who did it; `None`: the gallery itself, or the command line.
    pub actor: Option<String>,
    /// What, in one word or two, such as `algorithm delisted`.
    pub action: String,
    /// To what, such as `lab/iris 1.0.0`.
    pub subject: String,
    /// The reason given, or other words.
    pub detail: String,
    /// When.
    pub at: Time,
}

/// Writes a line, in the transaction of what it is about.
///
/// # Errors
/// Only the database's.
pub fn record(conn: &mut Conn, actor: Option<i64>, action: &str, subject: &str, detail: &str, at: Time) -> Result<()> {
    let row = (audit::actor_id.eq(actor), audit::action.eq(action), audit::subject.eq(subject), audit::detail.eq(detail), audit::at.eq(at));
    diesel::insert_into(audit::table).values(row).execute(conn)?;
    tracing::info!(event = "audit", actor, action, subject);
    Ok(())
}

/// A page of the log, the latest first.
///
/// # Errors
/// Only the database's.
pub fn lines(conn: &mut Conn, offset: i64, limit: i64) -> Result<Vec<Line>> {
    let joined = audit::table.left_join(publishers::table.on(publishers::id.nullable().eq(audit::actor_id)));
    let columns = (audit::id, publishers::handle.nullable(), audit::action, audit::subject, audit::detail, audit::at);
    Ok(joined.order(audit::id.desc()).offset(offset).limit(limit).select(columns).load(conn)?)
}

/// How many lines there are.
///
/// # Errors
/// Only the database's.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(audit::table.count().get_result(conn)?)
}
