use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::Mistakes;
use crate::jobs::Typed;
use crate::web::ground::Sent;

/// A training job to be submitted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// On the screen, 1 to 80 characters.
    #[serde(default)]
    #[schema(required = true)]
    pub name: String,
    /// Your own words.
    #[serde(default)]
    pub description: String,
    /// `publisher/name`; you need an active subscription.
    #[serde(default)]
    #[schema(required = true)]
    pub algorithm: String,
    /// `1.2.3`; else the newest.
    #[serde(default)]
    pub version: String,
    /// Id of the service region.
    #[serde(default)]
    #[schema(required = true)]
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

/// Mistakes under the names that were sent: the form calls a hyperparameter `param.NAME`.
pub fn as_sent(mistakes: Mistakes, typed: &Typed) -> Mistakes {
    let name = |field: String| match field.strip_prefix("param.") {
        Some(name) if typed.inputs.contains_key(name) => format!("inputs.{name}"),
        Some(name) => format!("parameters.{name}"),
        None if field == "env" => "environment".to_owned(),
        None => field,
    };
    mistakes.into_iter().map(|(field, sentence)| (name(field), sentence)).collect()
}
