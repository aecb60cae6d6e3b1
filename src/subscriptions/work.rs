//! Jobs that a subscription has under way, for what is said before it is cancelled.

use diesel::prelude::*;

use crate::db::Conn;
use crate::error::Result;
use crate::schema::jobs;

const UNDER_WAY: [&str; 4] = ["creating", "pending", "running", "terminating"];

/// Names of this member's jobs of this algorithm that are under way, at most `limit`, and how many there are.
///
/// # Errors
/// Only the database's.
pub fn jobs_of(conn: &mut Conn, user: i64, algorithm: i64, limit: i64) -> Result<(Vec<String>, i64)> {
    let theirs = jobs::table.filter(jobs::owner_id.eq(user)).filter(jobs::algorithm_id.eq(algorithm)).filter(jobs::state.eq_any(UNDER_WAY));
    let total = theirs.clone().count().get_result(conn)?;
    Ok((theirs.order(jobs::id.desc()).limit(limit).select(jobs::name).load(conn)?, total))
}
