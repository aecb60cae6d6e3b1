//! Training jobs: what was asked for, where it stands, and every attempt at it.

mod attempts;
mod change;
mod event;
mod failure;
mod launch;
mod list;
mod oversight;
mod past;
mod rebuild;
mod siblings;
mod state;
mod submit;
mod typed;
mod values;

pub use attempts::{Attempt, Open, attempts_of, claim, discarded, equip, forgotten, latest, open, release};
pub use change::{Bill, Outcome, admit, advance, delete, explain, meter, stop, taken, wait_of};
pub use event::{Event, EventKind, events, note, noted_at};
pub use failure::{of_log, set_failure};
pub use launch::{Launch, Typed, input_path, inputs, suggested_name, suitable, unsuitable};
pub use list::{Filter, Listed, PAGE, all_of, billed, by_launch, find, list, of_owner, trained, under_way};
pub use oversight::{Overseen, overseen, overseen_count, stop_overseen, unfinished};
pub use past::{Past, past_runs};
pub use rebuild::{NoRebuild, no_rebuild};
pub use siblings::{sibling, siblings};
pub use state::{Retry, Seen, State};
pub use submit::{NewJob, Submitted, enqueue, submit};
pub use typed::limit_ms;
pub use values::{Value, values};

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::config::Flavor;
use crate::error::Result;
use crate::schema::jobs;

/// A row of `jobs`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct Job {
    /// In URLs.
    pub id: i64,
    /// Who submitted it and pays for it.
    pub owner_id: i64,
    /// Chosen by the form that was shown: the same form sent twice is one job.
    pub launch_id: String,
    /// Of which algorithm.
    pub algorithm_id: i64,
    /// The pinned version.
    pub version_id: i64,
    /// On the screen; need not be unique.
    pub name: String,
    /// The owner's own words.
    pub description: String,
    /// Id of the region.
    pub region: String,
    /// Id of the flavor.
    pub flavor: String,
    /// JSON of [`Hardware`].
    pub hardware: String,
    /// How many machines of that flavor.
    pub nodes: i64,
    /// As in `MLproject`.
    pub entry_point: String,
    /// JSON of a list of names and values, in declared order.
    pub parameters: String,
    /// JSON of a mapping.
    pub environment: String,
    /// For `bash -c`, composed and quoted.
    pub command: String,
    /// How many further attempts a failure may cost.
    pub retries: i64,
    /// Each attempt is stopped after running so long, milliseconds.
    pub stop_after_ms: Option<i64>,
    /// Of one node for one hour, pinned at submit.
    pub price_micros: i64,
    /// Three letters, pinned at submit.
    pub currency: String,
    /// Where it stands.
    pub state: State,
    /// Why, in a sentence.
    pub reason: String,
    /// Of the last attempt that ended.
    pub exit_code: Option<i64>,
    /// When its owner or the operator asked for its end.
    pub stop_asked_at: Option<Time>,
    /// Milliseconds Running, over all attempts, to the last heartbeat.
    pub metered_ms: i64,
    /// Sum over its attempts.
    pub cost_micros: i64,
    /// Submitted.
    pub created_at: Time,
    /// First Running.
    pub started_at: Option<Time>,
    /// Reached its final state.
    pub ended_at: Option<Time>,
    /// No longer shown; its bill stays.
    pub deleted_at: Option<Time>,
    /// Exception class and source line of its failure, where its log tells; never the message.
    pub failure: Option<String>,
}

/// Region and flavor as they were at submit: jobs and bills outlive the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Name of the region.
    pub region: String,
    /// `local` or `ray`.
    pub engine: String,
    /// The size of each node.
    pub flavor: Flavor,
}

impl Job {
    /// Region and flavor as they were at submit.
    ///
    /// # Errors
    /// `Internal` when the stored JSON cannot be read.
    pub fn hardware(&self) -> Result<Hardware> {
        Ok(serde_json::from_str(&self.hardware)?)
    }

    /// Hyperparameters and their values, in declared order.
    ///
    /// # Errors
    /// `Internal` when the stored JSON cannot be read.
    pub fn parameters(&self) -> Result<Vec<(String, String)>> {
        Ok(serde_json::from_str(&self.parameters)?)
    }

    /// The environment variables its owner gave.
    ///
    /// # Errors
    /// `Internal` when the stored JSON cannot be read.
    pub fn environment(&self) -> Result<BTreeMap<String, String>> {
        Ok(serde_json::from_str(&self.environment)?)
    }

    /// `/console/region/jobs/7`.
    pub fn path(&self) -> String {
        format!("/console/{}/jobs/{}", self.region, self.id)
    }
}
