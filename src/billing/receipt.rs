use crate::consents::{self, Given};
use crate::datasets::{self, Dataset};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::jobs::{self, Attempt, Hardware, Listed, NoRebuild, Value};
use crate::versions;

/// What a finished job ran, on what, and what it cost: enough to run the very same again.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The job, a deleted one too, and its code: names, version and digest.
    pub listed: Listed,
    /// Region and flavor as they were at submit.
    pub hardware: Hardware,
    /// Its hyperparameters, in declared order, without what stands among the inputs.
    pub parameters: Vec<Value>,
    /// Name of the input, and the dataset given for it.
    pub inputs: Vec<(String, Dataset, datasets::Version)>,
    /// What its owner had accepted.
    pub consents: Vec<Given>,
    /// What was metered, one after the other.
    pub attempts: Vec<Attempt>,
    /// Whether its version asks for packages.
    pub packages: bool,
    /// Why it cannot be run again; `None` when it can.
    pub no_rebuild: Option<NoRebuild>,
}

impl Receipt {
    /// SHA-256 of the lock of the newest environment that was built for it.
    pub fn lock(&self) -> Option<&str> {
        self.attempts.iter().rev().find_map(|attempt| attempt.environment.as_deref())
    }
}

/// The receipt of a member's job.
///
/// # Errors
/// `NotFound` for somebody else's, and before it has ended.
pub fn receipt(conn: &mut Conn, owner: i64, id: i64) -> Result<Receipt> {
    let listed = jobs::billed(conn, owner, id)?;
    if !listed.job.state.is_final() {
        return Err(Error::NotFound);
    }
    let version = versions::by_id(conn, listed.job.version_id)?;
    let manifest = version.manifest()?;
    let inputs = datasets::inputs_of(conn, id)?;
    let mut parameters = jobs::values(&listed.job, &manifest)?;
    parameters.retain(|value| !inputs.iter().any(|(name, ..)| *name == value.name));
    Ok(Receipt {
        hardware: listed.job.hardware()?,
        parameters,
        inputs,
        consents: consents::behind(conn, owner, &version, listed.job.created_at)?,
        attempts: jobs::attempts_of(conn, id)?,
        packages: !manifest.environment.dependencies().is_empty(),
        no_rebuild: jobs::no_rebuild(conn, &listed.job)?,
        listed,
    })
}
