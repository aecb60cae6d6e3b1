use std::collections::BTreeMap;

use diesel::prelude::*;

use super::event::{self, EventKind};
use super::{Hardware, Job, State, attempts, by_launch};
use crate::algorithms::{self, Reader};
use crate::clock::Time;
use crate::config::Note;
use crate::consents;
use crate::datasets;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::jobs;
use crate::subscriptions;
use crate::users::User;
use crate::versions;

/// A job that has passed every check of its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The same twice is one job.
    pub launch_id: String,
    /// Of which algorithm.
    pub algorithm_id: i64,
    /// Of which version.
    pub version_id: i64,
    /// On the screen.
    pub name: String,
    /// The owner's own words.
    pub description: String,
    /// Id of the region.
    pub region: String,
    /// Region and flavor as they are now.
    pub hardware: Hardware,
    /// How many machines.
    pub nodes: i64,
    /// As in `MLproject`.
    pub entry_point: String,
    /// Names and values, in declared order.
    pub parameters: Vec<(String, String)>,
    /// The environment variables its owner gave.
    pub environment: BTreeMap<String, String>,
    /// The datasets among them: the input's name and the version's id.
    pub inputs: Vec<(String, i64)>,
    /// For `bash -c`, composed and quoted.
    pub command: String,
    /// How many further attempts a failure may cost.
    pub retries: i64,
    /// Each attempt is stopped after running so long.
    pub stop_after_ms: Option<i64>,
    /// Of the flavor's price.
    pub currency: String,
}

/// What came of submitting.
#[derive(Debug, Clone)]
pub enum Submitted {
    /// This job, a new one.
    Job(Box<Job>),
    /// The job that this launch id has made already.
    Earlier(Box<Job>),
    /// The version's constraints, or the note, have to be accepted first.
    AcceptFirst,
}

#[derive(Insertable)]
#[diesel(table_name = jobs)]
struct Row<'a> {
    owner_id: i64,
    launch_id: &'a str,
    algorithm_id: i64,
    version_id: i64,
    name: &'a str,
    description: &'a str,
    region: &'a str,
    flavor: &'a str,
    hardware: String,
    nodes: i64,
    entry_point: &'a str,
    parameters: String,
    environment: String,
    command: &'a str,
    retries: i64,
    stop_after_ms: Option<i64>,
    price_micros: i64,
    currency: &'a str,
    state: State,
    reason: &'a str,
    created_at: Time,
}

/// Submits a job: its row, its first attempt under an id of our own, and its first event. The same launch id twice, also at
/// the same moment, is one job.
///
/// # Errors
/// `NotFound` when the algorithm is none of the owner's business; `Conflict` without an active subscription, and when the
/// version was withdrawn.
pub fn submit(conn: &mut Conn, owner: &User, new: &NewJob, note: &Note, at: Time) -> Result<Submitted> {
    if let Some(job) = by_launch(conn, owner.id, &new.launch_id)? {
        return Ok(Submitted::Earlier(Box::new(job)));
    }
    if !may_run(conn, owner, new, note)? {
        return Ok(Submitted::AcceptFirst);
    }
    insert(conn, owner.id, new, at)
}

/// Submits a job that needs no subscription: a proof run, of whoever publishes.
///
/// # Errors
/// Only the database's.
pub fn enqueue(conn: &mut Conn, owner: i64, new: &NewJob, at: Time) -> Result<Job> {
    match insert(conn, owner, new, at)? {
        Submitted::Job(job) | Submitted::Earlier(job) => Ok(*job),
        Submitted::AcceptFirst => Err(Error::internal("a proof run has nothing to accept")),
    }
}

fn insert(conn: &mut Conn, owner: i64, new: &NewJob, at: Time) -> Result<Submitted> {
    let row = row(owner, new, at)?;
    let id: Option<i64> = crate::per_backend!(conn, c => diesel::insert_into(jobs::table).values(row)
        .on_conflict((jobs::owner_id, jobs::launch_id)).do_nothing().returning(jobs::id).get_result(c).optional())?;
    if let Some(id) = id {
        attempts::add(conn, id, 1)?;
        new.inputs.iter().try_for_each(|(name, version)| datasets::input_of(conn, id, name, *version))?;
        event::note(conn, id, EventKind::Submitted, "", at)?;
    }
    let job = Box::new(by_launch(conn, owner, &new.launch_id)?.ok_or(Error::NotFound)?);
    Ok(if id.is_some() { Submitted::Job(job) } else { Submitted::Earlier(job) })
}

/// Active subscription, standing version, and whether everything was accepted.
fn may_run(conn: &mut Conn, owner: &User, new: &NewJob, note: &Note) -> Result<bool> {
    let access = algorithms::readable(conn, Reader::of(Some(owner)), new.algorithm_id)?;
    subscriptions::require_active(conn, owner.id, new.algorithm_id)?;
    let version = versions::by_id(conn, new.version_id)?;
    if !version.shown && !access.manages {
        return Err(Error::NotFound);
    }
    if version.is_withdrawn() {
        return Err(Error::Conflict("This version was withdrawn. Choose another one."));
    }
    if !version.has_archive() {
        return Err(Error::Conflict(versions::NO_CODE));
    }
    Ok(consents::missing(conn, owner.id, &access, &version, note)?.is_empty())
}

fn row(owner: i64, new: &NewJob, at: Time) -> Result<Row<'_>> {
    Ok(Row {
        owner_id: owner,
        launch_id: &new.launch_id,
        algorithm_id: new.algorithm_id,
        version_id: new.version_id,
        name: &new.name,
        description: &new.description,
        region: &new.region,
        flavor: &new.hardware.flavor.id,
        hardware: serde_json::to_string(&new.hardware)?,
        nodes: new.nodes,
        entry_point: &new.entry_point,
        parameters: serde_json::to_string(&new.parameters)?,
        environment: serde_json::to_string(&new.environment)?,
        command: &new.command,
        retries: new.retries,
        stop_after_ms: new.stop_after_ms,
        price_micros: new.hardware.flavor.price_micros,
        currency: &new.currency,
        state: State::Creating,
        reason: "Its code is being brought to the engine.",
        created_at: at,
    })
}
