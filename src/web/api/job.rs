use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{amount, moment};
use crate::error::Result;
use crate::jobs::Listed;

/// A training job.
#[derive(Serialize, ToSchema)]
pub struct Job {
    /// In addresses.
    pub id: i64,
    /// On the screen.
    pub name: String,
    /// `publisher/name`.
    pub algorithm: String,
    /// The pinned version, `1.2.3`.
    pub version: String,
    /// Id of the service region.
    pub region: String,
    /// Id of the flavor.
    pub flavor: String,
    /// How many machines of that flavor.
    pub nodes: i64,
    /// `creating`, `pending`, `running`, `terminating`, `terminated`, `completed`, `failed` or `abnormal`.
    pub state: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Of the last attempt that ended.
    #[schema(required = true)]
    pub exit_code: Option<i64>,
    /// Hyperparameters and inputs by name, as the command got them.
    pub parameters: BTreeMap<String, String>,
    /// Submitted.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// First running.
    #[schema(required = true, format = "date-time")]
    pub started_at: Option<String>,
    /// Reached its final state.
    #[schema(required = true, format = "date-time")]
    pub ended_at: Option<String>,
    /// So far.
    pub cost: Cost,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub struct Cost {
    /// An exact decimal such as `0.001250`.
    pub amount: String,
    /// Three letters.
    pub currency: String,
}

impl Cost {
    /// So many millionths.
    pub fn of(micros: i64, currency: &str) -> Self {
        Self { amount: amount(micros), currency: currency.to_owned() }
    }
}

impl Job {
    /// What the API says of a job.
    ///
    /// # Errors
    /// `Internal` when its stored JSON cannot be read.
    pub fn of(listed: &Listed) -> Result<Self> {
        let job = &listed.job;
        Ok(Self {
            id: job.id,
            name: job.name.clone(),
            algorithm: format!("{}/{}", listed.publisher, listed.algorithm),
            version: listed.version.clone(),
            region: job.region.clone(),
            flavor: job.flavor.clone(),
            nodes: job.nodes,
            state: job.state.to_string(),
            reason: job.reason.clone(),
            exit_code: job.exit_code,
            parameters: job.parameters()?.into_iter().collect(),
            created_at: moment(job.created_at),
            started_at: job.started_at.map(moment),
            ended_at: job.ended_at.map(moment),
            cost: Cost::of(job.cost_micros, &job.currency),
        })
    }
}
