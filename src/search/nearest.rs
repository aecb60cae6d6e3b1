use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::fields::Text;
use super::marks::distances;
use super::query::Query;
use super::sight::Sight;
use super::terms::Piece;
use super::view::View;
use crate::error::Result;

/// Words that are tried in place of one.
const TRIED: usize = 6;

/// What was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// As one would have typed it.
    pub words: String,
    /// The query to ask instead; it finds something.
    pub query: Query,
}

/// The query that was probably meant by one that finds nothing as it was typed: with known words in place of unknown ones. It
/// finds something that the reader may see, so what only others may see is never given away.
///
/// # Errors
/// The disk's.
pub(super) fn meant(view: &View, sight: &Arc<Sight>, query: &Query) -> Result<Option<Meant>> {
    let (mut text, mut ended) = (query.text.clone(), query.ended);
    for piece in query.pieces.iter().filter(|piece| piece.mistakes() > 0) {
        let typed = if piece.open { piece.text.clone() } else { format!("{} ", piece.text) };
        if knows(view, sight, &typed)? {
            continue;
        }
        for word in near(view, piece)? {
            // As a whole word: a beginning could be of something else.
            if knows(view, sight, &format!("{word} "))? {
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
    Ok(view.finds(sight, &query)?.then_some(Meant { words: text, query }))
}

/// Whether words as they were typed occur in anything that the reader may see.
fn knows(view: &View, sight: &Arc<Sight>, words: &str) -> Result<bool> {
    view.finds(sight, &Query::default().with_text(words))
}

/// Known words like this one, the most like it and most frequent first.
fn near(view: &View, piece: &Piece) -> Result<Vec<String>> {
    let (Some(word), Some(like)) = (piece.word(), view.likes.to(piece)) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for text in Text::ALL.into_iter().filter(|text| *text != Text::Description) {
        for reader in view.searcher.segment_readers() {
            all.push(like.known(reader, view.fields.text(text))?);
        }
    }
    let mut known: HashMap<&[u8], u64> = HashMap::new();
    all.iter().flat_map(|known| known.iter()).for_each(|(word, info)| *known.entry(word).or_default() += u64::from(info.doc_freq));
    let known = known.into_iter().filter_map(|(other, frequency)| std::str::from_utf8(other).ok().zip(Some(frequency)));
    let mut near: Vec<(usize, usize, Reverse<u64>, &str)> = known
        .map(|(other, frequency)| {
            let (beginning, whole) = distances(word, other);
            (if piece.open { beginning } else { whole }, whole, Reverse(frequency), other)
        })
        .collect();
    if near.len() > TRIED {
        near.select_nth_unstable(TRIED - 1);
        near.truncate(TRIED);
    }
    near.sort_unstable();
    Ok(near.into_iter().map(|(.., word)| word.to_owned()).collect())
}

/// The text with one word of it replaced, in whatever case it is, and not where another word has it within.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return text.to_owned();
    }
    let ends = |beside: Option<char>| !beside.is_some_and(char::is_alphanumeric);
    let stands = |at: usize| ends(lower[..at].chars().next_back()) && ends(lower[at + word.len()..].chars().next());
    let cuts = |at: usize| text.is_char_boundary(at) && text.is_char_boundary(at + word.len());
    let at = lower.match_indices(word).map(|(at, _)| at).find(|at| stands(*at) && cuts(*at));
    at.map_or_else(|| text.to_owned(), |at| format!("{}{by}{}", &text[..at], &text[at + word.len()..]))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_word_is_replaced_where_it_stands_by_itself() {
        assert_eq!(replaced("Artisan arti", "arti", "arty"), "Artisan arty");
        assert_eq!(replaced("ARTI, then art", "arti", "arty"), "arty, then art");
        assert_eq!(replaced("\"arti\"", "arti", "arty"), "\"arty\"");
        assert_eq!(replaced("artisan", "arti", "arty"), "artisan");
        assert_eq!(replaced("İarti arti", "arti", "arty"), "İarti arti", "whose letters in lower case are more");
    }
}
