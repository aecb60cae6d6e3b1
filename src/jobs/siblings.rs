//! A member's other jobs of the same algorithm: what a job can be compared with.

use diesel::prelude::*;

use super::Job;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::jobs;

/// The most jobs that are offered.
const MOST: i64 = 50;

/// The owner's other jobs of the algorithm of `job`, in any region, the latest first; at most 50.
///
/// # Errors
/// Only the database's.
pub fn siblings(conn: &mut Conn, job: &Job) -> Result<Vec<Job>> {
    let theirs = jobs::table.filter(jobs::owner_id.eq(job.owner_id)).filter(jobs::algorithm_id.eq(job.algorithm_id));
    let others = theirs.filter(jobs::deleted_at.is_null()).filter(jobs::id.ne(job.id)).order(jobs::id.desc()).limit(MOST);
    Ok(others.select(Job::as_select()).load(conn)?)
}

/// One of them by its id, also one that is not among the latest; `None` for anything else, somebody else's job too.
///
/// # Errors
/// Only the database's.
pub fn sibling(conn: &mut Conn, job: &Job, id: i64) -> Result<Option<Job>> {
    let theirs = jobs::table.filter(jobs::owner_id.eq(job.owner_id)).filter(jobs::algorithm_id.eq(job.algorithm_id));
    let other = theirs.filter(jobs::deleted_at.is_null()).filter(jobs::id.ne(job.id)).filter(jobs::id.eq(id));
    Ok(other.select(Job::as_select()).first(conn).optional()?)
}
