use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::package::limits::PARAMETERS;
use crate::package::{Kind, Parameter, is_hidden};

/// A hyperparameter as a line has it, in the words of an `MLproject`.
#[derive(Debug, Serialize, Deserialize)]
struct Declared {
    name: String,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<bool>,
}

/// A list of declared ones or of names, or a mapping of names to declarations or defaults, by name.
pub(super) fn read(written: Value) -> Result<Vec<Parameter>, String> {
    let declared: Vec<Parameter> = match written {
        Value::Null => Vec::new(),
        Value::Array(items) => items.into_iter().map(item).collect::<Result<_, _>>()?,
        Value::Object(pairs) => pairs.into_iter().map(|(name, value)| pair(name, value)).collect::<Result<_, _>>()?,
        _ => return Err("parameters must be a list or a mapping".to_owned()),
    };
    if declared.len() > PARAMETERS {
        return Err(format!("has {} parameters; the limit is {PARAMETERS}", declared.len()));
    }
    let mut names: Vec<&str> = declared.iter().map(|parameter| parameter.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(format!("parameter {} is there twice", two[0])),
        None => Ok(declared),
    }
}

/// The same the other way: a list.
pub(super) fn write(parameters: &[Parameter]) -> serde_json::Result<Value> {
    serde_json::to_value(parameters.iter().map(Declared::of).collect::<Vec<_>>())
}

fn item(item: Value) -> Result<Parameter, String> {
    match item {
        Value::String(name) => checked(Parameter { name, ..Parameter::default() }),
        item @ Value::Object(_) => serde_json::from_value::<Declared>(item).map_err(|error| format!("parameters: {error}"))?.parameter(),
        _ => Err("each of the parameters must be an object with a name".to_owned()),
    }
}

fn pair(name: String, value: Value) -> Result<Parameter, String> {
    match value {
        Value::Object(mut fields) => {
            fields.insert("name".to_owned(), Value::String(name));
            item(Value::Object(fields))
        }
        default => {
            let kind = match &default {
                Value::Number(number) if number.is_f64() => "float",
                Value::Number(_) => "int",
                Value::Bool(_) => "bool",
                _ => "string",
            };
            let mut fields = Map::from_iter([("name".to_owned(), Value::String(name)), ("type".to_owned(), Value::String(kind.to_owned()))]);
            fields.insert("default".to_owned(), default);
            item(Value::Object(fields))
        }
    }
}

impl Declared {
    fn of(parameter: &Parameter) -> Self {
        let Parameter { name, kind, default, description, min, max, choices, channel } = parameter.clone();
        Self {
            name,
            kind: Some(kind.as_str().to_owned()),
            default: default.map(Value::String),
            min,
            max,
            choices: (!choices.is_empty()).then(|| choices.into_iter().map(Value::String).collect()),
            description,
            channel: (kind == Kind::Path && !channel).then_some(false),
        }
    }

    fn parameter(self) -> Result<Parameter, String> {
        let kind = Kind::named(self.kind.as_deref().unwrap_or(""));
        let name = self.name;
        let plain = |value: Value| scalar(value).ok_or_else(|| format!("parameter {name} has a value that is no scalar"));
        let choices = self.choices.unwrap_or_default().into_iter().map(plain).collect::<Result<_, _>>()?;
        let default = self.default.filter(|value| !value.is_null()).map(plain).transpose()?;
        let channel = kind == Kind::Path && self.channel != Some(false);
        checked(Parameter { kind, default, choices, channel, description: self.description, min: self.min, max: self.max, name })
    }
}

/// As Python writes it.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

/// By the rules of an `MLproject`.
fn checked(parameter: Parameter) -> Result<Parameter, String> {
    let name = &parameter.name;
    if name.is_empty() || name.len() > 250 || name.chars().any(is_hidden) {
        return Err("a parameter's name must be text of 1 to 250 bytes".to_owned());
    }
    if (parameter.min.is_some() || parameter.max.is_some()) && !parameter.kind.is_number() {
        return Err(format!("parameter {name} is no number and cannot have a min or max"));
    }
    if parameter.min.zip(parameter.max).is_some_and(|(min, max)| min > max) {
        return Err(format!("parameter {name} has a max below its min"));
    }
    if parameter.description.as_ref().is_some_and(|text| text.chars().count() > 1_000) {
        return Err(format!("parameter {name} has a description of more than 1,000 characters"));
    }
    if let Some(default) = parameter.default.as_ref().filter(|_| parameter.kind != Kind::Path)
        && let Err(sentence) = parameter.check(default)
    {
        return Err(format!("the default of parameter {name} cannot be used: {sentence}"));
    }
    Ok(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Vec<Parameter>, String> {
        read(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn lists_and_mappings() {
        let listed = of(r#"[{"name": "rate", "type": "float", "default": 0.1}, "seed"]"#).unwrap();
        assert_eq!((listed[0].kind, listed[0].default.as_deref(), listed[1].is_required()), (Kind::Float, Some("0.1"), true));
        let mapped = of(r#"{"rate": 0.1, "rounds": {"type": "int", "default": 5, "min": 1}, "fast": true}"#).unwrap();
        let kinds: Vec<_> = mapped.iter().map(|parameter| (parameter.name.as_str(), parameter.kind)).collect();
        assert_eq!(kinds, [("fast", Kind::Bool), ("rate", Kind::Float), ("rounds", Kind::Int)]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for wrong in ["5", "[5]", r#"["a", "a"]"#, r#"{"a": [1]}"#, r#"{"a": {"type": "int", "default": "x"}}"#, r#"{"a": {"min": 1}}"#, r#"[""]"#] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
