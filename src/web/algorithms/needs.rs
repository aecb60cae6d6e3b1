use crate::config::{Flavor, Region};
use crate::package::{Accelerator, Requires};

/// One thing that a machine can check before a job starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// An icon's name.
    pub glyph: &'static str,
    /// Of what kind.
    pub label: &'static str,
    /// The input's name, for inputs.
    pub input: Option<String>,
    /// What is needed.
    pub words: String,
}

/// What a version needs, in the order of the page.
pub fn of(requires: &Requires) -> Vec<Need> {
    let need = |glyph, label, words: String| Need { glyph, label, input: None, words };
    let mut needs = vec![need(
        "bolt",
        "Accelerator",
        match requires.accelerator {
            Accelerator::None => "None; runs on CPUs".to_owned(),
            Accelerator::Gpu => "At least one GPU per node".to_owned(),
        },
    )];
    needs.extend(requires.cpus.map(|cpus| need("cpu", "CPUs", format!("At least {cpus} per node"))));
    needs.extend(requires.memory.map(|bytes| need("database", "Memory", format!("At least {} per node", memory(bytes)))));
    let nodes = if requires.distributed { "Can run on several nodes" } else { "Exactly 1 node" };
    needs.push(need("server", "Distributed", nodes.to_owned()));
    for input in &requires.inputs {
        let formats = if input.formats.is_empty() { "Any format".to_owned() } else { input.formats.join(", ").to_uppercase() };
        let columns: Vec<&str> = input.columns.iter().map(|column| column.name.as_str()).collect();
        let formats = if columns.is_empty() { formats } else { format!("{formats} with {}", columns.join(", ")) };
        let words = input.description.as_ref().map_or_else(|| formats.clone(), |words| format!("{formats}: {words}"));
        needs.push(Need { glyph: "file-search", label: "Input", input: Some(input.name.clone()), words });
    }
    needs
}

/// A sentence for each region: how many of its flavors are enough.
pub fn met_by(requires: &Requires, regions: &[Region]) -> Vec<String> {
    let line = |region: &Region| {
        let enough = region.flavors.iter().filter(|flavor| fits(flavor, requires)).count();
        let all = region.flavors.len();
        format!("{} {enough} of {all} {}", region.name, if all == 1 { "flavor" } else { "flavors" })
    };
    regions.iter().map(line).collect()
}

fn fits(flavor: &Flavor, requires: &Requires) -> bool {
    requires.cpus.is_none_or(|cpus| flavor.cpus >= cpus)
        && requires.memory.is_none_or(|memory| flavor.memory >= memory)
        && (requires.accelerator == Accelerator::None || flavor.gpus > 0)
}

fn memory(bytes: u64) -> String {
    match bytes {
        bytes if bytes % (1 << 30) == 0 => format!("{} GiB", bytes >> 30),
        bytes => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}
