use diesel::prelude::*;

use super::{Job, State};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::{algorithms, jobs, publishers, versions};

/// Jobs on one page of a list.
pub const PAGE: i64 = 24;

/// A job with the names of what it runs.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The job.
    pub job: Job,
    /// Handle of the algorithm's publisher.
    pub publisher: String,
    /// The algorithm's name.
    pub algorithm: String,
    /// The algorithm's title.
    pub title: String,
    /// The pinned version's number.
    pub version: String,
    /// SHA-256 of the version's archive.
    pub digest: String,
}

/// Which jobs are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// With these letters in the job's or the algorithm's name; empty for all.
    pub text: String,
    /// In this region; `None` for all.
    pub region: Option<String>,
    /// Of this algorithm, by handle and name.
    pub algorithm: Option<(String, String)>,
}

type Row = (Job, String, String, String, String, String);

fn listed((job, publisher, algorithm, title, version, digest): Row) -> Listed {
    Listed { job, publisher, algorithm, title, version, digest }
}

/// A member's job, wherever it ran, a deleted one too: its bill stays.
///
/// # Errors
/// `NotFound`, also for somebody else's.
pub fn billed(conn: &mut Conn, owner: i64, id: i64) -> Result<Listed> {
    let one = jobs::table
        .inner_join(versions::table)
        .inner_join(algorithms::table.inner_join(publishers::table))
        .filter(jobs::id.eq(id))
        .filter(jobs::owner_id.eq(owner));
    let columns = (Job::as_select(), publishers::handle, algorithms::name, algorithms::title, versions::number, versions::digest);
    Ok(listed(one.select(columns).first(conn)?))
}

/// A member's job, wherever it ran, unless deleted.
///
/// # Errors
/// `NotFound`, also for somebody else's.
pub fn of_owner(conn: &mut Conn, owner: i64, id: i64) -> Result<Listed> {
    let listed = billed(conn, owner, id)?;
    if listed.job.deleted_at.is_none() { Ok(listed) } else { Err(Error::NotFound) }
}

/// A member's job in a region, unless deleted.
///
/// # Errors
/// `NotFound`, also for somebody else's.
pub fn find(conn: &mut Conn, owner: i64, region: &str, id: i64) -> Result<Listed> {
    let listed = of_owner(conn, owner, id)?;
    if listed.job.region == region { Ok(listed) } else { Err(Error::NotFound) }
}

/// These jobs, whoever's they are, in no order.
///
/// # Errors
/// Only the database's.
pub fn all_of(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Job>> {
    Ok(jobs::table.filter(jobs::id.eq_any(ids)).select(Job::as_select()).load(conn)?)
}

/// A page of a member's jobs, the latest first, and how many the filter lets through altogether; `offset` says, from their
/// number, how many to leave out.
///
/// # Errors
/// Only the database's.
pub fn list(conn: &mut Conn, owner: i64, filter: &Filter, offset: impl FnOnce(i64) -> i64) -> Result<(Vec<Listed>, i64)> {
    let all = || {
        let mut rows = jobs::table
            .inner_join(versions::table)
            .inner_join(algorithms::table.inner_join(publishers::table))
            .filter(jobs::owner_id.eq(owner))
            .filter(jobs::deleted_at.is_null())
            .into_boxed();
        if let Some(region) = &filter.region {
            rows = rows.filter(jobs::region.eq(region));
        }
        if let Some((publisher, name)) = &filter.algorithm {
            rows = rows.filter(publishers::handle.eq(publisher)).filter(algorithms::name.eq(name));
        }
        if let Some(state) = filter.state {
            rows = rows.filter(jobs::state.eq(state));
        }
        for word in filter.text.to_lowercase().split_whitespace().take(8) {
            let pattern = format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let name = lower(jobs::name).like(pattern.clone()).escape('\\');
            rows = rows.filter(name.or(lower(algorithms::name).like(pattern).escape('\\')));
        }
        rows
    };
    let count = all().count().get_result(conn)?;
    let columns = (Job::as_select(), publishers::handle, algorithms::name, algorithms::title, versions::number, versions::digest);
    let page = all().order(jobs::id.desc()).limit(PAGE).offset(offset(count)).select(columns);
    Ok((page.load(conn)?.into_iter().map(listed).collect(), count))
}

diesel::define_sql_function! {
    /// The text in lower case: `LIKE` ignores case on SQLite only.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// The algorithms that a member's jobs train, `publisher/name`, in order.
///
/// # Errors
/// Only the database's.
pub fn trained(conn: &mut Conn, owner: i64) -> Result<Vec<String>> {
    let theirs = jobs::table.inner_join(algorithms::table.inner_join(publishers::table)).filter(jobs::owner_id.eq(owner));
    let names = theirs.filter(jobs::deleted_at.is_null()).select((publishers::handle, algorithms::name)).distinct();
    let rows: Vec<(String, String)> = names.order((publishers::handle, algorithms::name)).load(conn)?;
    Ok(rows.into_iter().map(|(publisher, name)| format!("{publisher}/{name}")).collect())
}

/// The job that a launch of this member has made.
///
/// # Errors
/// Only the database's.
pub fn by_launch(conn: &mut Conn, owner: i64, launch: &str) -> Result<Option<Job>> {
    let one = jobs::table.filter(jobs::owner_id.eq(owner)).filter(jobs::launch_id.eq(launch));
    Ok(one.select(Job::as_select()).first(conn).optional()?)
}

/// How many of a member's jobs in a region have not ended.
///
/// # Errors
/// Only the database's.
pub fn under_way(conn: &mut Conn, owner: i64, region: &str) -> Result<i64> {
    let theirs = jobs::table.filter(jobs::owner_id.eq(owner)).filter(jobs::region.eq(region)).filter(jobs::deleted_at.is_null());
    Ok(theirs.filter(jobs::ended_at.is_null()).count().get_result(conn)?)
}
