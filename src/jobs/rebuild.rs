use super::Job;
use crate::db::Conn;
use crate::error::Result;
use crate::{subscriptions, versions};

/// Why a job cannot be run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRebuild {
    /// The subscription is cancelled: it can be retrieved.
    Cancelled,
    /// The version was withdrawn.
    Withdrawn,
}

/// Why its owner cannot run this job again; `None` when they can.
///
/// # Errors
/// Only the database's.
pub fn no_rebuild(conn: &mut Conn, job: &Job) -> Result<Option<NoRebuild>> {
    let active = subscriptions::state(conn, job.owner_id, job.algorithm_id)? == Some(subscriptions::State::Active);
    let withdrawn = versions::by_id(conn, job.version_id)?.is_withdrawn();
    Ok(match (active, withdrawn) {
        (_, true) => Some(NoRebuild::Withdrawn),
        (false, _) => Some(NoRebuild::Cancelled),
        _ => None,
    })
}
