use std::collections::HashMap;
use std::sync::Arc;

use super::card::About;
use super::query::{Filter, Query};
use crate::publishers::Kind;

/// By what a list can be narrowed. Values of one facet widen each other, facets narrow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// What it does.
    Task,
    /// With what.
    Framework,
    /// Official, an organisation, a person: each publisher is one of the three.
    Kind,
    /// One publisher, by handle.
    Publisher,
    /// The licence.
    License,
    /// CPU or GPU.
    Accelerator,
    /// On several nodes.
    Distributed,
    /// Whether everybody may read the code.
    OpenSource,
    /// Whether there is something to accept first.
    Constraints,
}

/// A value that is always offered: its key, its parameter and value in URLs, its words on the screen.
type Fixed = (&'static str, &'static str, &'static str, &'static str);

const KINDS: [Fixed; 3] = [
    ("official", "official", "true", "Official"),
    ("organisation", "publisher", "organisation", "Organisation"),
    ("person", "publisher", "person", "Person"),
];
const ACCELERATORS: [Fixed; 2] = [("none", "accelerator", "none", "CPU only"), ("gpu", "accelerator", "gpu", "GPU")];
const DISTRIBUTED: [Fixed; 2] = [("true", "distributed", "true", "Distributed"), ("false", "distributed", "false", "One node")];
const OPEN_SOURCE: [Fixed; 2] = [("true", "open_source", "true", "Open source"), ("false", "open_source", "false", "Closed source")];
const CONSTRAINTS: [Fixed; 2] = [("none", "constraints", "none", "No constraints"), ("any", "constraints", "any", "With constraints")];

impl Facet {
    /// Each once, in the order of the page.
    pub const ALL: [Self; 9] = [
        Self::Task,
        Self::Framework,
        Self::Kind,
        Self::Publisher,
        Self::License,
        Self::Accelerator,
        Self::Distributed,
        Self::OpenSource,
        Self::Constraints,
    ];

    /// As the page names it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Framework => "Framework",
            Self::Kind | Self::Publisher => "Publisher",
            Self::License => "Licence",
            Self::Accelerator | Self::Distributed => "Runs on",
            Self::OpenSource | Self::Constraints => "Terms",
        }
    }

    /// The values it always has; nothing for a facet whose values are what publishers wrote.
    pub(super) const fn fixed(self) -> &'static [Fixed] {
        match self {
            Self::Task | Self::Framework | Self::Publisher | Self::License => &[],
            Self::Kind => &KINDS,
            Self::Accelerator => &ACCELERATORS,
            Self::Distributed => &DISTRIBUTED,
            Self::OpenSource => &OPEN_SOURCE,
            Self::Constraints => &CONSTRAINTS,
        }
    }

    pub(super) const fn parameter(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Framework => "framework",
            Self::License => "license",
            _ => "publisher",
        }
    }

    /// What an algorithm has of it: one value, but of tasks as many as it is for.
    pub(super) fn values(self, about: &About) -> Vec<&str> {
        if self == Self::Task { about.tasks().collect() } else { vec![self.value(about)] }
    }

    fn value(self, about: &About) -> &str {
        let word = |is: bool, words: [&'static str; 2]| if is { words[0] } else { words[1] };
        match self {
            Self::Task => &about.task,
            Self::Framework => &about.framework,
            Self::License => &about.license,
            Self::Publisher => &about.publisher.handle,
            Self::Kind if about.publisher.official => "official",
            Self::Kind => word(about.publisher.kind == Kind::Organisation, ["organisation", "person"]),
            Self::Accelerator => &about.accelerator,
            Self::Distributed => word(about.distributed, ["true", "false"]),
            Self::OpenSource => word(about.open_source, ["true", "false"]),
            Self::Constraints => word(about.constrained, ["any", "none"]),
        }
    }
}

/// A value as the page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its parameter in the URL.
    pub parameter: &'static str,
    /// Names it among the values of its facet; without spaces.
    pub key: Arc<str>,
    /// Its value in the URL.
    pub value: Arc<str>,
    /// Its words on the screen.
    pub label: Arc<str>,
    /// How many algorithms have it, among those that everything but this facet lets through.
    pub count: usize,
    /// The query asks for it.
    pub chosen: bool,
}

/// How a value is compared: "image-classification" is "Image classification".
pub(super) fn key(text: &str) -> String {
    let words: Vec<String> = text
        .split(|letter: char| letter.is_whitespace() || letter == '-' || letter == '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

/// How often each value of a facet was seen: by its key, and by how it was written.
pub(super) type Counted = HashMap<Arc<str>, HashMap<Arc<str>, usize>>;

/// What is offered of a facet, the most frequent first; of [`Facet::Publisher`] only what is asked for.
pub(super) fn choices(facet: Facet, query: &Query, counted: &Counted) -> Vec<Choice> {
    let chosen = |key: &str| query.filters.iter().any(|filter| filter.facet == facet && filter.key == key);
    let total = |key: &str| counted.get(key).map_or(0, |written| written.values().sum());
    let fixed = facet.fixed().iter().map(|(key, parameter, value, label)| Choice {
        parameter,
        key: (*key).into(),
        value: (*value).into(),
        label: (*label).into(),
        count: total(key),
        chosen: chosen(key),
    });
    let mut choices: Vec<Choice> = fixed.collect();
    let known = |choices: &[Choice], key: &str| choices.iter().any(|choice| &*choice.key == key);
    let found: Vec<Choice> = counted
        .iter()
        .filter(|(key, _)| !known(&choices, key) && (facet != Facet::Publisher || chosen(key)))
        .filter_map(|(key, written)| {
            let label = label(written)?;
            Some(Choice {
                parameter: facet.parameter(),
                key: Arc::clone(key),
                value: Arc::clone(label),
                label: Arc::clone(label),
                count: total(key),
                chosen: chosen(key),
            })
        })
        .collect();
    choices.extend(found);
    let nowhere: Vec<&Filter> = query.filters.iter().filter(|filter| filter.facet == facet && !known(&choices, &filter.key)).collect();
    choices.extend(nowhere.into_iter().map(|filter| Choice {
        parameter: facet.parameter(),
        key: filter.key.as_str().into(),
        value: filter.text.as_str().into(),
        label: filter.text.as_str().into(),
        count: 0,
        chosen: true,
    }));
    if facet.fixed().is_empty() {
        choices.retain(|choice| choice.count > 0 || choice.chosen);
        choices.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    }
    choices
}

/// How most of them write it.
fn label(written: &HashMap<Arc<str>, usize>) -> Option<&Arc<str>> {
    written.iter().max_by(|(a, count), (b, other)| count.cmp(other).then_with(|| b.cmp(a))).map(|(label, _)| label)
}
