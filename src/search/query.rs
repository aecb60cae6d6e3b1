use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::facets::{Facet, key};
use super::orders::Sort;
use super::terms::{self, Piece};

/// Algorithms on a page.
pub const PAGE: usize = 24;

/// Pages that somebody leafs through.
const NEAR: usize = 40;
/// Letters of a search that are looked at.
const LETTERS: usize = 200;
/// Filters that are looked at.
const FILTERS: usize = 40;
/// Letters of a filter.
const VALUE: usize = 120;

/// One value that a list is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    /// By what.
    pub facet: Facet,
    /// As it was given.
    pub text: String,
    pub(super) key: String,
}

/// What is looked for. Made from the parameters of a URL; what means nothing there is left out.
///
/// | parameter | values |
/// |---|---|
/// | `q` | words in any order, each of which must occur; the last one may be a beginning, unless a space follows. `"words in a row"`; `task:words`, and so `framework`, `license`, `publisher` |
/// | `task`, `framework`, `license` | as publishers wrote them, in any case, `-` for a space |
/// | `publisher` | a handle; `organisation` or `person` for all that are one and not official |
/// | `official`, `open_source`, `distributed` | `true` or `false` |
/// | `accelerator` | `none` (or `cpu`), `gpu` |
/// | `constraints` | `none`, `any` |
/// | `sort` | see [`Sort`] |
/// | `page` | from 1 |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// The words as they were typed.
    pub text: String,
    /// A space follows them: the last one is no beginning.
    pub(super) ended: bool,
    /// What must occur.
    pub(super) pieces: Vec<Piece>,
    /// What an exact name is compared with.
    pub(super) name: String,
    /// What the text narrows to.
    pub(super) qualified: Vec<Filter>,
    /// What the list is narrowed to.
    pub filters: Vec<Filter>,
    /// In what order.
    pub sort: Sort,
    /// From 1.
    pub page: usize,
}

impl Default for Query {
    fn default() -> Self {
        let (pieces, qualified, filters) = (Vec::new(), Vec::new(), Vec::new());
        Self { text: String::new(), ended: false, pieces, name: String::new(), qualified, filters, sort: Sort::Best, page: 1 }
    }
}

impl Query {
    /// The query that these pairs of a URL say.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let mut query = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "q" => query = query.with_text(value),
                "sort" => query.sort = value.parse().unwrap_or(query.sort),
                "page" => query.page = value.parse().unwrap_or(1).max(1),
                _ => filters(name, value).into_iter().for_each(|filter| query.add(filter)),
            }
        }
        query
    }

    /// Everything of one publisher.
    pub fn of_publisher(handle: &str) -> Self {
        let filter = Filter { facet: Facet::Publisher, text: handle.to_owned(), key: handle.to_owned() };
        Self { filters: vec![filter], sort: Sort::Subscribers, ..Self::default() }
    }

    /// The same with other words.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        let letters: String = text.chars().filter(|letter| !letter.is_control()).take(LETTERS).collect();
        self.text = letters.trim().to_owned();
        self.ended = !self.text.is_empty() && letters.ends_with(char::is_whitespace);
        let asked = terms::read(&self.typed());
        (self.pieces, self.name, self.qualified) = (asked.pieces, asked.name, asked.filters);
        self
    }

    /// The same in another order.
    #[must_use]
    pub fn sorted(mut self, sort: Sort) -> Self {
        self.sort = sort;
        self
    }

    /// Another page of it.
    #[must_use]
    pub fn at_page(mut self, page: usize) -> Self {
        self.page = page.max(1);
        self
    }

    /// The same, from its first page, without this filter.
    #[must_use]
    pub fn without(&self, filter: &Filter) -> Self {
        let filters = self.filters.iter().filter(|other| *other != filter).cloned().collect();
        Self { filters, page: 1, ..self.clone() }
    }

    /// Whether it looks for words.
    pub fn has_words(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Whether finding its answer may take long: it looks for words, or for what is far down the list.
    pub fn is_costly(&self) -> bool {
        self.has_words() || self.page > NEAR
    }

    /// Whether every algorithm that matches is looked at for its answer, unless that is kept.
    pub fn is_looked_for(&self) -> bool {
        self.is_costly() || self.narrowed().next().is_some()
    }

    /// Every value it is narrowed to, in the text too.
    pub(super) fn narrowed(&self) -> impl Iterator<Item = &Filter> {
        self.filters.iter().chain(&self.qualified)
    }

    /// The order its answer stands in: without words the best match is what most people chose.
    pub fn effective_sort(&self) -> Sort {
        if self.sort == Sort::Best && self.pieces.is_empty() { Sort::Subscribers } else { self.sort }
    }

    /// As the query of a URL, without the page: pairs with `&` between them, in the order of the contract.
    pub fn to_url(&self) -> String {
        let mut pairs = Vec::new();
        let text = self.typed();
        if !text.is_empty() {
            pairs.push(("q", text.as_str()));
        }
        pairs.extend(self.filters.iter().map(Filter::pair));
        if self.sort != Sort::Best {
            pairs.push(("sort", self.sort.as_str()));
        }
        let written: Vec<String> =
            pairs.into_iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
        written.join("&")
    }

    /// The words, and a space when the last one is whole.
    fn typed(&self) -> String {
        if self.ended { format!("{} ", self.text) } else { self.text.clone() }
    }

    fn add(&mut self, filter: Filter) {
        let known = self.filters.iter().any(|other| (other.facet, &other.key) == (filter.facet, &filter.key));
        if !known && self.filters.len() < FILTERS {
            self.filters.push(filter);
        }
    }
}

impl Filter {
    /// One of a facet whose values are what publishers wrote; `None` if it says nothing.
    pub(super) fn read(facet: Facet, text: &str) -> Option<Self> {
        let text: String = text.trim().chars().filter(|letter| !letter.is_control()).take(VALUE).collect();
        let key = if facet == Facet::Publisher { text.to_lowercase() } else { key(&text) };
        (!key.is_empty()).then_some(Self { facet, text, key })
    }

    fn pair(&self) -> (&'static str, &str) {
        match self.facet.fixed().iter().find(|(key, ..)| *key == self.key) {
            Some((_, parameter, value, _)) => (parameter, value),
            None => (self.facet.parameter(), &self.text),
        }
    }

    /// Its words on the screen.
    pub fn label(&self) -> &str {
        self.facet.fixed().iter().find(|(key, ..)| *key == self.key).map_or(&self.text, |(.., label)| label)
    }
}

/// What one parameter narrows to: nothing if it means nothing.
fn filters(name: &str, value: &str) -> Vec<Filter> {
    let text: String = value.trim().chars().filter(|letter| !letter.is_control()).take(VALUE).collect();
    let yes = matches!(text.to_lowercase().as_str(), "true" | "1" | "yes" | "on");
    let no = matches!(text.to_lowercase().as_str(), "false" | "0" | "no" | "off");
    let word = key(&text);
    let (facet, keys): (Facet, Vec<&str>) = match (name, word.as_str()) {
        (_, "") => return Vec::new(),
        ("task", word) => (Facet::Task, vec![word]),
        ("framework", word) => (Facet::Framework, vec![word]),
        ("license", word) => (Facet::License, vec![word]),
        ("publisher", "organisation" | "person" | "official") => (Facet::Kind, vec![&word]),
        ("publisher", _) => return Filter::read(Facet::Publisher, &text).into_iter().collect(),
        ("official", _) if yes => (Facet::Kind, vec!["official"]),
        ("official", _) if no => (Facet::Kind, vec!["organisation", "person"]),
        ("open_source", _) => (Facet::OpenSource, flag(yes, no)),
        ("distributed", _) => (Facet::Distributed, flag(yes, no)),
        ("accelerator", "none" | "cpu") => (Facet::Accelerator, vec!["none"]),
        ("accelerator", "gpu") => (Facet::Accelerator, vec!["gpu"]),
        ("constraints", "none" | "any") => (Facet::Constraints, vec![&word]),
        _ => return Vec::new(),
    };
    keys.into_iter().map(|key| Filter { facet, text: text.clone(), key: key.to_owned() }).collect()
}

fn flag(yes: bool, no: bool) -> Vec<&'static str> {
    match (yes, no) {
        (true, _) => vec!["true"],
        (_, true) => vec!["false"],
        _ => Vec::new(),
    }
}
