use super::section::Section;
use crate::package::fault::Faults;
use crate::package::names::is_hidden;
use crate::package::yaml::Node;
use serde::{Deserialize, Serialize};

/// A file or folder that a job leaves in its outputs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Output {
    /// Path in the outputs; one that ends in `/` is a folder.
    pub name: String,
    /// What it is, in a sentence.
    pub description: Option<String>,
}

/// A metric that a job reports, and which way it should go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metric {
    /// As jobs print it.
    pub name: String,
    /// Which values are good; unsaid: neither.
    pub goal: Option<Goal>,
    /// What it measures, in a sentence.
    pub description: Option<String>,
}

/// Which values of a metric are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Low ones, as of a loss.
    Minimize,
    /// High ones, as of an accuracy.
    Maximize,
}

impl Goal {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Minimize => "lower is better",
            Self::Maximize => "higher is better",
        }
    }

    /// Whether `new` is better than `old`.
    pub fn prefers(self, new: f64, old: f64) -> bool {
        match self {
            Self::Minimize => new < old,
            Self::Maximize => new > old,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "minimize" | "minimise" | "min" => Some(Self::Minimize),
            "maximize" | "maximise" | "max" => Some(Self::Maximize),
            _ => None,
        }
    }
}

/// Outputs and metrics that are looked at.
const MOST: usize = 50;

impl Output {
    /// `outputs: [model.json]`, or mappings with `name` and `description`.
    pub(super) fn list(about: &mut Section<'_, '_>) -> Vec<Self> {
        listed(about, "outputs", |node, faults| {
            let output = match plain(node) {
                Some(name) => Self { name, description: None },
                None => {
                    let mut section = Section::new("outputs", Some(node), &["name", "description"], faults);
                    Self { name: section.line("name", 200).unwrap_or_default(), description: section.line("description", 500) }
                }
            };
            let good = is_inside(&output.name);
            if !good {
                faults.at(node.line, "An output needs a `name`: its path inside the outputs.");
            }
            good.then_some(output)
        })
    }
}

impl Metric {
    /// `metrics: [accuracy]`, or mappings with `name`, `goal` and `description`.
    pub(super) fn list(about: &mut Section<'_, '_>) -> Vec<Self> {
        listed(about, "metrics", |node, faults| {
            if let Some(name) = plain(node) {
                return Some(Self { name, ..Self::default() });
            }
            let mut section = Section::new("metrics", Some(node), &["name", "goal", "description"], faults);
            let (name, description) = (section.line("name", 100), section.line("description", 500));
            let goal = section.word("goal", Goal::named, "`minimize` or `maximize`");
            if name.is_none() {
                section.faults.at(node.line, "A metric needs a `name`, as jobs print it.");
            }
            Some(Self { name: name?, goal, description })
        })
    }
}

/// A name alone in place of a mapping.
fn plain(node: &Node) -> Option<String> {
    let text = node.scalar()?.to_python().trim().to_owned();
    (!text.is_empty() && text.len() <= 100 && !text.chars().any(is_hidden)).then_some(text)
}

/// Whether a path names something in its folder.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && path.split('/').all(|part| part != "..")
}

fn listed<T>(about: &mut Section<'_, '_>, key: &str, read: impl Fn(&Node, &mut Faults) -> Option<T>) -> Vec<T> {
    let nodes = about.list(key);
    if let Some(node) = nodes.get(MOST) {
        about.faults.at(node.line, format!("`galleria: {key}` has more than {MOST} entries."));
    }
    nodes.into_iter().take(MOST).filter_map(|node| read(node, about.faults)).collect()
}
