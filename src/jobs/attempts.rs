use chrono::Duration;
use diesel::prelude::*;

use super::Job;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{attempts, jobs};

/// How long a worker that says nothing keeps its attempts to itself: after a crash they wait for so long. One that was only
/// slow loses nothing but the next look, because every change is guarded.
const LEASE: Duration = Duration::seconds(10);

/// A row of `attempts`: one try at a job.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = attempts)]
pub struct Attempt {
    /// Also the engine's name for it.
    pub id: String,
    /// Of which job.
    pub job_id: i64,
    /// 1, 2 …
    pub number: i64,
    /// The worker that looks after it.
    pub worker: Option<String>,
    /// Until when it is that worker's own.
    pub leased_until: Option<Time>,
    /// Has its place among the CPUs of its region since.
    pub admitted_at: Option<Time>,
    /// The engine has it since.
    pub submitted_at: Option<Time>,
    /// Running since.
    pub started_at: Option<Time>,
    /// Over since.
    pub ended_at: Option<Time>,
    /// How it ended.
    pub exit_code: Option<i64>,
    /// JSON of [`crate::engine::Cause`]; empty when the engine did not say.
    pub cause: String,
    /// Milliseconds Running, to the last heartbeat.
    pub metered_ms: i64,
    /// Of those milliseconds, rounded once.
    pub cost_micros: i64,
    /// What the engine keeps of it is to be thrown away.
    pub discarded: bool,
    /// SHA-256 of the lock of its environment; none when Python's standard library was enough.
    pub environment: Option<String>,
}

/// An attempt that is not over, with its job.
#[derive(Debug, Clone)]
pub struct Open {
    /// The attempt.
    pub attempt: Attempt,
    /// Its job.
    pub job: Job,
}

/// The attempts that are not over and that `worker` may look after, the oldest job first; at most 1,000.
///
/// # Errors
/// Only the database's.
pub fn open(conn: &mut Conn, worker: &str, at: Time) -> Result<Vec<Open>> {
    let free = attempts::worker.is_null().or(attempts::worker.eq(worker)).or(attempts::leased_until.lt(at));
    let rows = attempts::table
        .inner_join(jobs::table)
        .filter(attempts::ended_at.is_null())
        .filter(free)
        .order(attempts::job_id)
        .limit(1000)
        .select((Attempt::as_select(), Job::as_select()));
    let rows: Vec<(Attempt, Job)> = rows.load(conn)?;
    Ok(rows.into_iter().map(|(attempt, job)| Open { attempt, job }).collect())
}

impl Attempt {
    /// Whether this worker has it, with more than half of its lease left: then nothing needs to be written.
    pub fn is_held_by(&self, worker: &str, at: Time) -> bool {
        self.worker.as_deref() == Some(worker) && self.leased_until.is_some_and(|until| until > at + LEASE / 2)
    }
}

/// Takes an attempt for this worker, or keeps it; `false` when another one has it.
///
/// Two workers may race for it; the guard in the update lets only one have it.
///
/// # Errors
/// Only the database's.
pub fn claim(conn: &mut Conn, attempt: &Attempt, worker: &str, at: Time) -> Result<bool> {
    let free = attempts::worker.is_null().or(attempts::worker.eq(worker)).or(attempts::leased_until.lt(at));
    let row = attempts::table.find(&attempt.id).filter(attempts::ended_at.is_null()).filter(free);
    let set = (attempts::worker.eq(worker), attempts::leased_until.eq(at + LEASE));
    Ok(diesel::update(row).set(set).execute(conn)? == 1)
}

/// Writes down which environment an attempt has.
///
/// # Errors
/// Only the database's.
pub fn equip(conn: &mut Conn, attempt: &Attempt, environment: Option<&str>) -> Result<()> {
    if attempt.environment.as_deref() != environment {
        diesel::update(attempts::table.find(&attempt.id)).set(attempts::environment.eq(environment)).execute(conn)?;
    }
    Ok(())
}

/// Gives back what a worker looks after: it ends, and another one need not wait for its leases.
///
/// # Errors
/// Only the database's.
pub fn release(conn: &mut Conn, worker: &str) -> Result<()> {
    let mine = attempts::table.filter(attempts::ended_at.is_null()).filter(attempts::worker.eq(worker));
    diesel::update(mine).set((attempts::worker.eq(None::<String>), attempts::leased_until.eq(None::<Time>))).execute(conn)?;
    Ok(())
}

/// Every attempt at a job, the first one first.
///
/// # Errors
/// Only the database's.
pub fn attempts_of(conn: &mut Conn, job: i64) -> Result<Vec<Attempt>> {
    let its = attempts::table.filter(attempts::job_id.eq(job)).order(attempts::number).limit(100);
    Ok(its.select(Attempt::as_select()).load(conn)?)
}

/// The newest attempt at a job.
///
/// # Errors
/// `NotFound` when there is none, which no job is without.
pub fn latest(conn: &mut Conn, job: i64) -> Result<Attempt> {
    let its = attempts::table.filter(attempts::job_id.eq(job)).order(attempts::number.desc());
    Ok(its.select(Attempt::as_select()).first(conn)?)
}

/// Adds an attempt under an id that no engine has seen.
pub(super) fn add(conn: &mut Conn, job: i64, number: i64) -> Result<()> {
    let id = format!("{job}-{number}-{:08x}", rand::random::<u32>());
    let row = (attempts::id.eq(id), attempts::job_id.eq(job), attempts::number.eq(number));
    diesel::insert_into(attempts::table).values(row).execute(conn)?;
    Ok(())
}

/// Region and id of attempts whose job was deleted, at most 20.
///
/// # Errors
/// Only the database's.
pub fn discarded(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    let theirs = attempts::table.inner_join(jobs::table).filter(attempts::discarded).order(attempts::id).limit(20);
    Ok(theirs.select((jobs::region, attempts::id)).load(conn)?)
}

/// Notes that the engine keeps nothing more of an attempt.
///
/// # Errors
/// Only the database's.
pub fn forgotten(conn: &mut Conn, attempt: &str) -> Result<()> {
    diesel::update(attempts::table.find(attempt)).set(attempts::discarded.eq(false)).execute(conn)?;
    Ok(())
}
