use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED};

use super::fields::Text;
use super::marks::distances;
use super::query::Query;
use super::sight::Sight;
use super::terms::Piece;
use super::view::View;
use crate::error::Result;

/// Known words that are looked at in place of one, the nearest. Only where so many are nearer than any that the reader may see is
/// nothing offered.
const TRIED: usize = 1_000;

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
        if let Some(word) = near(view, sight, piece)? {
            text = replaced(&text, &piece.text, &word);
            ended |= piece.open;
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

/// A known word, and where it occurs: in which segment and text.
struct Known<'a> {
    word: &'a str,
    /// How unlike the one that was typed.
    far: (usize, usize),
    /// How often it occurs, in what the reader may not see too: no less often than in what they may.
    frequency: usize,
    places: Vec<(usize, Field, &'a TermInfo)>,
}

/// The word most like this one in what the reader may see, and of several that are the one that occurs there most often. What they may
/// not see has no say in it: who publishes two words could tell from which one is offered whether somebody else's private text has it.
fn near(view: &View, sight: &Sight, piece: &Piece) -> Result<Option<String>> {
    let (Some(word), Some(like)) = (piece.word(), view.likes.to(piece)) else { return Ok(None) };
    let mut found = Vec::new();
    for field in Text::ALL.into_iter().filter(|text| *text != Text::Description).map(|text| view.fields.text(text)) {
        for (place, reader) in view.searcher.segment_readers().iter().enumerate() {
            found.push((place, field, like.known(reader, field)?));
        }
    }
    let mut places: HashMap<&[u8], Vec<(usize, Field, &TermInfo)>> = HashMap::new();
    for (place, field, known) in &found {
        known.iter().for_each(|(other, info)| places.entry(other).or_default().push((*place, *field, info)));
    }
    let mut known = Vec::with_capacity(places.len());
    for (other, places) in places {
        let Ok(other) = std::str::from_utf8(other) else { continue };
        let (beginning, whole) = distances(word, other);
        let frequency = places.iter().map(|(_, _, info)| info.doc_freq as usize).sum();
        known.push(Known { word: other, far: (if piece.open { beginning } else { whole }, whole), frequency, places });
    }
    Ok(most_frequent(known, |known, enough| seen(view, sight, known, enough))?.map(|known| known.word.to_owned()))
}

/// Of the nearest words that are `seen` at all the one that is so most often. How often is asked of few: no word is seen more often
/// than it occurs.
fn most_frequent<'a>(mut known: Vec<Known<'a>>, seen: impl Fn(&Known<'a>, usize) -> Result<usize>) -> Result<Option<Known<'a>>> {
    let order = |known: &Known<'a>| (known.far, Reverse(known.frequency), known.word);
    if known.len() > TRIED {
        known.select_nth_unstable_by_key(TRIED, order);
        known.truncate(TRIED);
    }
    known.sort_unstable_by_key(order);
    let mut best: Option<(usize, Known<'a>)> = None;
    let mut rest = known.into_iter().peekable();
    while let Some(known) = rest.next() {
        let most = best.as_ref().map_or(0, |(count, _)| *count);
        if best.as_ref().is_some_and(|(_, best)| best.far != known.far || known.frequency < most) {
            break;
        }
        // More than that no other one has.
        let next = rest.peek().filter(|next| next.far == known.far).map_or(0, |next| next.frequency);
        let count = seen(&known, next.max(most) + 1)?;
        let is_better = |(most, best): &(usize, Known<'a>)| (count, Reverse(known.word)) > (*most, Reverse(best.word));
        if count > 0 && best.as_ref().is_none_or(is_better) {
            best = Some((count, known));
        }
    }
    Ok(best.map(|(_, known)| known))
}

/// In how many texts that the reader may see a word occurs, or `enough` if it is more.
fn seen(view: &View, sight: &Sight, known: &Known<'_>, enough: usize) -> Result<usize> {
    let mut count = 0;
    for (place, field, info) in &known.places {
        let Some((segment, reader)) = view.segments().nth(*place) else { continue };
        let mut postings = reader.inverted_index(*field)?.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        while postings.doc() != TERMINATED && count < enough {
            count += usize::from(!reader.is_deleted(postings.doc()) && sight.sees(segment, postings.doc()));
            postings.advance();
        }
    }
    Ok(count)
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
    use super::{Known, TRIED, most_frequent, replaced};
    use std::cell::Cell;

    /// Words with how far they are, and how often they occur and are seen.
    type Words = Vec<(&'static str, usize, usize, usize)>;

    /// Which of them is chosen, and how often it was asked how often one is seen.
    fn chosen(words: &Words) -> (Option<String>, usize) {
        let known = |(word, far, frequency, _): &(&'static str, usize, usize, usize)| Known {
            word,
            far: (*far, *far),
            frequency: *frequency,
            places: Vec::new(),
        };
        let asked = Cell::new(0);
        let seen = |known: &Known<'_>, enough: usize| {
            asked.set(asked.get() + 1);
            Ok(words.iter().find(|(word, ..)| *word == known.word).map_or(0, |(.., seen)| *seen).min(enough))
        };
        let found = most_frequent(words.iter().map(known).collect(), seen).unwrap();
        (found.map(|known| known.word.to_owned()), asked.get())
    }

    #[test]
    fn the_word_that_is_seen_most_often_is_found_whatever_is_hidden() {
        let names = ["a", "b", "c", "d", "e", "f"];
        for number in 0..20_000_usize {
            // Every few numbers another hand of distances, frequencies and what is seen of these.
            let digit = |at: u32, base: usize| number.wrapping_mul(2_654_435_761) / 7_usize.pow(at) % base;
            let words: Words = (0..6)
                .map(|at| {
                    let frequency = 1 + digit(at, 5);
                    (names[at as usize], digit(at + 3, 2), frequency, digit(at + 5, frequency + 1))
                })
                .collect();
            let best = words.iter().filter(|(.., seen)| *seen > 0).min_by_key(|(word, far, _, seen)| (*far, std::cmp::Reverse(*seen), *word));
            assert_eq!(chosen(&words).0.as_deref(), best.map(|(word, ..)| *word), "{words:?}");
        }
    }

    #[test]
    fn few_words_are_counted() {
        assert_eq!(chosen(&vec![("b", 1, 50, 50), ("a", 1, 9, 9), ("c", 0, 3, 0), ("d", 2, 80, 80)]), (Some("b".into()), 2));
        let hidden: Words = (0..TRIED + 500).map(|_| ("hidden", 1, 2, 0)).chain([("seen", 2, 1, 1)]).collect();
        assert_eq!(chosen(&hidden), (None, TRIED));
    }

    #[test]
    fn a_word_is_replaced_where_it_stands_by_itself() {
        assert_eq!(replaced("Artisan arti", "arti", "arty"), "Artisan arty");
        assert_eq!(replaced("ARTI, then art", "arti", "arty"), "arty, then art");
        assert_eq!(replaced("\"arti\"", "arti", "arty"), "\"arty\"");
        assert_eq!(replaced("artisan", "arti", "arty"), "artisan");
        assert_eq!(replaced("İarti arti", "arti", "arty"), "İarti arti", "whose letters in lower case are more");
    }
}
