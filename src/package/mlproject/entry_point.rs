use super::command::{self, Piece};
use super::parameter::{self, Parameter};
use crate::package::fault::Faults;
use crate::package::limits;
use crate::package::names::is_hidden;
use crate::package::yaml::Node;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something an algorithm can run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryPoint {
    /// `main`, usually.
    pub name: String,
    /// In the order written.
    pub parameters: Vec<Parameter>,
    /// For `bash -c` in the project folder, after [`EntryPoint::compose`].
    pub command: String,
    /// Whether a job may add parameters that are not declared.
    pub extra_parameters: bool,
}

impl EntryPoint {
    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The values a run would use: given ones, defaults for the others, in declared order, then extra ones by name.
    ///
    /// `Err` has a sentence for every parameter that is wrong, missing or not known.
    pub fn check(&self, given: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, BTreeMap<String, String>> {
        let mut wrong = BTreeMap::new();
        let mut values = Vec::new();
        for parameter in &self.parameters {
            match given.get(&parameter.name).or(parameter.default.as_ref()) {
                None => drop(wrong.insert(parameter.name.clone(), "Give a value; there is no default.".to_owned())),
                Some(value) => match parameter.check(value) {
                    Ok(()) => values.push((parameter.name.clone(), value.clone())),
                    Err(message) => drop(wrong.insert(parameter.name.clone(), message)),
                },
            }
        }
        for (name, value) in given.iter().filter(|(name, _)| self.parameter(name).is_none()) {
            match self.check_extra(name, value) {
                Ok(()) => values.push((name.clone(), value.clone())),
                Err(message) => drop(wrong.insert(name.clone(), message)),
            }
        }
        if wrong.is_empty() { Ok(values) } else { Err(wrong) }
    }

    fn check_extra(&self, name: &str, value: &str) -> Result<(), String> {
        if !self.extra_parameters {
            return Err("This entry point has no such parameter.".to_owned());
        }
        if name.is_empty() || name.starts_with('-') || name.chars().any(|c| c.is_whitespace() || is_hidden(c)) {
            return Err("Use a name without spaces that does not begin with a dash.".to_owned());
        }
        parameter::check_text(value)
    }

    /// The command with its values, shell-quoted; values not declared are appended as `--name value`.
    ///
    /// `values` are what [`EntryPoint::check`] gave, a dataset's path in place of a channel's value.
    pub fn compose(&self, values: &[(String, String)]) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        // A stored command was parsed when it was published.
        let Ok(pieces) = command::pieces(&self.command) else { return self.command.clone() };
        let mut line: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Value(name) => command::quote(value(name)),
            })
            .collect();
        for (name, value) in values.iter().filter(|(name, _)| self.parameter(name).is_none()) {
            line.push_str(&format!(" {} {}", command::quote(&format!("--{name}")), command::quote(value)));
        }
        line
    }

    pub(super) fn read(name: &Node, body: &Node, extra_parameters: bool, faults: &mut Faults) -> Option<Self> {
        let Some(name_text) = name.text().filter(|text| !text.is_empty() && text.len() <= 100 && !text.chars().any(is_hidden)) else {
            faults.at(name.line, "An entry point's name must be text of at most 100 bytes.");
            return None;
        };
        if body.map().is_none() {
            faults.at(body.line, format!("Entry point `{name_text}` must be a mapping with a `command`."));
            return None;
        }
        let parameters = parameters(name_text, body, faults);
        let Some(command) = body.get("command").and_then(|node| Some((node, node.text()?))).filter(|(_, text)| !text.trim().is_empty()) else {
            faults.at(name.line, format!("Entry point `{name_text}` has no `command`."));
            return None;
        };
        let entry = Self { name: name_text.to_owned(), parameters, command: command.1.to_owned(), extra_parameters };
        entry.check_command(command.0, faults);
        Some(entry)
    }

    /// A placeholder nobody declared would only be found when a job starts.
    fn check_command(&self, node: &Node, faults: &mut Faults) {
        match command::pieces(&self.command) {
            Err((_, message)) => faults.at(node.line, format!("The command of `{}`: {message}", self.name)),
            Ok(pieces) => {
                for piece in &pieces {
                    let Piece::Value(name) = piece else { continue };
                    if self.parameter(name).is_none() {
                        let message = format!(
                            "The command of `{}` uses `{{{name}}}`, which is not among its parameters. For a brace of the shell write `{{{{{name}}}}}`.",
                            self.name
                        );
                        faults.at(node.line, message);
                    }
                }
            }
        }
    }
}

fn parameters(entry: &str, body: &Node, faults: &mut Faults) -> Vec<Parameter> {
    let Some(node) = body.get("parameters").filter(|node| !node.is_null()) else { return Vec::new() };
    let Some(pairs) = node.map() else {
        faults.at(node.line, format!("`parameters` of `{entry}` must be a mapping."));
        return Vec::new();
    };
    if pairs.len() > limits::PARAMETERS {
        faults.at(node.line, format!("`{entry}` has {} parameters; the limit is {}.", pairs.len(), limits::PARAMETERS));
        return Vec::new();
    }
    pairs.iter().filter_map(|(name, body)| Parameter::read(name, body, faults)).collect()
}
