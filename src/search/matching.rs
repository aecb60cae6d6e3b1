use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, PhraseQuery, Query as Matches, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::facets::Facet;
use super::fields::{Fields, Text};
use super::query::Query;
use super::terms::Piece;
use super::words;

/// What each word that occurs as it was typed, or begins a word that does, adds to a score: so a score says how many do.
pub(super) const AS_TYPED: f32 = 100.0;
/// What an exact name adds.
pub(super) const EXACT: f32 = 10_000.0;
/// How much the beginning of a word counts, to a whole word.
const BEGINNING: f32 = 0.6;
/// How much a word with mistakes counts.
const MISTAKEN: f32 = 0.3;

/// Whether mistakes in words are forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    AsTyped,
    Forgiving,
}

/// Whether forgiving may find more.
pub(super) fn can_forgive(query: &Query) -> bool {
    query.pieces.iter().any(|piece| piece.mistakes() > 0)
}

/// What finds the words of a query, and narrows to its publishers: who else publishes is in no count.
pub(super) fn matches(fields: &Fields, query: &Query, words: Words) -> Box<dyn Matches> {
    let mut all: Vec<(Occur, Box<dyn Matches>)> = Vec::new();
    if query.has_words() {
        all.push((Occur::Must, worded(fields, query, words, &Text::ALL)));
    }
    let publishers: Vec<Term> =
        query.narrowed().filter(|filter| filter.facet == Facet::Publisher).map(|filter| Term::from_field_text(fields.handle, &filter.key)).collect();
    if !publishers.is_empty() {
        all.push((Occur::Must, scored(Box::new(TermSetQuery::new(publishers)), 0.0)));
    }
    match all.len() {
        0 => Box::new(AllQuery),
        1 => all.remove(0).1,
        _ => Box::new(BooleanQuery::new(all)),
    }
}

/// The same in titles and names alone.
pub(super) fn named(fields: &Fields, query: &Query, words: Words) -> Box<dyn Matches> {
    worded(fields, query, words, &[Text::Title, Text::Name])
}

/// What is of publishers of that name.
pub(super) fn published(fields: &Fields, query: &Query, words: Words) -> Box<dyn Matches> {
    let pieces = query.pieces.iter().map(|one| (Occur::Must, piece(fields, one, words, &[Text::Publisher])));
    Box::new(BooleanQuery::new(pieces.collect()))
}

fn worded(fields: &Fields, query: &Query, words: Words, texts: &[Text]) -> Box<dyn Matches> {
    let pieces = query.pieces.iter().map(|one| (Occur::Must, piece(fields, one, words, texts))).collect();
    let all = Box::new(BooleanQuery::new(pieces));
    let name = words::squashed(&query.pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" "));
    if name.is_empty() {
        return all;
    }
    let exact = scored(term(fields.exact, &name), EXACT);
    Box::new(BooleanQuery::new(vec![(Occur::Should, all), (Occur::Should, exact)]))
}

/// Every way in which a word may occur; the best one counts.
fn piece(fields: &Fields, piece: &Piece, words: Words, texts: &[Text]) -> Box<dyn Matches> {
    let mut ways: Vec<Box<dyn Matches>> = Vec::new();
    let open = piece.word().filter(|_| piece.open);
    let short = open.filter(|word| word.chars().count() < 3);
    if let Some(word) = short {
        let begins = fields.begins.into_iter().zip([Text::Name, Text::Publisher, Text::Summary]);
        for (field, text) in begins.filter(|(_, text)| texts.contains(text)) {
            ways.push(scored(term(field, word), AS_TYPED + text.weight() * BEGINNING));
        }
    }
    for text in texts {
        let (field, weight) = (fields.text(*text), text.weight());
        ways.push(scored(row(field, piece), AS_TYPED + weight));
        if let Some(joined) = piece.joined.as_ref() {
            ways.push(scored(term(field, joined), AS_TYPED + weight));
        }
        if let Some(word) = open.filter(|_| short.is_none()) {
            ways.push(scored(Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, true)), AS_TYPED + weight * BEGINNING));
        }
        if let Some(word) = piece.word().filter(|_| words == Words::Forgiving && piece.mistakes() > 0) {
            let word = Term::from_field_text(field, word);
            let near =
                if piece.open { FuzzyTermQuery::new_prefix(word, piece.mistakes(), true) } else { FuzzyTermQuery::new(word, piece.mistakes(), true) };
            ways.push(scored(Box::new(near), weight * MISTAKEN));
        }
    }
    Box::new(DisjunctionMaxQuery::new(ways))
}

fn row(field: Field, piece: &Piece) -> Box<dyn Matches> {
    match piece.row.as_slice() {
        [(_, word)] => term(field, word),
        row => Box::new(PhraseQuery::new_with_offset(row.iter().map(|(place, word)| (*place, Term::from_field_text(field, word))).collect())),
    }
}

fn term(field: Field, word: &str) -> Box<dyn Matches> {
    Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::Basic))
}

fn scored(matches: Box<dyn Matches>, score: f32) -> Box<dyn Matches> {
    Box::new(ConstScoreQuery::new(matches, score))
}
