use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::line::prose;
use super::parameters;
use crate::package::{About, EntryPoint, Environment, Manifest, Requires};
use crate::versions::{Constraints, Number, digest};

/// The entry point of a version whose code is not here.
const ENTRY: &str = "main";

/// A version as a line has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// `1.2.3`.
    version: String,
    /// None, a text (Markdown), a list of sentences, or [`Bounds`].
    #[serde(default)]
    constraints: Value,
    /// Hyperparameters of the entry point that is taken by default: a list, or a mapping of names to defaults.
    #[serde(default)]
    parameters: Value,
}

/// Constraints that a machine can check, beside the text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Bounds {
    text: Option<String>,
    requires: Requires,
}

/// A version of an entry, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its number.
    pub number: Number,
    /// JSON of a [`Manifest`] with hyperparameters and constraints, and nothing to run.
    pub manifest: String,
    /// SHA-256 of the manifest, in hex: it stands where an archive has its own.
    pub digest: String,
    /// Everything that is accepted, as one text.
    pub constraints: Option<String>,
    /// `none` or `gpu`.
    pub accelerator: &'static str,
    /// Whether it runs on several nodes.
    pub distributed: bool,
}

impl Edition {
    /// What a line says of a version.
    pub(super) fn read(written: Written) -> Result<Self, String> {
        let number: Number = written.version.parse().map_err(|sentence| format!("versions: {sentence}"))?;
        let wrong = |what: String| format!("version {number}: {what}");
        let bounds = bounds(written.constraints).map_err(wrong)?;
        let text = bounds.text.filter(|text| !text.trim().is_empty());
        prose("constraints", text.as_deref().unwrap_or("")).map_err(wrong)?;
        let parameters = parameters::read(written.parameters).map_err(wrong)?;
        let entry = EntryPoint { name: ENTRY.to_owned(), parameters, ..EntryPoint::default() };
        let about = About { constraints: text, requires: bounds.requires, ..About::default() };
        Self::of(number, &Manifest { name: None, environment: Environment::None, entry_points: vec![entry], about }).map_err(wrong)
    }

    fn of(number: Number, manifest: &Manifest) -> Result<Self, String> {
        let json = serde_json::to_string(manifest).map_err(|error| error.to_string())?;
        if json.contains("\\u0000") {
            return Err("must not have a NUL character".to_owned());
        }
        let requires = &manifest.about.requires;
        Ok(Self {
            number,
            digest: digest(&json),
            constraints: Constraints::of(manifest).map(|constraints| constraints.whole()),
            accelerator: requires.accelerator.as_str(),
            distributed: requires.distributed,
            manifest: json,
        })
    }
}

impl Written {
    /// What a first version is called that has no number, as of an upload.
    pub(super) fn first() -> Self {
        Self { version: Number::FIRST.to_string(), constraints: Value::Null, parameters: Value::Null }
    }

    /// A stored version as a line has it.
    pub(super) fn of(number: &str, manifest: &Manifest) -> serde_json::Result<Self> {
        let (text, requires) = (manifest.about.constraints.clone(), manifest.about.requires.clone());
        let constraints = match (text, requires == Requires::default()) {
            (None, true) => Value::Null,
            (Some(text), true) => Value::String(text),
            (text, false) => serde_json::to_value(Bounds { text, requires })?,
        };
        let parameters = manifest.default_entry_point().map_or(&[][..], |entry| &entry.parameters);
        Ok(Self { version: number.to_owned(), constraints, parameters: parameters::write(parameters)? })
    }
}

fn bounds(written: Value) -> Result<Bounds, String> {
    let text = |text: String| Bounds { text: Some(text), ..Bounds::default() };
    let shape = || "constraints must be a text, a list of sentences, or {text, requires}".to_owned();
    match written {
        Value::Null => Ok(Bounds::default()),
        Value::String(words) => Ok(text(words)),
        Value::Array(items) => {
            let line = |item: &Value| item.as_str().map(|sentence| format!("- {sentence}\n"));
            items.iter().map(line).collect::<Option<String>>().map(text).ok_or_else(shape)
        }
        bounds @ Value::Object(_) => {
            let bounds: Bounds = serde_json::from_value(bounds).map_err(|error| format!("constraints: {error}"))?;
            let possible = |number: Option<u64>| number.is_none_or(|number| number > 0 && i64::try_from(number).is_ok());
            let possible = possible(bounds.requires.memory) && possible(bounds.requires.cpus.map(u64::from));
            if possible && bounds.requires.inputs.len() <= 100 { Ok(bounds) } else { Err("constraints: such a machine cannot be".to_owned()) }
        }
        _ => Err(shape()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> Result<Edition, String> {
        Edition::read(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn what_is_stored_is_written_again_as_it_was() {
        for (constraints, parameters) in [
            ("null", "[]"),
            ("\"Not for clinical use.\"", r#"[{"name":"rate","type":"float","default":"0.1","min":0.0001,"max":1.0}]"#),
            (
                r#"{"requires":{"accelerator":"gpu","cpus":4,"distributed":true,"inputs":[],"memory":null},"text":"Words."}"#,
                r#"[{"name":"kind","type":"string","choices":["a","b"],"description":"Which one"},{"name":"data","type":"path","channel":false}]"#,
            ),
        ] {
            let json = format!(r#"{{"version":"1.2.3","constraints":{constraints},"parameters":{parameters}}}"#);
            let edition = written(&json).unwrap();
            let manifest: Manifest = serde_json::from_str(&edition.manifest).unwrap();
            let again = Written::of(&edition.number.to_string(), &manifest).unwrap();
            let value: Value = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_value(&again).unwrap(), value);
            assert_eq!(Edition::read(again).unwrap(), edition);
        }
    }

    #[test]
    fn constraints_in_several_shapes() {
        let text =
            |constraints: &str| written(&format!(r#"{{"version": "1.0.0", "constraints": {constraints}}}"#)).map(|edition| edition.constraints);
        assert_eq!(text("[]").unwrap(), None);
        assert_eq!(text("\"  \"").unwrap(), None);
        assert!(text(r#"["One.", "Two."]"#).unwrap().unwrap().starts_with("- One.\n- Two.\n"));
        assert!(text("5").is_err() && text("[5]").is_err() && text(r#"{"requires": {"cpus": 0}}"#).is_err());
        assert!(written(r#"{"version": "1.0"}"#).unwrap_err().contains("1.2.0"));
    }
}
