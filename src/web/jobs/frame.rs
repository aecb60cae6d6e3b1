//! What every page of one job has: its header, its tabs, and the rail beside them.

use chrono_tz::Tz;

use crate::db::Conn;
use crate::error::Result;
pub use crate::jobs::NoRebuild;
use crate::jobs::{self, Hardware, Listed, State};
use crate::web::failure;
use crate::web::page::View;
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// A job as its header shows it.
#[derive(Debug, Clone)]
pub struct Head {
    /// The job and the names of what it runs.
    pub listed: Listed,
    /// Region and flavor as they were at submit.
    pub hardware: Hardware,
    /// Why it cannot be run again from here; `None` when it can.
    pub no_rebuild: Option<NoRebuild>,
    /// The viewer's zone.
    pub tz: Tz,
}

impl Head {
    /// `/console/region/jobs/7`.
    pub fn path(&self) -> String {
        self.listed.job.path()
    }

    /// A page beneath it.
    pub fn at(&self, page: &str) -> String {
        format!("{}/{page}", self.path())
    }

    /// Whether it has not ended: then its header follows it.
    pub fn is_live(&self) -> bool {
        !self.listed.job.state.is_final()
    }

    /// Whether it can be asked to stop.
    pub fn can_stop(&self) -> bool {
        self.is_live() && self.listed.job.state != State::Terminating
    }

    /// `/algorithms/publisher/name`.
    pub fn algorithm_path(&self) -> String {
        format!("/algorithms/{}/{}", self.listed.publisher, self.listed.algorithm)
    }
}

/// The tabs of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tabs {
    /// The open one.
    pub current: &'static str,
    /// How many things happened to it.
    pub events: i64,
}

/// Everything around a tab.
pub struct Frame {
    /// The job's header.
    pub head: Head,
    /// The tabs.
    pub tabs: Tabs,
    /// What is open must not be drawn anew under its reader.
    pub still: bool,
}

impl Frame {
    /// Whether the tab follows the job by itself; the log and the charts have their own ways.
    pub fn polls(&self) -> bool {
        self.head.is_live() && !self.still && !["logs", "metrics", "usage"].contains(&self.tabs.current)
    }
}

/// Reads what the header shows.
///
/// # Errors
/// `NotFound`, also for somebody else's job.
pub fn head(conn: &mut Conn, user: i64, region: &str, id: i64, tz: Tz) -> Result<Head> {
    let listed = jobs::find(conn, user, region, id)?;
    let hardware = listed.job.hardware()?;
    let no_rebuild = jobs::no_rebuild(conn, &listed.job)?;
    Ok(Head { listed, hardware, no_rebuild, tz })
}

/// Reads the frame of a tab.
///
/// # Errors
/// `NotFound`, also for somebody else's job.
pub async fn frame(store: &Store, user: &SignedIn, view: &View, path: super::Path, current: &'static str) -> failure::Result<(Rail, Frame)> {
    let (region, id) = path.into_inner();
    let (owner, tz, here) = (user.id, view.tz, region.clone());
    let read = move |conn: &mut Conn| {
        let head = head(conn, owner, &here, id, tz)?;
        let events = i64::try_from(jobs::events(conn, id)?.len()).unwrap_or(i64::MAX);
        Ok((head, events))
    };
    let (head, events) = store.read(read).await?;
    let rail = Rail::of_job(store, user, &region, &head.hardware, "jobs").await?;
    Ok((rail, Frame { head, tabs: Tabs { current, events }, still: false }))
}
