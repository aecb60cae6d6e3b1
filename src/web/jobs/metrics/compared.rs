//! Another run beside a job.

use crate::error::Result;
use crate::jobs::{self, Job};
use crate::metrics::Curves;
use crate::web::record;
use crate::web::store::App;

/// The job compared with.
pub struct Other {
    /// It.
    pub job: Job,
    /// What it reported.
    pub curves: Curves,
}

/// A hyperparameter of one run or both.
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value in this job; empty when it has none.
    pub ours: String,
    /// Its value in the other one.
    pub theirs: Option<String>,
}

impl Parameter {
    /// Whether the two runs differ in it.
    pub fn differs(&self) -> bool {
        self.theirs.as_ref().is_some_and(|theirs| *theirs != self.ours)
    }
}

impl Other {
    /// Another job of the same owner and algorithm, with its curves; `None` for anything else.
    pub fn find(app: &App, job: &Job, id: i64) -> Result<Option<Self>> {
        let found = app.db.read(|conn| {
            let Some(other) = jobs::sibling(conn, job, id)? else { return Ok(None) };
            let attempts = jobs::attempts_of(conn, other.id)?;
            Ok(Some((other, attempts)))
        })?;
        let Some((other, attempts)) = found else { return Ok(None) };
        for attempt in attempts.iter().rev() {
            let curves = record::curves(app, &other.region, attempt)?;
            if !curves.all().is_empty() {
                return Ok(Some(Self { job: other, curves }));
            }
        }
        Ok(Some(Self { job: other, curves: Curves::default() }))
    }
}

/// The hyperparameters of a job, beside those of another one; those that only the other has come last.
pub fn parameters(job: &Job, other: Option<&Job>) -> Result<Vec<Parameter>> {
    let ours = job.parameters()?;
    let Some(other) = other else {
        return Ok(ours.into_iter().map(|(name, ours)| Parameter { name, ours, theirs: None }).collect());
    };
    let theirs = other.parameters()?;
    let beside = |name: &str| theirs.iter().find(|(other, _)| other == name).map_or_else(String::new, |(_, value)| value.clone());
    let only_theirs: Vec<Parameter> = (theirs.iter().filter(|(name, _)| !ours.iter().any(|(own, _)| own == name)))
        .map(|(name, value)| Parameter { name: name.clone(), ours: String::new(), theirs: Some(value.clone()) })
        .collect();
    let both = ours.into_iter().map(|(name, ours)| Parameter { theirs: Some(beside(&name)), name, ours });
    Ok(both.chain(only_theirs).collect())
}
