use std::collections::HashMap;
use std::sync::Arc;

use super::bits::Bits;
use super::card::About;
use super::postings::Postings;
use super::query::Filter;
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

    /// What an algorithm has of it.
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

/// The values of one facet and who has them.
#[derive(Default)]
struct Column {
    values: Vec<Value>,
    numbers: HashMap<String, usize>,
}

struct Value {
    parameter: &'static str,
    key: Arc<str>,
    value: Arc<str>,
    label: Arc<str>,
    postings: Postings,
}

/// The index of every facet.
pub(super) struct Facets {
    columns: [Column; Facet::ALL.len()],
    size: usize,
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

impl Facets {
    pub(super) fn of(abouts: &[Arc<About>]) -> Self {
        Self { columns: Facet::ALL.map(|facet| Column::of(facet, abouts)), size: abouts.len() }
    }

    /// The slots that these filters of one facet let through.
    pub(super) fn chosen(&self, facet: Facet, filters: &[Filter]) -> Bits {
        let column = &self.columns[facet as usize];
        let mut set = Bits::none(self.size);
        let theirs = filters.iter().filter(|filter| filter.facet == facet);
        for value in theirs.filter_map(|filter| column.numbers.get(&filter.key)) {
            column.values[*value].postings.join_into(&mut set);
        }
        set
    }

    /// The values of a facet as counted in `base`, the most frequent first; only chosen ones of [`Facet::Publisher`].
    pub(super) fn choices(&self, facet: Facet, filters: &[Filter], base: &Bits) -> Vec<Choice> {
        let column = &self.columns[facet as usize];
        let chosen = |number: usize| filters.iter().any(|filter| filter.facet == facet && column.numbers.get(&filter.key) == Some(&number));
        let mut choices: Vec<Choice> = if facet == Facet::Publisher {
            filters
                .iter()
                .filter(|filter| filter.facet == facet)
                .filter_map(|filter| column.numbers.get(&filter.key))
                .map(|number| column.values[*number].choice(base, true))
                .collect()
        } else {
            column.values.iter().enumerate().map(|(number, value)| value.choice(base, chosen(number))).collect()
        };
        let nowhere = filters.iter().filter(|filter| filter.facet == facet && !column.numbers.contains_key(&filter.key));
        choices.extend(nowhere.map(|filter| Choice {
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
}

impl Value {
    fn choice(&self, base: &Bits, chosen: bool) -> Choice {
        Choice {
            parameter: self.parameter,
            key: Arc::clone(&self.key),
            value: Arc::clone(&self.value),
            label: Arc::clone(&self.label),
            count: self.postings.common(base),
            chosen,
        }
    }
}

impl Column {
    fn of(facet: Facet, abouts: &[Arc<About>]) -> Self {
        let mut column = Self::default();
        let mut slots: Vec<Vec<u32>> = Vec::new();
        for (key, parameter, value, label) in facet.fixed() {
            column.add((*key).to_owned(), parameter, value, label);
            slots.push(Vec::new());
        }
        for (slot, about) in (0..).zip(abouts) {
            let value = facet.value(about);
            let key = key(value);
            let number = match column.numbers.get(&key) {
                Some(number) => *number,
                None => {
                    slots.push(Vec::new());
                    column.add(key, facet.parameter(), value, value)
                }
            };
            slots[number].push(slot);
        }
        for (value, slots) in column.values.iter_mut().zip(slots) {
            value.postings = Postings::of(slots, abouts.len());
        }
        column
    }

    /// Its number.
    fn add(&mut self, key: String, parameter: &'static str, value: &str, label: &str) -> usize {
        let number = self.values.len();
        self.values.push(Value {
            parameter,
            key: key.as_str().into(),
            value: value.into(),
            label: label.into(),
            postings: Postings::Few(Vec::new()),
        });
        self.numbers.insert(key, number);
        number
    }
}
