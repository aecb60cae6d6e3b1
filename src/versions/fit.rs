use crate::config::Flavor;
use crate::package::{Accelerator, Column, Kind, Requires};

/// How a need is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// GPUs of the flavor.
    Accelerator,
    /// CPUs of the flavor.
    Cpus,
    /// Memory of the flavor.
    Memory,
    /// By the number of nodes that a job asks for; any flavor has one.
    Nodes,
    /// An input, looked at when a job is submitted.
    AtSubmit,
}

/// One constraint that a machine can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// In two words, such as "Memory" or the name of an input.
    pub label: String,
    /// As it is accepted, Markdown.
    pub sentence: String,
    /// How.
    pub check: Check,
}

/// What a version needs, in the order in which it is shown and accepted.
pub fn needs(requires: &Requires) -> Vec<Need> {
    let need = |label: &str, check, sentence: String| Need { label: label.to_owned(), sentence, check };
    let accelerator = match requires.accelerator {
        Accelerator::None => "Runs on CPUs, no accelerator needed",
        Accelerator::Gpu => "Needs at least one GPU per node",
    };
    let mut needs = vec![need("Accelerator", Check::Accelerator, accelerator.into())];
    let cpus = |cpus: u32| format!("At least {cpus} {} per node", if cpus == 1 { "CPU" } else { "CPUs" });
    needs.extend(requires.cpus.map(|count| need("CPUs", Check::Cpus, cpus(count))));
    needs.extend(requires.memory.map(|bytes| need("Memory", Check::Memory, format!("At least {} of memory per node", size(bytes)))));
    let nodes = if requires.distributed { "Can run on several nodes" } else { "Runs on one node" };
    needs.push(need("Nodes", Check::Nodes, nodes.into()));
    for input in &requires.inputs {
        let formats = match input.formats.as_slice() {
            [] => "any format".to_owned(),
            formats => formats.join(", ").to_uppercase(),
        };
        let columns: Vec<String> = input.columns.iter().map(column).collect();
        let columns = if columns.is_empty() { String::new() } else { format!(", with the columns {}", columns.join(", ")) };
        let most = input.max_size.map_or_else(String::new, |most| format!(", at most {}", size(most)));
        let what = input.description.as_ref().map_or_else(String::new, |words| format!(": {words}"));
        needs.push(need(&input.name, Check::AtSubmit, format!("Input `{}`, {formats}{columns}{most}{what}", input.name)));
    }
    needs
}

/// Whether a flavor meets one need; `None` when that does not depend on the flavor.
pub fn fits(requires: &Requires, check: Check, flavor: &Flavor) -> Option<bool> {
    match check {
        Check::Accelerator => Some(requires.accelerator == Accelerator::None || flavor.gpus > 0),
        Check::Cpus => Some(requires.cpus.is_none_or(|cpus| flavor.cpus >= cpus)),
        Check::Memory => Some(requires.memory.is_none_or(|bytes| flavor.memory >= bytes)),
        Check::Nodes => Some(true),
        Check::AtSubmit => None,
    }
}

/// Why a flavor does not meet the constraints of a version, in words; `None` when it does.
pub fn misfit(requires: &Requires, flavor: &Flavor) -> Option<String> {
    let unmet = |check| fits(requires, check, flavor) == Some(false);
    if unmet(Check::Accelerator) {
        return Some("Has no GPU; this version needs one per node.".to_owned());
    }
    if let Some(cpus) = requires.cpus.filter(|_| unmet(Check::Cpus)) {
        return Some(format!("Has {}; this version needs at least {cpus} CPUs per node.", plural(flavor.cpus)));
    }
    let memory = requires.memory.filter(|_| unmet(Check::Memory))?;
    Some(format!("Has {} of memory; this version needs at least {} per node.", size(flavor.memory), size(memory)))
}

fn column(column: &Column) -> String {
    match column.kind {
        Kind::Text => format!("`{}`", column.name),
        kind => format!("`{}` ({kind})", column.name),
    }
}

fn plural(cpus: u32) -> String {
    if cpus == 1 { "1 CPU".to_owned() } else { format!("{cpus} CPUs") }
}

fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flavor(cpus: u32, memory: u64, gpus: u32) -> Flavor {
        Flavor { id: "f".into(), name: "f".into(), cpus, memory: memory << 30, gpus, max_nodes: 1, price_micros: 1, disk: 1 << 30 }
    }

    #[test]
    fn a_flavor_that_is_too_small_says_why() {
        let requires = Requires { cpus: Some(2), memory: Some(4 << 30), ..Requires::default() };
        assert_eq!(misfit(&requires, &flavor(2, 4, 0)), None);
        assert_eq!(misfit(&requires, &flavor(1, 4, 0)).unwrap(), "Has 1 CPU; this version needs at least 2 CPUs per node.");
        assert_eq!(misfit(&requires, &flavor(2, 2, 0)).unwrap(), "Has 2 GiB of memory; this version needs at least 4 GiB per node.");
        let gpu = Requires { accelerator: Accelerator::Gpu, ..Requires::default() };
        assert!(misfit(&gpu, &flavor(8, 32, 0)).is_some() && misfit(&gpu, &flavor(1, 1, 1)).is_none());
    }
}
