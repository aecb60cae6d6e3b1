use super::requires::Requires;
use super::results::{Metric, Output};
use super::section::Section;
use crate::package::fault::Faults;
use crate::package::names::is_hidden;
use crate::package::yaml::Node;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an algorithm says of itself under `galleria:`. Nothing is required.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// For people; the project's name otherwise.
    pub title: Option<String>,
    /// One line for the card.
    pub summary: Option<String>,
    /// Markdown; the README otherwise.
    pub description: Option<String>,
    /// Markdown: what one gets.
    pub delivery: Option<String>,
    /// Markdown: what one may not do or expect.
    pub restrictions: Option<String>,
    /// Such as `Classification`; several with a comma and a space between them.
    pub task: Option<String>,
    /// Such as `scikit-learn`.
    pub framework: Option<String>,
    /// An SPDX expression, or words.
    pub license: Option<String>,
    /// Whether anyone who sees the algorithm may read its code; unsaid: no, or as it was.
    pub open_source: Option<bool>,
    /// Markdown that has to be accepted.
    pub constraints: Option<String>,
    /// What a machine can check.
    pub requires: Requires,
    /// What jobs leave behind.
    pub outputs: Vec<Output>,
    /// What jobs report, and which way it should go.
    pub metrics: Vec<Metric>,
    /// Markdown: what is new in this version.
    pub notes: Option<String>,
    /// Whether jobs may add parameters that are not declared.
    pub extra_parameters: bool,
    /// How to show that it works.
    pub proof: Proof,
}

/// The run that proves a version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Proof {
    /// The default one otherwise.
    pub entry_point: Option<String>,
    /// Values other than the defaults.
    pub parameters: BTreeMap<String, String>,
}

const KEYS: [&str; 17] = [
    "title", "summary", "description", "delivery", "restrictions", "task", "tasks", "outputs", "metrics", "framework", "license", "open_source",
    "constraints", "requires", "notes", "extra_parameters", "proof",
];
/// Tasks that one algorithm may have.
pub const TASKS: usize = 5;
/// Characters of a text in Markdown.
const PROSE: usize = 60_000;

impl About {
    /// Whether a subscriber has something to accept before the first job.
    pub fn has_constraints(&self) -> bool {
        self.constraints.is_some() || self.requires != Requires::default()
    }

    pub(super) fn read(node: Option<&Node>, faults: &mut Faults) -> Self {
        let mut section = Section::new("galleria", node, &KEYS, faults);
        Self {
            title: section.line("title", 100),
            summary: section.line("summary", 200),
            description: section.prose("description", PROSE),
            delivery: section.prose("delivery", PROSE),
            restrictions: section.prose("restrictions", PROSE),
            task: tasks(&mut section),
            framework: section.line("framework", 40),
            license: section.line("license", 100),
            open_source: section.truth("open_source"),
            constraints: section.prose("constraints", PROSE),
            outputs: Output::list(&mut section),
            metrics: Metric::list(&mut section),
            notes: section.prose("notes", PROSE),
            extra_parameters: section.flag("extra_parameters"),
            requires: Requires::read(section.get("requires"), section.faults),
            proof: Proof::read(section.get("proof"), section.faults),
        }
    }
}

/// `task`, or a list under `tasks`: at most [`TASKS`], as one text with commas.
fn tasks(section: &mut Section<'_, '_>) -> Option<String> {
    let nodes = section.list("tasks");
    let Some(first) = nodes.first() else { return section.line("task", 40) };
    let line = first.line;
    let names: Vec<String> = nodes.iter().filter_map(|node| node.scalar()).map(|name| name.to_python().trim().to_owned()).collect();
    let good = |name: &String| (1..=40).contains(&name.chars().count()) && !name.contains(',') && !name.chars().any(is_hidden);
    if section.get("task").is_some() {
        section.faults.at(line, "Give `task` or `tasks`, not both.");
    } else if names.len() != nodes.len() || names.len() > TASKS || !names.iter().all(good) {
        section.faults.at(line, format!("`galleria: tasks` must be a list of at most {TASKS} names of at most 40 characters, without commas."));
    }
    Some(names.join(", "))
}

impl Proof {
    fn read(node: Option<&Node>, faults: &mut Faults) -> Self {
        let mut section = Section::new("proof", node, &["entry_point", "parameters"], faults);
        let entry_point = section.line("entry_point", 100);
        let given = section.get("parameters");
        if let Some(node) = given.filter(|node| node.map().is_none()) {
            section.faults.at(node.line, "`proof: parameters` must be a mapping of names to values.");
        }
        let pairs = given.and_then(Node::map).unwrap_or_default();
        Self { entry_point, parameters: pairs.iter().map(|(name, value)| (name.to_python(), value.to_python())).collect() }
    }
}
