/// The two texts (Markdown) that a member accepts before subscribing to something that the gallery's
/// operator did not release. `[note] risk = "FILE"`, `agreement = "FILE"`; sensible defaults ship with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// *Data Security and Privacy Risk*.
    pub risk: String,
    /// *Service Agreement*.
    pub agreement: String,
}

impl Default for Note {
    fn default() -> Self {
        Self { risk: include_str!("note_risk.md").to_owned(), agreement: include_str!("note_agreement.md").to_owned() }
    }
}

impl Note {
    /// Both texts as the one that is consented to.
    pub fn whole(&self) -> String {
        format!("# Data Security and Privacy Risk\n\n{}\n\n# Service Agreement\n\n{}\n", self.risk.trim(), self.agreement.trim())
    }
}
