//! `MLproject`: what an archive can run, with which hyperparameters, in which environment.

mod about;
mod command;
mod entry_point;
mod environment;
mod parameter;
mod requirements;
mod requires;
mod results;
mod section;

pub use about::{About, Proof, TASKS};
pub use entry_point::EntryPoint;
pub use environment::Environment;
pub use parameter::{Kind, Parameter};
pub use requires::{Accelerator, Channel, Column, Requires};
pub use results::{Goal, Metric, Output};

use super::fault::{Fault, Faults};
use super::yaml::{self, Node};
use serde::{Deserialize, Serialize};

/// A file of the archive by its path, if it is there.
pub(super) type Files<'a> = dyn Fn(&str) -> Option<Vec<u8>> + 'a;

/// Everything read from an `MLproject` and the files it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The project's own name.
    pub name: Option<String>,
    /// What has to be installed.
    pub environment: Environment,
    /// At least one, in the order written.
    pub entry_points: Vec<EntryPoint>,
    /// What the `galleria:` key says.
    pub about: About,
}

impl Manifest {
    /// The entry point of that name.
    pub fn entry_point(&self, name: &str) -> Option<&EntryPoint> {
        self.entry_points.iter().find(|entry| entry.name == name)
    }

    /// `main`, else the first.
    pub fn default_entry_point(&self) -> Option<&EntryPoint> {
        self.entry_point("main").or(self.entry_points.first())
    }

    /// Reads the text of the file called `path`; `files` gives the others it refers to.
    pub(super) fn read(path: &str, text: &str, files: &Files<'_>) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::of(path);
        let Some(root) = yaml::parse(text, &mut faults) else { return Err(faults.into_vec()) };
        if root.map().is_none() {
            faults.at(root.line, "Must be a mapping with `entry_points`.");
            return Err(faults.into_vec());
        }
        let galleria = root.get("galleria").filter(|node| !node.is_null());
        let about = About::read(galleria, &mut faults);
        let entry_points = entry_points(&root, about.extra_parameters, &mut faults);
        let manifest = Self {
            name: section::top_text(&root, "name", &mut faults),
            environment: Environment::read(&root, path, files, &mut faults),
            entry_points,
            about,
        };
        if faults.is_empty()
            && let Some(proof) = galleria.and_then(|node| node.get("proof"))
        {
            manifest.check_proof(proof, &mut faults);
        }
        faults.or(manifest)
    }

    /// The proof run must be one that could be submitted.
    fn check_proof(&self, node: &Node, faults: &mut Faults) {
        let proof = &self.about.proof;
        let entry = match &proof.entry_point {
            Some(name) => self.entry_point(name),
            None => self.default_entry_point(),
        };
        let Some(entry) = entry else {
            return faults.at(node.line, "`proof` names an entry point that is not there.");
        };
        for (name, message) in entry.check(&proof.parameters).err().into_iter().flatten() {
            let given = node.get("parameters").and_then(|given| given.get(&name));
            faults.at(given.map_or(node.line, |value| value.line), format!("`proof`, parameter `{name}`: {message}"));
        }
    }
}

fn entry_points(root: &Node, extras: bool, faults: &mut Faults) -> Vec<EntryPoint> {
    let Some(node) = root.get("entry_points").filter(|node| !node.is_null()) else {
        faults.at(root.line, "Has no `entry_points`, so there is nothing to run.");
        return Vec::new();
    };
    match node.map() {
        Some(pairs) if !pairs.is_empty() => pairs.iter().filter_map(|(name, body)| EntryPoint::read(name, body, extras, faults)).collect(),
        _ => {
            faults.at(node.line, "`entry_points` must be a mapping of names to commands.");
            Vec::new()
        }
    }
}
