use super::Job;
use crate::error::Result;
use crate::package::Manifest;

/// A hyperparameter as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As in `MLproject`.
    pub name: String,
    /// As in the command.
    pub value: String,
    /// Not the default of its version.
    pub changed: bool,
}

/// The hyperparameters of a job in declared order; `manifest` is its version's.
///
/// # Errors
/// `Internal` when the stored JSON cannot be read.
pub fn values(job: &Job, manifest: &Manifest) -> Result<Vec<Value>> {
    let entry = manifest.entry_point(&job.entry_point);
    let default = |name: &str| entry.and_then(|entry| entry.parameter(name)).and_then(|parameter| parameter.default.as_ref());
    let value = |(name, value): (String, String)| Value { changed: default(&name).is_none_or(|default| *default != value), name, value };
    Ok(job.parameters()?.into_iter().map(value).collect())
}
