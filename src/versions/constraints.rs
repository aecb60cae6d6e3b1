use sha2::{Digest, Sha256};

use crate::package::{Accelerator, Manifest};

/// What a member accepts before using a version: free Markdown, and what a machine can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraints {
    /// The publisher's words, Markdown; may be empty.
    pub text: String,
    /// The checkable ones, a sentence each.
    pub checkable: Vec<String>,
}

impl Constraints {
    /// The constraints of a version; `None` when it has none.
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let about = &manifest.about;
        about.has_constraints().then(|| Self { text: about.constraints.clone().unwrap_or_else(String::new), checkable: checkable(manifest) })
    }

    /// Everything that is accepted, as one text: its digest is what a consent names.
    pub fn whole(&self) -> String {
        let lines: Vec<_> = self.checkable.iter().map(|line| format!("- {line}\n")).collect();
        format!("{}\n\n{}", self.text.trim(), lines.concat()).trim().to_owned() + "\n"
    }
}

/// SHA-256 of a text, in hex.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checkable(manifest: &Manifest) -> Vec<String> {
    let requires = &manifest.about.requires;
    let mut lines = vec![match requires.accelerator {
        Accelerator::None => "Runs on CPUs, no accelerator needed".to_owned(),
        Accelerator::Gpu => "Needs at least one GPU per node".to_owned(),
    }];
    lines.extend(requires.cpus.map(|cpus| format!("At least {cpus} {} per node", if cpus == 1 { "CPU" } else { "CPUs" })));
    lines.extend(requires.memory.map(|bytes| format!("At least {} of memory per node", size(bytes))));
    lines.push(if requires.distributed { "Can run on several nodes".into() } else { "Runs on one node".into() });
    for input in &requires.inputs {
        let formats = match input.formats.as_slice() {
            [] => "any format".to_owned(),
            formats => formats.join(", ").to_uppercase(),
        };
        let what = input.description.as_ref().map_or_else(String::new, |words| format!(": {words}"));
        lines.push(format!("Input `{}`, {formats}{what}", input.name));
    }
    lines
}

fn size(bytes: u64) -> String {
    if bytes % (1 << 30) == 0 { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) }
}
