use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::job_events;

crate::text_enum! {
    /// What happened to a job.
    pub enum EventKind {
        Submitted = "submitted" / "Submitted", Queued = "queued" / "Queued", Started = "started" / "Started",
        Retried = "retried" / "Tried again", StopAsked = "stop_asked" / "Stop asked", TimeOver = "time_over" / "Time limit reached", Terminated = "terminated" / "Terminated",
        Completed = "completed" / "Completed", Failed = "failed" / "Failed", Abnormal = "abnormal" / "Abnormal",
        EnvironmentBuilt = "environment_built" / "Environment built", EnvironmentReused = "environment_reused" / "Environment reused",
        EngineMissing = "engine_missing" / "Engine missing",
    }
}

impl EventKind {
    /// Its icon, and the tone of it.
    pub fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Submitted => ("upload", ""),
            Self::Queued => ("clock", ""),
            Self::EnvironmentBuilt | Self::EnvironmentReused => ("box", ""),
            Self::Started => ("player-play", "tone-accent"),
            Self::Retried => ("refresh", "tone-warn"),
            Self::StopAsked | Self::TimeOver => ("square-rounded", ""),
            Self::Terminated => ("square", ""),
            Self::Completed => ("circle-check", "tone-ok"),
            Self::Failed => ("circle-x", "tone-bad"),
            Self::Abnormal | Self::EngineMissing => ("alert-triangle", "tone-bad"),
        }
    }
}

/// A row of `job_events`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = job_events)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// A sentence; may be empty.
    pub detail: String,
    /// When.
    pub at: Time,
}

/// Everything that happened to a job, the latest first, at most 500. What is learned late, as the start of a run that was over
/// when it was looked at, stands where it belongs.
///
/// # Errors
/// Only the database's.
pub fn events(conn: &mut Conn, job: i64) -> Result<Vec<Event>> {
    let its = job_events::table.filter(job_events::job_id.eq(job)).order((job_events::at.desc(), job_events::id.desc())).limit(500);
    Ok(its.select(Event::as_select()).load(conn)?)
}

/// Notes that something happened.
///
/// # Errors
/// Only the database's.
pub fn note(conn: &mut Conn, job: i64, kind: EventKind, detail: &str, at: Time) -> Result<()> {
    let row = (job_events::job_id.eq(job), job_events::kind.eq(kind), job_events::detail.eq(detail), job_events::at.eq(at));
    diesel::insert_into(job_events::table).values(row).execute(conn)?;
    Ok(())
}

/// When something last happened to a job.
///
/// # Errors
/// Only the database's.
pub(super) fn last(conn: &mut Conn, job: i64) -> Result<Option<Time>> {
    let its = job_events::table.filter(job_events::job_id.eq(job)).order(job_events::at.desc());
    Ok(its.select(job_events::at).first(conn).optional()?)
}

/// When something of this kind last happened.
///
/// # Errors
/// Only the database's.
pub fn noted_at(conn: &mut Conn, job: i64, kind: EventKind) -> Result<Option<Time>> {
    let its = job_events::table.filter(job_events::job_id.eq(job)).filter(job_events::kind.eq(kind));
    Ok(its.order(job_events::id.desc()).select(job_events::at).first(conn).optional()?)
}
