use std::collections::HashMap;
use std::sync::Arc;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::fields::Text;
use super::loosen::Loosening;
use super::marks::distance;
use super::query::Query;
use super::sight::Sight;
use super::terms::Piece;
use super::view::View;
use crate::error::Result;

/// Words that are tried in place of one.
const TRIED: usize = 6;

/// The query that was probably meant by one that finds nothing as it was typed: with known words in place of unknown ones. It
/// finds something that the reader may see, so what only others may see is never given away.
///
/// # Errors
/// The disk's.
pub(super) fn meant(view: &View, sight: &Arc<Sight>, query: &Query) -> Result<Option<Loosening>> {
    let (mut text, mut ended) = (query.text.clone(), query.ended);
    for piece in query.pieces.iter().filter(|piece| piece.mistakes() > 0) {
        let typed = if piece.open { piece.text.clone() } else { format!("{} ", piece.text) };
        if view.knows(sight, &typed)? {
            continue;
        }
        for word in near(view, piece)? {
            // As a whole word: a beginning could be of something else.
            if view.knows(sight, &format!("{word} "))? {
                text = replaced(&text, &piece.text, &word);
                ended |= piece.open;
                break;
            }
        }
    }
    if text == query.text {
        return Ok(None);
    }
    let query = Query { page: 1, ..query.clone() }.with_text(&format!("{text}{}", if ended { " " } else { "" }));
    let total = view.typed(sight, &query)?;
    Ok((total > 0).then_some(Loosening { words: text, query, total }))
}

/// Known words like this one, the most like it and most frequent first.
fn near(view: &View, piece: &Piece) -> Result<Vec<String>> {
    let Some(word) = piece.word() else { return Ok(Vec::new()) };
    let mut known: HashMap<String, u64> = HashMap::new();
    for text in Text::ALL.into_iter().filter(|text| *text != Text::Description) {
        let field = view.fields.text(text);
        let term = Term::from_field_text(field, word);
        let like =
            if piece.open { FuzzyTermQuery::new_prefix(term, piece.mistakes(), true) } else { FuzzyTermQuery::new(term, piece.mistakes(), true) };
        let automaton = like.automaton()?;
        for reader in view.searcher.segment_readers() {
            let index = reader.inverted_index(field)?;
            let mut terms = index.terms().search(&automaton).into_stream()?;
            while terms.advance() {
                let frequency = u64::from(terms.value().doc_freq);
                if let Ok(word) = std::str::from_utf8(terms.key()) {
                    *known.entry(word.to_owned()).or_default() += frequency;
                }
            }
        }
    }
    let mut near: Vec<(usize, usize, u64, String)> =
        known.into_iter().map(|(other, frequency)| (distance(word, &other, piece.open), distance(word, &other, false), frequency, other)).collect();
    near.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.cmp(&a.2)).then_with(|| a.3.cmp(&b.3)));
    Ok(near.into_iter().take(TRIED).map(|(.., word)| word).collect())
}

/// The text with one word of it replaced, in whatever case it is.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let lower = text.to_lowercase();
    match lower.find(word).filter(|_| lower.len() == text.len()) {
        Some(at) if text.is_char_boundary(at) && text.is_char_boundary(at + word.len()) => format!("{}{by}{}", &text[..at], &text[at + word.len()..]),
        _ => text.to_owned(),
    }
}
