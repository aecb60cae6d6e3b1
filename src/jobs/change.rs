use diesel::prelude::*;

use super::attempts::{self, Open};
use super::event::{self, EventKind, note};
use super::{Hardware, Job, Retry, Seen, State};
use crate::algorithms;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::notifications;
use crate::schema::{algorithms as algorithm_table, attempts as attempt_table, facts, jobs, versions};

/// What came of trying to move a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in this state now.
    Moved(State),
    /// There was nothing to change.
    Same,
    /// It has to wait, for this reason.
    Waits(String),
}

/// What an attempt has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bill {
    /// Milliseconds Running.
    pub metered_ms: i64,
    /// Rounded once, from those milliseconds.
    pub cost_micros: i64,
    /// When the command began, where the engine says so.
    pub since: Option<Time>,
}

/// Somebody else has moved it in between: look again.
const MOVED_ON: Error = Error::Conflict("The job has changed in the meantime. Please look again.");

/// Moves a job on after something was seen of its attempt, all of it or nothing: state, attempt, bill, event, the next
/// attempt when it is tried again, the algorithm's counters when it is over.
///
/// # Errors
/// `Conflict` when somebody else moved it first; then nothing has happened.
pub fn advance(conn: &mut Conn, open: &Open, seen: &Seen, reason: &str, bill: Bill, at: Time) -> Result<Outcome> {
    let (job, attempt) = (&open.job, &open.attempt);
    let retry = if attempt.number <= job.retries { Retry::Left } else { Retry::None };
    let Some(next) = job.state.after(seen, retry) else { return Ok(Outcome::Same) };
    let row = diesel::update(jobs::table.find(job.id).filter(jobs::state.eq(job.state)));
    if row.set((jobs::state.eq(next), jobs::reason.eq(reason))).execute(conn)? == 0 {
        return Err(MOVED_ON);
    }
    // Whoever looks took the time before they looked.
    let at = event::last(conn, job.id)?.map_or(at, |last| last.max(at));
    match seen {
        Seen::Staged | Seen::StopAsked => {}
        Seen::TimeOver => drop(meter(conn, open, bill)?),
        Seen::Running => begin(conn, open, bill, at)?,
        Seen::Ended { .. } | Seen::Lost | Seen::Refused | Seen::NotStaged | Seen::NotToBeHad | Seen::NeverStarted => {
            close(conn, open, seen, bill, at)?;
            if !next.is_final() {
                attempts::add(conn, job.id, attempt.number + 1)?;
            }
        }
    }
    if next.is_final() {
        finish(conn, job, next, at)?;
    }
    note(conn, job.id, kind_of(next, seen), reason, at)?;
    Ok(Outcome::Moved(next))
}

fn kind_of(next: State, seen: &Seen) -> EventKind {
    match next {
        State::Pending if *seen == Seen::Staged => EventKind::Queued,
        State::Creating | State::Pending => EventKind::Retried,
        State::Running => EventKind::Started,
        State::Terminating if *seen == Seen::TimeOver => EventKind::TimeOver,
        State::Terminating => EventKind::StopAsked,
        State::Terminated => EventKind::Terminated,
        State::Completed => EventKind::Completed,
        State::Failed => EventKind::Failed,
        State::Abnormal => EventKind::Abnormal,
    }
}

fn begin(conn: &mut Conn, open: &Open, bill: Bill, at: Time) -> Result<()> {
    let since = bill.since.unwrap_or(at);
    diesel::update(attempt_table::table.find(&open.attempt.id)).set(attempt_table::started_at.eq(since)).execute(conn)?;
    let first = jobs::table.find(open.job.id).filter(jobs::started_at.is_null());
    diesel::update(first).set(jobs::started_at.eq(since)).execute(conn)?;
    meter(conn, open, bill).map(drop)
}

/// Closes an attempt with its last figures. One that ended before it was seen Running began when its meter says.
fn close(conn: &mut Conn, open: &Open, seen: &Seen, bill: Bill, at: Time) -> Result<()> {
    if open.attempt.started_at.is_none() && bill.metered_ms > 0 {
        // The moment of looking may lie a little before the end that was seen.
        let since = open.attempt.admitted_at.unwrap_or(open.job.created_at).max(at - chrono::Duration::milliseconds(bill.metered_ms));
        begin(conn, open, Bill { since: Some(since), ..bill }, at)?;
        note(conn, open.job.id, EventKind::Started, "", since)?;
    } else {
        meter(conn, open, bill)?;
    }
    let (code, cause) = match seen {
        Seen::Ended { code, cause } => (Some(i64::from(*code)), serde_json::to_string(cause)?),
        _ => (None, String::new()),
    };
    let standing = attempt_table::table.find(&open.attempt.id).filter(attempt_table::ended_at.is_null());
    let set = (attempt_table::ended_at.eq(at), attempt_table::exit_code.eq(code), attempt_table::cause.eq(cause));
    if diesel::update(standing).set(set).execute(conn)? == 0 {
        return Err(MOVED_ON);
    }
    diesel::update(jobs::table.find(open.job.id)).set(jobs::exit_code.eq(code)).execute(conn)?;
    Ok(())
}

/// Sets the end, and counts it with the algorithm: completed or failed, whatever else it was.
fn finish(conn: &mut Conn, job: &Job, state: State, at: Time) -> Result<()> {
    diesel::update(jobs::table.find(job.id)).set(jobs::ended_at.eq(at)).execute(conn)?;
    // A proof run is told of by what came of the proof.
    let proves = versions::table.filter(versions::proof_job_id.eq(job.id));
    if !diesel::select(diesel::dsl::exists(proves)).get_result::<bool>(conn)? {
        let sentence = format!("{} is {}.", job.name, state.label());
        notifications::tell(conn, &[job.owner_id], notifications::Kind::Job, &sentence, &job.path(), at)?;
    }
    let row = diesel::update(algorithm_table::table.find(job.algorithm_id));
    match state {
        State::Completed => row.set(algorithm_table::completed.eq(algorithm_table::completed + 1)).execute(conn)?,
        State::Failed => row.set(algorithm_table::failed.eq(algorithm_table::failed + 1)).execute(conn)?,
        _ => return Ok(()),
    };
    algorithms::touch(conn, job.algorithm_id, at)
}

/// Writes what an attempt has cost so far; never less than before. `Same` when another worker wrote it first.
///
/// # Errors
/// Only the database's.
pub fn meter(conn: &mut Conn, open: &Open, bill: Bill) -> Result<Outcome> {
    let before = &open.attempt;
    let (ms, cost) = (bill.metered_ms.max(before.metered_ms), bill.cost_micros.max(before.cost_micros));
    if ms == before.metered_ms {
        return Ok(Outcome::Same);
    }
    let standing = attempt_table::table.find(&before.id).filter(attempt_table::ended_at.is_null());
    let unchanged = standing.filter(attempt_table::metered_ms.eq(before.metered_ms));
    let set = (attempt_table::metered_ms.eq(ms), attempt_table::cost_micros.eq(cost));
    if diesel::update(unchanged).set(set).execute(conn)? == 0 {
        return Ok(Outcome::Same);
    }
    let more =
        (jobs::metered_ms.eq(jobs::metered_ms + (ms - before.metered_ms)), jobs::cost_micros.eq(jobs::cost_micros + (cost - before.cost_micros)));
    diesel::update(jobs::table.find(open.job.id)).set(more).execute(conn)?;
    Ok(Outcome::Moved(open.job.state))
}

/// Gives an attempt its place among the CPUs of its region, or says what it waits for. First come, first served: what
/// came earlier and does not fit keeps its turn. `cpus`: `None` when the engine queues by itself.
///
/// # Errors
/// Only the database's.
pub fn admit(conn: &mut Conn, open: &Open, cpus: Option<u32>, at: Time) -> Result<Outcome> {
    if cpus.is_some() {
        // Two workers would both see room: this row puts them in order.
        let name = format!("pool {}", open.job.region);
        let row = (facts::name.eq(&name), facts::value.eq(""), facts::at.eq(at));
        crate::per_backend!(conn, c => diesel::insert_into(facts::table).values(row)
            .on_conflict(facts::name).do_update().set(facts::at.eq(at)).execute(c))?;
    }
    if let Some(why) = wait_of(conn, open, cpus)? {
        return Ok(Outcome::Waits(why));
    }
    let standing = attempt_table::table.find(&open.attempt.id).filter(attempt_table::ended_at.is_null());
    diesel::update(standing).set(attempt_table::admitted_at.eq(at)).execute(conn)?;
    Ok(Outcome::Moved(open.job.state))
}

/// Why an attempt has to wait for its place; `None` when there is room.
///
/// # Errors
/// Only the database's.
pub fn wait_of(conn: &mut Conn, open: &Open, cpus: Option<u32>) -> Result<Option<String>> {
    let Some(cpus) = cpus else { return Ok(None) };
    let others = attempt_table::table.inner_join(jobs::table).filter(attempt_table::ended_at.is_null());
    let others = others.filter(jobs::region.eq(&open.job.region)).filter(attempt_table::id.ne(&open.attempt.id));
    let rows: Vec<(i64, State, String, i64, Option<Time>)> =
        others.select((jobs::id, jobs::state, jobs::hardware, jobs::nodes, attempt_table::admitted_at)).load(conn)?;
    let before = rows.iter().filter(|(id, state, _, _, admitted)| admitted.is_none() && *state == State::Pending && *id < open.job.id).count();
    if before > 0 {
        let jobs = if before == 1 { "1 job is".to_owned() } else { format!("{before} jobs are") };
        return Ok(Some(format!("Waiting for CPUs: {jobs} before it.")));
    }
    let mut busy = 0;
    for (_, _, hardware, nodes, _) in rows.iter().filter(|row| row.4.is_some()) {
        busy += wanted(&serde_json::from_str(hardware)?, *nodes);
    }
    let (wanted, free) = (wanted(&open.job.hardware()?, open.job.nodes), i64::from(cpus) - busy);
    Ok((wanted > free)
        .then(|| format!("Waiting for CPUs: it needs {wanted}, and {} of {cpus} {} free.", free.max(0), if free == 1 { "is" } else { "are" })))
}

fn wanted(hardware: &Hardware, nodes: i64) -> i64 {
    i64::from(hardware.flavor.cpus) * nodes
}

/// Notes that the engine has the attempt.
///
/// # Errors
/// Only the database's.
pub fn taken(conn: &mut Conn, open: &Open, at: Time) -> Result<()> {
    diesel::update(attempt_table::table.find(&open.attempt.id)).set(attempt_table::submitted_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Says in words why a job is where it is, when it was not said already.
///
/// # Errors
/// Only the database's.
pub fn explain(conn: &mut Conn, job: &Job, words: &str) -> Result<Outcome> {
    let same = jobs::table.find(job.id).filter(jobs::state.eq(job.state)).filter(jobs::reason.ne(words));
    let changed = diesel::update(same).set(jobs::reason.eq(words)).execute(conn)?;
    Ok(if changed == 1 { Outcome::Moved(job.state) } else { Outcome::Same })
}

/// Asks for the end of a job; asking again changes nothing.
///
/// # Errors
/// `Conflict` when it has ended already.
pub fn stop(conn: &mut Conn, job: &Job, at: Time) -> Result<()> {
    let stoppable = State::ALL.iter().copied().filter(|state| state.after(&Seen::StopAsked, Retry::None).is_some());
    let row = jobs::table.find(job.id).filter(jobs::state.eq_any(stoppable.collect::<Vec<_>>()));
    let reason = Seen::StopAsked.sentence();
    let set = (jobs::state.eq(State::Terminating), jobs::reason.eq(&reason), jobs::stop_asked_at.eq(at));
    if diesel::update(row).set(set).execute(conn)? == 1 {
        return note(conn, job.id, EventKind::StopAsked, "", at);
    }
    let state: State = jobs::table.find(job.id).select(jobs::state).first(conn)?;
    if state.is_final() { Err(Error::Conflict("This job has ended already.")) } else { Ok(()) }
}

/// Takes an ended job off every list. Its bill stays; what the engine keeps of it is thrown away.
///
/// # Errors
/// `Conflict` while it has not ended.
pub fn delete(conn: &mut Conn, job: &Job, at: Time) -> Result<()> {
    let finals = State::ALL.iter().copied().filter(|state| state.is_final());
    let row = jobs::table.find(job.id).filter(jobs::state.eq_any(finals.collect::<Vec<_>>()));
    if diesel::update(row).set(jobs::deleted_at.eq(at)).execute(conn)? == 0 {
        return Err(Error::Conflict("This job has not ended yet. Stop it first."));
    }
    // Also those that were never submitted: the engine may have built an environment for them.
    let its = attempt_table::table.filter(attempt_table::job_id.eq(job.id));
    diesel::update(its).set(attempt_table::discarded.eq(true)).execute(conn)?;
    Ok(())
}
