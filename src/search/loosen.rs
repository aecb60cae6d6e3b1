use std::sync::Arc;

use super::matching;
use super::query::Query;
use super::sight::Sight;
use super::view::View;
use crate::error::Result;

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

/// At most so many are offered.
const OFFERED: usize = 6;
/// At most so many are tried, and so many of them with words like those that were typed, which takes longest: who finds nothing must
/// not keep others waiting.
const TRIED: usize = 24;
const FORGIVEN: usize = 8;

/// The least changes to `query` that find something, filters first.
///
/// # Errors
/// The disk's.
pub(super) fn ways(view: &View, sight: &Arc<Sight>, query: &Query) -> Result<Vec<Loosening>> {
    let filters =
        query.filters.iter().map(|filter| (format!("Remove {} {}", filter.facet.label().to_lowercase(), filter.label()), query.without(filter)));
    let mut tried: Vec<(String, Query)> = filters.take(OFFERED * 2).collect();
    if !query.filters.is_empty() && query.has_words() {
        tried.push(("Remove all filters".to_owned(), Query { filters: Vec::new(), ..query.clone() }));
    }
    let words: Vec<String> = query.pieces.iter().map(|piece| if piece.quoted { format!("\"{}\"", piece.text) } else { piece.text.clone() }).collect();
    if words.len() > 1 || !query.qualified.is_empty() {
        tried.extend(words.iter().map(|word| search_for(query, word)));
    }
    let mut tries = Tries { view, sight, left: TRIED, forgiven: FORGIVEN };
    let mut ways = Vec::new();
    for way in tried {
        ways.extend(tries.counted(way)?);
        if ways.len() == OFFERED {
            break;
        }
    }
    if ways.is_empty() {
        let unfiltered = (!query.filters.is_empty()).then(|| Query { filters: Vec::new(), ..query.clone() });
        for piece in query.pieces.iter().filter(|piece| !piece.quoted) {
            for query in std::iter::once(query).chain(&unfiltered) {
                if ways.is_empty() {
                    ways.extend(tries.shorter(query, &piece.text)?);
                }
            }
        }
    }
    Ok(ways)
}

fn search_for(query: &Query, words: &str) -> (String, Query) {
    (format!("Search for “{}”", words.trim_matches('"')), Query { page: 1, ..query.clone().with_text(words) })
}

struct Tries<'a> {
    view: &'a View,
    sight: &'a Arc<Sight>,
    left: usize,
    forgiven: usize,
}

impl Tries<'_> {
    /// The longest beginning of a word, of three letters at least, that occurs: for endings and typing mistakes.
    fn shorter(&mut self, query: &Query, word: &str) -> Result<Option<Loosening>> {
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).skip(3).take(30).collect();
        // Where a beginning occurs, every beginning of that does.
        let (mut found, mut missed, mut longest) = (0, ends.len() + 1, None);
        while missed - found > 1 {
            let middle = usize::midpoint(found, missed);
            match self.counted(search_for(query, &word[..ends[middle - 1]]))? {
                Some(way) => (found, longest) = (middle, Some(way)),
                None => missed = middle,
            }
        }
        Ok(longest)
    }

    fn counted(&mut self, (words, query): (String, Query)) -> Result<Option<Loosening>> {
        let query = Query { page: 1, ..query };
        let forgives = matching::can_forgive(&query);
        let total = if self.left == 0 || (forgives && self.forgiven == 0) {
            self.typed(&query)?
        } else {
            (self.left, self.forgiven) = (self.left - 1, self.forgiven - usize::from(forgives));
            self.view.total(self.sight, &query)?
        };
        Ok((total > 0).then_some(Loosening { words, query, total }))
    }

    fn typed(&mut self, query: &Query) -> Result<usize> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(0) };
        self.left = left;
        self.view.typed(self.sight, query)
    }
}
