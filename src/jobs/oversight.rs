use diesel::prelude::*;

use super::{Job, State, all_of, stop};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::notifications::{self, Kind};
use crate::schema::{algorithms, jobs, publishers, versions};
use crate::{audit, users::User};

/// A job under way as the operator sees it: what and where, nothing of its log or outputs.
#[derive(Debug, Clone, Queryable)]
pub struct Overseen {
    /// The job.
    pub job: Job,
    /// Handle of its owner.
    pub owner: String,
    /// Handle of the algorithm's publisher.
    pub publisher: String,
    /// The algorithm's name.
    pub algorithm: String,
    /// The pinned version's number.
    pub version: String,
}

diesel::alias!(publishers as owners: Owners);

/// A page of everybody's jobs that have not ended, the latest first.
///
/// # Errors
/// Only the database's.
pub fn overseen(conn: &mut Conn, offset: i64, limit: i64) -> Result<Vec<Overseen>> {
    let columns = (Job::as_select(), owners.field(publishers::handle), publishers::handle, algorithms::name, versions::number);
    let joined = jobs::table
        .inner_join(versions::table.on(versions::id.eq(jobs::version_id)))
        .inner_join(algorithms::table.on(algorithms::id.eq(jobs::algorithm_id)))
        .inner_join(publishers::table.on(publishers::id.eq(algorithms::publisher_id)))
        .inner_join(owners.on(owners.field(publishers::id).eq(jobs::owner_id)));
    let page = joined.filter(jobs::ended_at.is_null()).order(jobs::id.desc()).offset(offset).limit(limit);
    Ok(page.select(columns).load(conn)?)
}

/// How many there are of [`overseen`].
///
/// # Errors
/// Only the database's.
pub fn overseen_count(conn: &mut Conn) -> Result<i64> {
    Ok(jobs::table.filter(jobs::ended_at.is_null()).count().get_result(conn)?)
}

/// How many jobs are in each state that is not the last one; none for a state in which no job is.
///
/// # Errors
/// Only the database's.
pub fn unfinished(conn: &mut Conn) -> Result<Vec<(State, i64)>> {
    let states = State::ALL.iter().copied().filter(|state| !state.is_final());
    let counted = jobs::table.filter(jobs::state.eq_any(states)).group_by(jobs::state);
    Ok(counted.select((jobs::state, diesel::dsl::count_star())).load(conn)?)
}

/// Asks for the end of a job, whoever's it is; its owner is told who did.
///
/// # Errors
/// `NotFound`; `Conflict` when it has ended already.
pub fn stop_overseen(conn: &mut Conn, operator: &User, id: i64, at: Time) -> Result<Job> {
    let job = all_of(conn, &[id])?.pop().filter(|job| job.deleted_at.is_none()).ok_or(Error::NotFound)?;
    stop(conn, &job, at)?;
    let owner: String = publishers::table.find(job.owner_id).select(publishers::handle).first(conn)?;
    audit::record(conn, Some(operator.id), "job stopped", &format!("job {id} of {owner}"), "", at)?;
    if job.owner_id != operator.id {
        let sentence = format!("The operator asked {} to stop.", job.name);
        notifications::tell(conn, &[job.owner_id], Kind::Job, &sentence, &job.path(), at)?;
    }
    Ok(job)
}
