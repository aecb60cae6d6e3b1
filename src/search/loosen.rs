use super::bits::Bits;
use super::query::Query;
use super::snapshot::Base;

/// A way to find something when a query finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosening {
    /// What to do, as a sentence without its stop.
    pub words: String,
    /// The query to ask instead.
    pub query: Query,
    /// How many algorithms it finds.
    pub total: usize,
}

/// At most so many are offered, and four times as many tried.
const OFFERED: usize = 6;

/// The least changes to `query` that find something, filters first.
pub(super) fn ways(base: &Base, visible: &Bits, query: &Query) -> Vec<Loosening> {
    let filters =
        query.filters.iter().map(|filter| (format!("Remove {} {}", filter.facet.label().to_lowercase(), filter.label()), query.without(filter)));
    let mut tried: Vec<(String, Query)> = filters.take(OFFERED * 2).collect();
    if !query.filters.is_empty() && query.has_words() {
        tried.push(("Remove all filters".to_owned(), Query { filters: Vec::new(), ..query.clone() }));
    }
    if query.words.len() > 1 {
        tried.extend(query.words.iter().map(|word| search_for(query, word)));
    }
    let found = tried.into_iter().filter_map(|way| counted(base, visible, way));
    let mut ways: Vec<Loosening> = found.take(OFFERED).collect();
    if ways.is_empty() {
        let unfiltered = Query { filters: Vec::new(), ..query.clone() };
        let attempts = query.words.iter().flat_map(|word| [(query, word), (&unfiltered, word)]);
        ways.extend(attempts.into_iter().find_map(|(query, word)| shorter(base, visible, query, word)));
    }
    ways
}

fn search_for(query: &Query, words: &str) -> (String, Query) {
    (format!("Search for “{words}”"), Query { page: 1, ..query.clone().with_text(words) })
}

/// The longest beginning of a word, of three letters at least, that occurs: for endings and typing mistakes.
fn shorter(base: &Base, visible: &Bits, query: &Query, word: &str) -> Option<Loosening> {
    let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).skip(3).take(30).collect();
    ends.into_iter().rev().find_map(|end| counted(base, visible, search_for(query, &word[..end])))
}

fn counted(base: &Base, visible: &Bits, (words, query): (String, Query)) -> Option<Loosening> {
    let query = Query { page: 1, ..query };
    let total = base.total(visible, &query);
    (total > 0).then_some(Loosening { words, query, total })
}
