use crate::package::fault::Faults;
use crate::package::limits;
use crate::package::names::{is_hidden, is_inside};
use crate::package::yaml::{Node, Scalar, Value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a hyperparameter's value must look like. A type this list lacks is text, as in MLflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A whole number.
    Int,
    /// A finite number.
    Float,
    /// True or false.
    Bool,
    /// Anything.
    #[default]
    Text,
    /// A dataset, or a file inside the version.
    Path,
    /// An address with a scheme, passed on as it is.
    Uri,
}

impl Kind {
    /// By the word that an `MLproject` has for it.
    pub fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "int" | "integer" => Self::Int,
            "float" | "number" => Self::Float,
            "bool" | "boolean" => Self::Bool,
            "path" => Self::Path,
            "uri" => Self::Uri,
            _ => Self::Text,
        }
    }

    /// The word `MLproject` has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Text => "string",
            Self::Path => "path",
            Self::Uri => "uri",
        }
    }

    /// Whether `min` and `max` mean anything for it.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One hyperparameter of an entry point.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// As in the command's placeholders.
    pub name: String,
    /// What a value must look like.
    pub kind: Kind,
    /// The string the command gets when nothing is given; `None` makes the parameter required.
    pub default: Option<String>,
    /// What it does, in a sentence.
    pub description: Option<String>,
    /// The smallest number allowed.
    pub min: Option<f64>,
    /// The largest number allowed.
    pub max: Option<f64>,
    /// The only values allowed, when there are any.
    pub choices: Vec<String>,
    /// Whether a dataset can be given in its place: a `path`, unless `channel: false` says otherwise.
    pub channel: bool,
}

impl Parameter {
    /// Whether a value must be given.
    pub fn is_required(&self) -> bool {
        self.default.is_none()
    }

    /// Why a value cannot be used, as a sentence for beside its field.
    pub fn check(&self, value: &str) -> Result<(), String> {
        check_text(value)?;
        if !self.choices.is_empty() {
            return if self.choices.iter().any(|choice| self.same(choice, value)) {
                Ok(())
            } else {
                Err(format!("Choose one of: {}.", self.choices.join(", ")))
            };
        }
        match self.kind {
            Kind::Text => Ok(()),
            Kind::Int => self.within(int(value).ok_or("Give a whole number.")?),
            Kind::Float => self.within(float(value).ok_or("Give a number.")?),
            Kind::Bool if is_bool(value) => Ok(()),
            Kind::Bool => Err("Give True or False.".to_owned()),
            Kind::Path if is_inside(value) => Ok(()),
            Kind::Path => Err("Choose one of your datasets or a file inside this version.".to_owned()),
            Kind::Uri if has_scheme(value) => Ok(()),
            Kind::Uri => Err("Give an address with a scheme, such as https:// or s3://.".to_owned()),
        }
    }

    fn same(&self, choice: &str, value: &str) -> bool {
        choice == value || self.kind.is_number() && float(choice).is_some() && float(choice) == float(value)
    }

    fn within(&self, number: f64) -> Result<(), String> {
        let fits = self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max);
        match (self.min, self.max) {
            _ if fits => Ok(()),
            (Some(min), Some(max)) => Err(format!("Give a number from {min} to {max}.")),
            (Some(min), None) => Err(format!("Give a number of {min} or more.")),
            (_, max) => Err(format!("Give a number of {} or less.", max.unwrap_or(f64::MAX))),
        }
    }

    /// Reads `NAME: TYPE` or `NAME: {type, default, …}`.
    pub(super) fn read(name: &Node, body: &Node, faults: &mut Faults) -> Option<Self> {
        let name = read_name(name, faults)?;
        let mut parameter = Self { name, ..Self::default() };
        match &body.value {
            Value::Scalar(Scalar::Text(kind)) => parameter.kind = Kind::named(kind),
            Value::Scalar(Scalar::Null) => {}
            Value::Map(_) => parameter.fill(body, faults),
            _ => faults.at(body.line, format!("Parameter `{}` must be a type or a mapping with `type` and `default`.", parameter.name)),
        }
        parameter.channel = parameter.kind == Kind::Path && body.get("channel").is_none_or(|node| node.value != Value::Scalar(Scalar::Bool(false)));
        Some(parameter)
    }

    fn fill(&mut self, body: &Node, faults: &mut Faults) {
        let get = |key| body.get(key).filter(|node| !node.is_null());
        self.kind = get("type").map_or(Kind::Text, |node| Kind::named(&node.to_python()));
        self.default = get("default").map(Node::to_python);
        self.description = get("description").map(|node| node.to_python().trim().to_owned());
        self.choices = get("choices").map_or(Vec::new(), |node| match node.list() {
            Some(items) => items.iter().map(Node::to_python).collect(),
            None => vec![node.to_python()],
        });
        self.min = self.bound("min", get("min"), faults);
        self.max = self.bound("max", get("max"), faults);
        if let (Some(min), Some(max), Some(node)) = (self.min, self.max, get("max"))
            && min > max
        {
            return faults.at(node.line, format!("Parameter `{}` has a `max` below its `min`.", self.name));
        }
        if self.description.as_ref().is_some_and(|text| text.chars().count() > 1_000) {
            faults.at(body.line, format!("Parameter `{}` has a description of more than 1,000 characters.", self.name));
        }
        // A `path` may point outside (MLflow allows it); it is refused when a job would use it.
        if let (Some(value), Some(node)) = (&self.default, get("default"))
            && self.kind != Kind::Path
            && let Err(message) = self.check(value)
        {
            faults.at(node.line, format!("The default `{value}` of parameter `{}` cannot be used: {message}", self.name));
        }
    }

    fn bound(&self, key: &str, node: Option<&Node>, faults: &mut Faults) -> Option<f64> {
        let node = node?;
        let number = float(&node.to_python()).filter(|_| node.scalar().is_some());
        if !self.kind.is_number() {
            faults.at(node.line, format!("Parameter `{}` is no number and cannot have a `{key}`.", self.name));
        } else if number.is_none() {
            faults.at(node.line, format!("`{key}` of parameter `{}` must be a number.", self.name));
        }
        number
    }
}

fn read_name(node: &Node, faults: &mut Faults) -> Option<String> {
    match node.text() {
        Some(name) if name.len() <= 250 && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c)) => {
            Some(name.to_owned())
        }
        Some(_) => {
            faults.at(node.line, "A parameter's name may have letters, digits, `_`, `-` and `.`, and at most 250 bytes.");
            None
        }
        None => {
            faults.at(node.line, format!("A parameter's name reads as `{}` in YAML; put it in quotes.", node.to_python()));
            None
        }
    }
}

/// What holds for every value, extra ones too.
pub(super) fn check_text(value: &str) -> Result<(), String> {
    if value.contains('\0') {
        return Err("Must not have a NUL character.".to_owned());
    }
    if value.chars().count() > limits::VALUE {
        return Err(format!("Use at most {} characters.", limits::VALUE));
    }
    Ok(())
}

fn int(value: &str) -> Option<f64> {
    value.parse::<i64>().ok().map(|number| number as f64)
}

fn float(value: &str) -> Option<f64> {
    value.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn is_bool(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "1" | "0")
}

fn has_scheme(value: &str) -> bool {
    let scheme = value.split_once(':').filter(|(_, rest)| !rest.is_empty()).map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !value.chars().any(|c| c.is_whitespace() || is_hidden(c))
}
