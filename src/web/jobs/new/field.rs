//! Hyperparameters as fields.

use crate::datasets;
use crate::error::Mistakes;
use crate::jobs::Typed;
use crate::package::{EntryPoint, Kind, Parameter};

/// What a value is typed or chosen with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Any text.
    Text,
    /// A number, with the attributes that help to type it.
    Number {
        /// Empty: none.
        min: String,
        /// Empty: none.
        max: String,
        /// `1` or `any`.
        step: &'static str,
    },
    /// One of these.
    Choice(Vec<String>),
    /// The version's own file, or a dataset: what is sent, and the words.
    Input(Vec<(String, String)>),
}

/// One hyperparameter's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As in `MLproject`.
    pub label: String,
    /// `param.NAME`, or `input.NAME` for an input.
    pub name: String,
    /// What stands in it.
    pub value: String,
    /// Empty when there is none.
    pub default: String,
    /// What is wrong with it; empty when nothing is.
    pub error: String,
    /// Range, default and description.
    pub help: String,
    /// The word for its type.
    pub unit: &'static str,
    /// Whether a value must be given.
    pub required: bool,
    /// What it is typed or chosen with.
    pub control: Control,
    /// Whether it takes a file of the version.
    pub is_input: bool,
}

impl Field {
    /// Every field of an entry point, in declared order, with what was typed or else the default.
    pub fn all(entry: &EntryPoint, typed: &Typed, datasets: &[datasets::Choice], mistakes: &Mistakes) -> Vec<Self> {
        entry.parameters.iter().map(|parameter| Self::of(parameter, typed, datasets, mistakes)).collect()
    }

    fn of(parameter: &Parameter, typed: &Typed, datasets: &[datasets::Choice], mistakes: &Mistakes) -> Self {
        let default = parameter.default.as_deref().unwrap_or("");
        let is_input = parameter.kind == Kind::Path;
        let chosen = typed.inputs.get(&parameter.name).filter(|_| is_input);
        let value = chosen.or(typed.values.get(&parameter.name)).map_or(default, String::as_str);
        Self {
            label: parameter.name.clone(),
            name: format!("{}.{}", if is_input { "input" } else { "param" }, parameter.name),
            value: value.to_owned(),
            default: default.to_owned(),
            error: mistakes.get(&format!("param.{}", parameter.name)).cloned().unwrap_or_default(),
            help: help(parameter),
            unit: parameter.kind.as_str(),
            required: parameter.is_required(),
            control: if is_input { input(default, value, datasets) } else { control(parameter, value) },
            is_input,
        }
    }

    /// Whether this is the value that stands in it.
    pub fn is(&self, value: &str) -> bool {
        self.value == value
    }
}

/// The version's own file, the member's datasets, and whatever was sent that is neither.
fn input(default: &str, value: &str, datasets: &[datasets::Choice]) -> Control {
    let own = match default {
        "" => (String::new(), "Choose a dataset".to_owned()),
        path => (path.to_owned(), format!("The version’s own sample, {path}")),
    };
    let words = |choice: &datasets::Choice| format!("{}, version {} ({})", choice.name, choice.version.number, choice.version.file_name);
    let mut choices: Vec<_> = std::iter::once(own).chain(datasets.iter().map(|choice| (choice.value(), words(choice)))).collect();
    if !choices.iter().any(|(known, _)| known == value) {
        choices.push((value.to_owned(), value.to_owned()));
    }
    Control::Input(choices)
}

fn control(parameter: &Parameter, value: &str) -> Control {
    let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| bound.to_string());
    let mut choices = parameter.choices.clone();
    if choices.is_empty() && parameter.kind == Kind::Bool {
        choices = booleans(parameter.default.as_deref()).map(str::to_owned).to_vec();
    }
    if !choices.is_empty() {
        // What was typed is not lost, also when it is none of them.
        if !choices.iter().any(|choice| choice == value) {
            choices.insert(0, value.to_owned());
        }
        return Control::Choice(choices);
    }
    match parameter.kind {
        Kind::Int => Control::Number { min: bound(parameter.min), max: bound(parameter.max), step: "1" },
        Kind::Float => Control::Number { min: bound(parameter.min), max: bound(parameter.max), step: "any" },
        _ => Control::Text,
    }
}

/// True and false as the publisher writes them: a script may compare with just that.
fn booleans(default: Option<&str>) -> [&'static str; 2] {
    match default {
        Some("true" | "false") => ["true", "false"],
        Some("1" | "0") => ["1", "0"],
        Some("yes" | "no") => ["yes", "no"],
        Some("on" | "off") => ["on", "off"],
        _ => ["True", "False"],
    }
}

/// `1 to 1000, default 3. Rounds of training`
fn help(parameter: &Parameter) -> String {
    let range = match (parameter.min, parameter.max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("{min} or more")),
        (None, Some(max)) => Some(format!("{max} or less")),
        (None, None) => None,
    };
    let default = parameter.default.as_ref().filter(|default| !default.is_empty()).map(|default| format!("default {default}"));
    let facts = [range, default].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let words = parameter.description.as_deref().unwrap_or("");
    let mut letters = facts.chars();
    let facts = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    match (facts.is_empty(), words.is_empty()) {
        (false, false) => format!("{facts}. {words}"),
        (true, _) => words.to_owned(),
        (false, true) => facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(parameter: Parameter, typed: &[(&str, &str)]) -> Field {
        let values = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Field::of(&parameter, &Typed { values, ..Typed::default() }, &[], &Mistakes::new())
    }

    #[test]
    fn a_number_has_its_range_and_default() {
        let rounds = Parameter {
            name: "rounds".into(),
            kind: Kind::Int,
            default: Some("3".into()),
            min: Some(1.0),
            max: Some(1000.0),
            description: Some("Rounds".into()),
            ..Parameter::default()
        };
        let field = field(rounds, &[]);
        assert_eq!((field.value.as_str(), field.help.as_str(), field.name.as_str()), ("3", "1 to 1000, default 3. Rounds", "param.rounds"));
        assert_eq!(field.control, Control::Number { min: "1".into(), max: "1000".into(), step: "1" });
    }

    #[test]
    fn booleans_are_written_as_the_publisher_does() {
        let flag = Parameter { name: "flag".into(), kind: Kind::Bool, default: Some("true".into()), ..Parameter::default() };
        assert_eq!(field(flag.clone(), &[]).control, Control::Choice(vec!["true".into(), "false".into()]));
        assert_eq!(field(flag, &[("flag", "maybe")]).control, Control::Choice(vec!["maybe".into(), "true".into(), "false".into()]));
    }
}
