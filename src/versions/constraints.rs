use sha2::{Digest, Sha256};

use super::needs;
use crate::package::Manifest;

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
        let checkable = || needs(&about.requires).into_iter().map(|need| need.sentence).collect();
        about.has_constraints().then(|| Self { text: about.constraints.clone().unwrap_or_default(), checkable: checkable() })
    }

    /// Everything that is accepted, as one text: its digest is what a consent names.
    pub fn whole(&self) -> String {
        let lines: Vec<_> = self.checkable.iter().map(|line| format!("- {line}\n")).collect();
        format!("{}\n\n{}", self.text.trim(), lines.concat()).trim().to_owned() + "\n"
    }
}

/// SHA-256 of a text, in hex.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
