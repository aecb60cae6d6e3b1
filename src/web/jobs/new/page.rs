use askama::Template;

use super::field::{Control, Field};
use crate::billing::cost_micros;
use crate::config::Flavor;
use crate::error::Mistakes;
use crate::jobs::{self, Past, Typed};
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::ground::Ground;
use crate::web::page::Layout;
use crate::web::rail::Rail;

/// A flavor as a row to choose.
pub struct Choice {
    flavor: Flavor,
    /// Why it cannot be chosen; `None` when it can.
    why_not: Option<String>,
    chosen: bool,
    past: Option<Past>,
}

impl Choice {
    /// What half of the past runs cost less than.
    fn past_cost(&self) -> Option<i64> {
        self.past.map(|past| cost_micros(self.flavor.price_micros, 1, past.median_ms))
    }
}

/// The form.
#[derive(Template)]
#[template(path = "jobs/new.html", blocks = ["estimate"])]
pub struct NewJobPage {
    layout: Layout,
    rail: Rail,
    ground: Ground,
    typed: Typed,
    mistakes: Mistakes,
    /// Why no job of this version can run here; `None` when one can.
    impossible: Option<String>,
    fields: Vec<Field>,
    choices: Vec<Choice>,
    /// The most that the chosen flavor can cost before auto stop.
    most_micros: Option<i64>,
}

impl NewJobPage {
    /// The form with what was typed, and what is wrong with it.
    pub fn of(layout: Layout, rail: Rail, ground: Ground, mut typed: Typed, mistakes: Mistakes) -> Self {
        if typed.launch_id.is_empty() {
            typed.launch_id = format!("{:032x}", rand::random::<u128>());
        }
        // Nothing was typed yet where a name is wrong only because it is missing.
        if typed.name.is_empty() && !mistakes.contains_key("name") {
            typed.name = ground.name.clone();
        }
        for (field, usual) in [(&mut typed.nodes, "1"), (&mut typed.retries, "0")] {
            if field.is_empty() {
                field.push_str(usual);
            }
        }
        let launch = ground.launch();
        let entry = launch.entry_point(&typed.entry_point).or(ground.manifest.default_entry_point());
        let fields = entry.map_or_else(Vec::new, |entry| Field::all(entry, &typed, &ground.datasets, &mistakes));
        typed.entry_point = entry.map_or_else(String::new, |entry| entry.name.clone());
        let impossible = launch.runnable().err();
        let choices = choices(&ground, &typed.flavor);
        let chosen = choices.iter().find(|choice| choice.chosen);
        let limit = jobs::limit_ms(&typed.stop_after);
        let most_micros = chosen.zip(limit).map(|(choice, ms)| cost_micros(choice.flavor.price_micros, 1, ms));
        Self { layout, rail, typed, mistakes, impossible, fields, choices, most_micros, ground }
    }

    fn chosen(&self) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.chosen)
    }

    fn inputs(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_input)
    }

    fn hyperparameters(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.is_input)
    }

    /// Id and label of each field with a mistake, as far as the form has one for it.
    fn faults(&self) -> Vec<(String, String)> {
        let own = |name: &str| self.fields.iter().find(|field| name.strip_prefix("param.") == Some(&field.label));
        let label = |name: &String| match own(name) {
            Some(field) => (field.name.clone(), field.label.clone()),
            None => (name.clone(), title(name)),
        };
        self.mistakes.keys().map(label).collect()
    }

    fn summary(&self) -> String {
        match self.mistakes.len() {
            1 => "1 field needs a change before the job can start.".to_owned(),
            many => format!("{many} fields need a change before the job can start."),
        }
    }

    /// `publisher/name`.
    fn path(&self) -> String {
        format!("{}/{}", self.ground.access.publisher.handle, self.ground.access.algorithm.name)
    }
}

fn title(name: &str) -> String {
    match name {
        "env" => "Environment variables".to_owned(),
        "stop_after" => "Auto stop".to_owned(),
        "retries" => "Retries on failure".to_owned(),
        _ => {
            let words = name.trim_start_matches("param.").replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// Every flavor of the region; the one asked for is chosen, else the first that can be.
fn choices(ground: &Ground, asked: &str) -> Vec<Choice> {
    let requires = &ground.manifest.about.requires;
    let why_not = |flavor: &Flavor| jobs::unsuitable(flavor, requires, ground.room.as_ref());
    let can = |flavor: &&Flavor| why_not(flavor).is_none();
    let flavors = &ground.region.flavors;
    let first = || flavors.iter().find(can).map(|flavor| flavor.id.clone());
    let wanted = flavors.iter().filter(can).find(|flavor| flavor.id == asked).map(|flavor| flavor.id.clone());
    let chosen = if asked.is_empty() { wanted.or_else(first) } else { wanted };
    let choice = |flavor: &Flavor| Choice {
        why_not: why_not(flavor),
        chosen: chosen.as_deref() == Some(flavor.id.as_str()),
        past: ground.past.get(&flavor.id).copied(),
        flavor: flavor.clone(),
    };
    flavors.iter().map(choice).collect()
}
