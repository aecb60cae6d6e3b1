use serde::{Deserialize, Serialize};
use std::fmt;

/// How many faults are collected before the rest is left unsaid.
const MOST: usize = 100;

/// Something wrong with an upload, said so that its publisher can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The file inside the archive, root folder stripped where it is known; `archive` for the archive itself.
    pub file: String,
    /// The line in that file, counted from 1.
    pub line: Option<u32>,
    /// A sentence.
    pub message: String,
}

impl Fault {
    pub(super) fn archive(message: impl Into<String>) -> Self {
        Self::of("archive", message)
    }

    pub(super) fn of(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Collects the faults of one file.
pub(super) struct Faults {
    file: String,
    found: Vec<Fault>,
}

impl Faults {
    pub(super) fn of(file: &str) -> Self {
        Self { file: file.to_owned(), found: Vec::new() }
    }

    pub(super) fn at(&mut self, line: u32, message: impl Into<String>) {
        self.push(Fault { file: self.file.clone(), line: Some(line), message: message.into() });
    }

    pub(super) fn push(&mut self, fault: Fault) {
        if self.found.len() < MOST && !self.found.contains(&fault) {
            self.found.push(fault);
        }
    }

    pub(super) fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The faults in order of file and line.
    pub(super) fn into_vec(mut self) -> Vec<Fault> {
        self.found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        self.found
    }

    /// `value`, if nothing was found.
    pub(super) fn or<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.is_empty() { Ok(value) } else { Err(self.into_vec()) }
    }
}
