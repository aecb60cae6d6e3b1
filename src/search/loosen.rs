use std::sync::Arc;

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

/// At most so many are offered, and four times as many tried.
const OFFERED: usize = 6;

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
    let mut ways = Vec::new();
    for way in tried {
        ways.extend(counted(view, sight, way)?);
        if ways.len() == OFFERED {
            break;
        }
    }
    if ways.is_empty() {
        let unfiltered = Query { filters: Vec::new(), ..query.clone() };
        for (query, piece) in query.pieces.iter().flat_map(|piece| [(query, piece), (&unfiltered, piece)]) {
            if ways.is_empty() && !piece.quoted {
                ways.extend(shorter(view, sight, query, &piece.text)?);
            }
        }
    }
    Ok(ways)
}

fn search_for(query: &Query, words: &str) -> (String, Query) {
    (format!("Search for “{}”", words.trim_matches('"')), Query { page: 1, ..query.clone().with_text(words) })
}

/// The longest beginning of a word, of three letters at least, that occurs: for endings and typing mistakes.
fn shorter(view: &View, sight: &Arc<Sight>, query: &Query, word: &str) -> Result<Option<Loosening>> {
    let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).skip(3).take(30).collect();
    for end in ends.into_iter().rev() {
        if let Some(way) = counted(view, sight, search_for(query, &word[..end]))? {
            return Ok(Some(way));
        }
    }
    Ok(None)
}

fn counted(view: &View, sight: &Arc<Sight>, (words, query): (String, Query)) -> Result<Option<Loosening>> {
    let query = Query { page: 1, ..query };
    let total = view.total(sight, &query)?;
    Ok((total > 0).then_some(Loosening { words, query, total }))
}
