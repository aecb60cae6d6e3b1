//! Reading the keys of a mapping, with a fault for each that is not what it should be.

use crate::package::fault::Faults;
use crate::package::names::{is_clear_line, is_hidden};
use crate::package::yaml::{Node, Scalar, Value};

/// A mapping under `galleria:`.
pub(super) struct Section<'n, 'f> {
    name: &'static str,
    node: Option<&'n Node>,
    pub faults: &'f mut Faults,
}

impl<'n, 'f> Section<'n, 'f> {
    /// Faults every key that is not in `known`.
    pub(super) fn new(name: &'static str, node: Option<&'n Node>, known: &[&str], faults: &'f mut Faults) -> Self {
        let node = node.filter(|node| !node.is_null());
        if let Some(node) = node.filter(|node| node.map().is_none()) {
            faults.at(node.line, format!("`{name}` must be a mapping."));
        }
        for (key, _) in node.and_then(Node::map).unwrap_or_default() {
            if !key.text().is_some_and(|key| known.contains(&key)) {
                let key_text = key.to_python();
                faults.at(key.line, format!("`{name}` has no key `{key_text}`. Known are: {}.", known.join(", ")));
            }
        }
        Self { name, node, faults }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.node?.get(key).filter(|node| !node.is_null())
    }

    fn refuse(&mut self, line: u32, key: &str, what: &str) {
        self.faults.at(line, format!("`{}: {key}` {what}", self.name));
    }

    /// One line of text, at most `most` characters.
    pub(super) fn line(&mut self, key: &str, most: usize) -> Option<String> {
        let text = self.prose(key, most)?.trim().to_owned();
        if !is_clear_line(&text) {
            let line = self.get(key)?.line;
            self.refuse(line, key, "must be one line without invisible characters.");
            return None;
        }
        (!text.is_empty()).then_some(text)
    }

    /// Text of any number of lines.
    pub(super) fn prose(&mut self, key: &str, most: usize) -> Option<String> {
        let node = self.get(key)?;
        let Some(scalar) = node.scalar() else {
            self.refuse(node.line, key, "must be text.");
            return None;
        };
        let text = scalar.to_python();
        let length = text.chars().count();
        if length > most {
            self.refuse(node.line, key, &format!("has {length} characters; the limit is {most}."));
            return None;
        }
        (!text.trim().is_empty()).then_some(text)
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.truth(key).unwrap_or(false)
    }

    /// True, false, or nothing said.
    pub(super) fn truth(&mut self, key: &str) -> Option<bool> {
        match self.get(key).map(|node| (node.line, &node.value)) {
            None => None,
            Some((_, Value::Scalar(Scalar::Bool(value)))) => Some(*value),
            Some((line, _)) => {
                self.refuse(line, key, "must be true or false.");
                None
            }
        }
    }

    /// A whole number of at least one.
    pub(super) fn count(&mut self, key: &str) -> Option<u32> {
        let node = self.get(key)?;
        let count = match &node.value {
            Value::Scalar(Scalar::Int(digits)) => digits.parse().ok().filter(|count| *count > 0),
            _ => None,
        };
        if count.is_none() {
            self.refuse(node.line, key, "must be a whole number of 1 or more.");
        }
        count
    }

    /// One of the words a type knows.
    pub(super) fn word<T>(&mut self, key: &str, read: impl Fn(&str) -> Option<T>, known: &str) -> Option<T> {
        let node = self.get(key)?;
        let word = node.scalar().map(Scalar::to_python).and_then(|word| read(&word));
        if word.is_none() {
            self.refuse(node.line, key, &format!("must be {known}."));
        }
        word
    }

    /// A list, or a single value in place of a list of one.
    pub(super) fn list(&self, key: &str) -> Vec<&'n Node> {
        match self.get(key) {
            None => Vec::new(),
            Some(node) => node.list().map_or_else(|| vec![node], |items| items.iter().collect()),
        }
    }
}

/// A short text at the top of a file; faulted when it is something else.
pub(super) fn top_text(root: &Node, key: &str, faults: &mut Faults) -> Option<String> {
    let node = root.get(key).filter(|node| !node.is_null())?;
    match node.scalar().map(Scalar::to_python) {
        Some(text) if !text.trim().is_empty() && text.len() <= 256 && !text.chars().any(is_hidden) => Some(text.trim().to_owned()),
        _ => {
            faults.at(node.line, format!("`{key}` must be one line of at most 256 characters."));
            None
        }
    }
}
