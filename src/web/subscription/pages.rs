//! What the Constraints and Note pages show.

use askama::Template;
use chrono_tz::Tz;

use super::details;
use super::step::Step;
use crate::config::{Config, Flavor};
use crate::consents::{Change, Kind, Line, Missing};
use crate::error::Mistakes;
use crate::markdown;
use crate::versions::{self, Check, Constraints};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};

/// What both pages show beside the text.
pub struct Subject {
    title: String,
    task: String,
    publisher: String,
    name: String,
    path: String,
    version: String,
    digest: String,
    constrained: bool,
    noted: bool,
    active: bool,
}

impl Subject {
    fn of(step: &Step, text: &Missing) -> Self {
        let access = &step.access;
        Self {
            title: access.algorithm.title.clone(),
            task: access.algorithm.task.clone(),
            publisher: access.publisher.handle.clone(),
            name: access.algorithm.name.clone(),
            path: details(access),
            version: step.version.number.clone(),
            digest: text.digest.clone(),
            constrained: step.version.constraints_digest.is_some(),
            noted: step.missing.iter().any(|text| text.kind == Kind::Note),
            active: access.subscribed,
        }
    }
}

/// A constraint that a machine can check, as a row.
struct Need {
    label: String,
    is_input: bool,
    sentence: String,
    fit: usize,
    of: usize,
}

#[derive(Template)]
#[template(path = "subscription/constraints.html")]
pub struct ConstraintsPage {
    layout: Layout,
    tz: Tz,
    subject: Subject,
    /// The publisher's words, as HTML.
    words: String,
    needs: Vec<Need>,
    /// Name of the region whose flavors are counted, when there is only one.
    place: Option<String>,
    change: Option<Change>,
}

impl ConstraintsPage {
    /// The words and the list when they are what the stored text says, else that text as it is.
    pub fn of(view: &View, config: &Config, step: &Step, text: &Missing) -> Result<Self> {
        let manifest = step.version.manifest()?;
        let parts = Constraints::of(&manifest).filter(|parts| parts.whole() == text.text);
        let needs = if parts.is_some() { needs(config, &manifest.about.requires) } else { Vec::new() };
        let words = parts.map_or_else(|| text.text.clone(), |parts| parts.text);
        let place = match config.regions.as_slice() {
            [only] => Some(only.name.clone()),
            _ => None,
        };
        let (words, change) = (markdown::render(&words), step.change.clone());
        Ok(Self { layout: view.layout("market"), tz: view.tz, subject: Subject::of(step, text), words, needs, place, change })
    }
}

fn needs(config: &Config, requires: &crate::package::Requires) -> Vec<Need> {
    let flavors: Vec<&Flavor> = config.regions.iter().flat_map(|region| &region.flavors).collect();
    let row = |need: versions::Need| Need {
        fit: flavors.iter().filter(|flavor| versions::fits(requires, need.check, flavor) == Some(true)).count(),
        of: flavors.len(),
        is_input: need.check == Check::AtSubmit,
        label: need.label,
        sentence: markdown::render(&need.sentence),
    };
    versions::needs(requires).into_iter().map(row).collect()
}

#[derive(Template)]
#[template(path = "subscription/note.html")]
pub struct NotePage {
    layout: Layout,
    subject: Subject,
    /// *Data Security and Privacy Risk*, as HTML.
    risk: String,
    /// *Service Agreement*, as HTML.
    agreement: String,
    accept_risk: bool,
    accept_agreement: bool,
    mistakes: Mistakes,
}

impl NotePage {
    /// The two texts, with what was ticked before.
    pub fn of(view: &View, config: &Config, step: &Step, text: &Missing, ticks: [bool; 2], mistakes: Mistakes) -> Result<Self> {
        let (risk, agreement) = (markdown::render_with("risk-", &config.note.risk), markdown::render_with("agreement-", &config.note.agreement));
        let [accept_risk, accept_agreement] = ticks;
        let (layout, subject) = (view.layout("market"), Subject::of(step, text));
        Ok(Self { layout, subject, risk, agreement, accept_risk, accept_agreement, mistakes })
    }
}
