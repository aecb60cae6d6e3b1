use super::parameter::Kind;
use super::section::Section;
use crate::package::fault::Faults;
use crate::package::yaml::{Node, Scalar};
use serde::{Deserialize, Serialize};

/// What a machine can check before a job starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Requires {
    /// What has to be there beside CPUs.
    pub accelerator: Accelerator,
    /// At least so many per node.
    pub cpus: Option<u32>,
    /// Bytes, at least so many per node.
    pub memory: Option<u64>,
    /// Whether it runs on more than one node.
    pub distributed: bool,
    /// What it reads.
    pub inputs: Vec<Channel>,
}

/// Hardware beside CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// CPUs are enough.
    #[default]
    None,
    /// At least one GPU per node.
    Gpu,
}

impl Accelerator {
    /// As in `MLproject` and in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gpu => "gpu",
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "none" | "cpu" => Some(Self::None),
            "gpu" => Some(Self::Gpu),
            _ => None,
        }
    }
}

/// An input that a job must bring, or take from the version's own sample.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Channel {
    /// The `path` parameter it feeds, usually of the same name.
    pub name: String,
    /// Endings of file names without the dot, lower case; any when empty.
    pub formats: Vec<String>,
    /// What must be in it, in a sentence.
    pub description: Option<String>,
    /// The columns that a table must have, others may stand beside them.
    pub columns: Vec<Column>,
    /// Bytes at most.
    pub max_size: Option<u64>,
}

/// A column of an input that is a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// As in the table's first row.
    pub name: String,
    /// What its values look like; an empty one is a value that is missing.
    pub kind: Kind,
}

const KEYS: [&str; 5] = ["accelerator", "cpus", "memory", "distributed", "inputs"];

impl Requires {
    pub(super) fn read(node: Option<&Node>, faults: &mut Faults) -> Self {
        let mut section = Section::new("requires", node, &KEYS, faults);
        let memory = "a size such as 512MiB or 4GiB";
        Self {
            accelerator: section.word("accelerator", Accelerator::named, "`none` or `gpu`").unwrap_or_default(),
            cpus: section.count("cpus"),
            memory: section.word("memory", bytes, memory),
            distributed: section.flag("distributed"),
            inputs: section.list("inputs").into_iter().filter_map(|node| Channel::read(node, section.faults)).collect(),
        }
    }
}

impl Channel {
    fn read(node: &Node, faults: &mut Faults) -> Option<Self> {
        let mut section = Section::new("inputs", Some(node), &["name", "formats", "description", "columns", "max_size"], faults);
        let name = section.line("name", 100);
        let description = section.line("description", 500);
        let formats = section.list("formats").into_iter().filter_map(Node::scalar).map(Scalar::to_python);
        let formats = formats.map(|format| format.trim_start_matches('.').to_ascii_lowercase()).collect();
        let Some(name) = name else {
            section.faults.at(node.line, "An input needs a `name`.");
            return None;
        };
        let (columns, max_size) = (columns(&mut section), section.word("max_size", bytes, "a size such as 10MiB or 1GiB"));
        Some(Self { name, formats, description, columns, max_size })
    }
}

/// `[a, b]`, or `{a: float, b: string}`.
fn columns(section: &mut Section<'_, '_>) -> Vec<Column> {
    let Some(node) = section.get("columns") else { return Vec::new() };
    if let Some(pairs) = node.map() {
        return pairs.iter().map(|(name, kind)| Column { name: name.to_python(), kind: Kind::named(&kind.to_python()) }).collect();
    }
    match node.list() {
        Some(names) => names.iter().map(|name| Column { name: name.to_python(), kind: Kind::Text }).collect(),
        None => {
            section.faults.at(node.line, "`inputs: columns` must be a list of names, or a mapping of names to types.");
            Vec::new()
        }
    }
}

/// `4GiB`, `512 MiB`, `2GB` or plain bytes.
fn bytes(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let unit: u64 = match unit.trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit).filter(|size| *size > 0 && i64::try_from(*size).is_ok())
}
