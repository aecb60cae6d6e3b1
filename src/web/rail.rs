//! The left rail of the console's pages, and what is said of a region's health.

use super::store::{App, Store};
use crate::algorithms::Reader;
use crate::config::{Config, Region};
use crate::engine::{Condition, Finding};
use crate::error::{Error, Result};
use crate::jobs::{self, Hardware};
use crate::subscriptions;
use crate::users::User;

/// What `templates/console/frame.html` shows as `rail`.
#[derive(Debug, Clone)]
pub struct Rail {
    /// In URLs.
    pub region_id: String,
    /// On the screen.
    pub region_name: String,
    /// The word for its engine.
    pub engine: String,
    /// Whether jobs can start there, in words and as the class of a dot.
    pub health: Health,
    /// `subscriptions`, `jobs` or `billing`: the page that is open.
    pub current: &'static str,
    /// How many algorithms the member can use.
    pub subscriptions: i64,
    /// How many of their jobs are under way here.
    pub jobs_running: i64,
}

impl Rail {
    /// Where the jobs of the region are listed.
    pub fn jobs_path(&self) -> String {
        format!("/console/{}/jobs", self.region_id)
    }

    /// The rail of a region for this member.
    ///
    /// # Errors
    /// `NotFound` when there is no such region.
    pub async fn of(store: &Store, user: &User, region: &str, current: &'static str) -> Result<Self> {
        let region = region_of(&store.app().config, region)?;
        let health = health(store.app(), region);
        Self::with(store, user, (&region.id, &region.name, region.engine.as_str()), health, current).await
    }

    /// The rail beside a job, whose region may be gone from the configuration.
    ///
    /// # Errors
    /// Only the database's.
    pub async fn of_job(store: &Store, user: &User, region: &str, hardware: &Hardware, current: &'static str) -> Result<Self> {
        if store.app().config.region(region).is_some() {
            return Self::of(store, user, region, current).await;
        }
        let health = Health { tone: "tone-bad", words: "not in the configuration any more", findings: Vec::new(), ok: false };
        Self::with(store, user, (region, &hardware.region, &hardware.engine), health, current).await
    }

    async fn with(store: &Store, user: &User, (id, name, engine): (&str, &str, &str), health: Health, current: &'static str) -> Result<Self> {
        let (reader, region_id) = (Reader::of(Some(user)), id.to_owned());
        let user = user.id;
        let counts =
            move |conn: &mut crate::db::Conn| Ok((subscriptions::entries_count(conn, reader, "")?, jobs::under_way(conn, user, &region_id)?));
        let (subscriptions, jobs_running) = store.read(counts).await?;
        let (region_id, region_name, engine) = (id.to_owned(), name.to_owned(), engine.to_owned());
        Ok(Self { region_id, region_name, engine, health, current, subscriptions, jobs_running })
    }
}

/// The region of this id.
///
/// # Errors
/// `NotFound`.
pub fn region_of<'a>(config: &'a Config, id: &str) -> Result<&'a Region> {
    config.region(id).ok_or(Error::NotFound)
}

/// Whether jobs can start in a region, and how it is, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The class of its dot; none while it is asked for the first time.
    pub tone: &'static str,
    /// Such as "healthy", without a capital at the start.
    pub words: &'static str,
    /// What is not as it should be, each with the command that mends it, if there is one.
    pub findings: Vec<Finding>,
    /// Jobs can start.
    pub ok: bool,
}

/// How a region was when it was last asked; never waits for it.
pub fn health(app: &App, region: &Region) -> Health {
    let Some(seen) = app.engines.health(&region.id) else {
        return Health { tone: "", words: "being checked", findings: Vec::new(), ok: true };
    };
    let tone = match seen.condition {
        Condition::Ok => "tone-ok",
        Condition::Degraded => "tone-warn",
        Condition::Missing => "tone-bad",
    };
    let (words, ok) = (seen.word(), seen.works());
    let findings = seen.findings.into_iter().filter(|finding| finding.condition != Condition::Ok).collect();
    Health { tone, words, findings, ok }
}
