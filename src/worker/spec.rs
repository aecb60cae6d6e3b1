//! What an engine is asked to run for a job.

use std::time::Duration;

use crate::blobs::Blobs;
use crate::datasets::{self, Dataset};
use crate::engine::local::WORK;
use crate::engine::{Input, Limits, Spec};
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::versions::Version;

/// The first node of a job; several nodes come with an engine that has them.
const RANK: &str = "0";

/// The command with everything it may have: bounds of the flavor, and the environment that is a promise to publishers.
///
/// `inputs` are the datasets that the job was given, `store` is where their bytes are.
pub(super) fn of(job: &Job, version: &Version, inputs: &[(String, Dataset, datasets::Version)], store: &Blobs) -> Result<Spec> {
    let flavor = job.hardware()?.flavor;
    let mut env = job.environment()?;
    let manifest = version.manifest()?;
    if let Some(entry) = manifest.entry_point(&job.entry_point) {
        let place = |path: String| if path.starts_with('/') { path } else { format!("{WORK}/{}", path.trim_start_matches("./")) };
        let inputs = jobs::inputs(entry, &job.parameters()?);
        env.extend(inputs.into_iter().map(|(name, path)| (variable(&name), place(path))));
    }
    env.insert("GALLERIA_JOB_ID".to_owned(), job.id.to_string());
    env.insert("GALLERIA_NODE_RANK".to_owned(), RANK.to_owned());
    env.insert("GALLERIA_NODE_COUNT".to_owned(), job.nodes.to_string());
    let stop_after = job.stop_after_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    let input = |(name, _, version): &(String, Dataset, datasets::Version)| {
        Ok(Input { from: store.fetch(&version.digest)?, at: jobs::input_path(name, &version.file_name) })
    };
    let inputs = inputs.iter().map(input).collect::<Result<_>>()?;
    let limits = Limits::default();
    let limits = Limits { disk: flavor.disk, outputs: limits.outputs.min(flavor.disk), ..limits };
    Ok(Spec { inputs, env, limits, cpus: f64::from(flavor.cpus), memory: flavor.memory, stop_after, ..Spec::new(&job.command) })
}

/// `GALLERIA_INPUT_TRAIN_SET` for the input `train-set`.
fn variable(input: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("GALLERIA_INPUT_{}", input.chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    #[test]
    fn inputs_have_a_variable_each() {
        assert_eq!(super::variable("train-set.v2"), "GALLERIA_INPUT_TRAIN_SET_V2");
    }
}
