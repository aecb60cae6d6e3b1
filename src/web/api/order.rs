use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::Mistakes;
use crate::jobs::Typed;
use crate::web::ground::Sent;

/// A training job to be submitted. The form's own names do as well: `param.NAME`, `input.NAME`, `env.NAME`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// On the screen, 1 to 80 characters.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 80)]
    pub name: String,
    /// Your own words.
    #[serde(default)]
    pub description: String,
    /// `publisher/name`; you need an active subscription.
    #[serde(default)]
    #[schema(required = true, pattern = "^[a-z0-9-]+/[a-z0-9-]+$")]
    pub algorithm: String,
    /// `1.2.3`; else the newest.
    #[serde(default)]
    pub version: String,
    /// Id of the service region; may be left out where there is only one.
    #[serde(default)]
    pub region: String,
    /// As in `MLproject`; else the default one.
    #[serde(default)]
    pub entry_point: String,
    /// Hyperparameters by name; those left out have their defaults.
    #[serde(default)]
    pub parameters: BTreeMap<String, Scalar>,
    /// Inputs by name: one of your datasets (`name` or `name@2`), or a file of the version.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Id of the flavor.
    #[serde(default)]
    #[schema(required = true)]
    pub flavor: String,
    /// How many machines; else 1.
    pub nodes: Option<Scalar>,
    /// Further attempts after a failure, 0 to 3; else none.
    pub retries: Option<Scalar>,
    /// Seconds, or `30m`, `2h`, `1d`: each attempt is stopped after running so long; else never.
    pub stop_after: Option<Scalar>,
    /// As the form has it; an `Idempotency-Key` goes first.
    #[serde(default)]
    #[schema(pattern = "^[ -~]{0,100}$")]
    pub launch_id: String,
}

/// What the form calls by a prefix stands in an object of its own here.
const FORM_NAMES: [(&str, &str); 3] = [("param.", "parameters"), ("input.", "inputs"), ("env.", "environment")];

/// Whether a job is sent with the form's names.
pub fn is_flat(sent: &Value) -> bool {
    sent.as_object().is_some_and(|fields| fields.keys().any(|name| FORM_NAMES.iter().any(|(prefix, _)| name.starts_with(prefix))))
}

/// The same JSON with the form's names put where [`Order`] has them. What is no object stays as it is, and is refused later.
pub fn unfolded(mut sent: Value) -> Value {
    let Value::Object(fields) = &mut sent else { return sent };
    for (prefix, object) in FORM_NAMES {
        let names: Vec<String> = fields.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        for name in names {
            let Some(value) = fields.remove(&name) else { continue };
            if let Value::Object(inner) = fields.entry(object).or_insert_with(|| Value::Object(Map::new())) {
                inner.insert(name[prefix.len()..].to_owned(), value);
            }
        }
    }
    sent
}

/// A value as JSON has it: what it may be, the algorithm says.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`
    Flag(bool),
    /// `8`
    Whole(i64),
    /// `0.001`
    Number(f64),
    /// `"adam"`
    Text(String),
}

impl Scalar {
    fn text(self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

impl Order {
    /// The same as a form would have sent it.
    pub fn sent(self, launch_id: String) -> Sent {
        let text = |scalar: Option<Scalar>| scalar.map_or_else(String::new, Scalar::text);
        let typed = Typed {
            launch_id,
            name: self.name,
            description: self.description,
            entry_point: self.entry_point,
            values: self.parameters.into_iter().map(|(name, value)| (name, value.text())).collect(),
            inputs: self.inputs,
            environment: self.environment.into_iter().collect(),
            flavor: self.flavor,
            nodes: text(self.nodes),
            retries: text(self.retries),
            stop_after: text(self.stop_after),
        };
        Sent { algorithm: self.algorithm, version: self.version, typed }
    }
}

/// Mistakes under the names that were sent: `flat` is how the form calls them.
pub fn as_sent(mistakes: Mistakes, typed: &Typed, flat: bool) -> Mistakes {
    let [parameter, input, environment] = if flat { ["param", "input", "env"] } else { ["parameters", "inputs", "environment"] };
    let name = |field: String| match field.strip_prefix("param.") {
        Some(name) if typed.inputs.contains_key(name) => format!("{input}.{name}"),
        Some(name) => format!("{parameter}.{name}"),
        None if field == "env" => environment.to_owned(),
        None => field,
    };
    mistakes.into_iter().map(|(field, sentence)| (name(field), sentence)).collect()
}
