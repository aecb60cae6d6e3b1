use std::sync::Arc;

use tantivy::query::{AllQuery, BooleanQuery, ConstScoreQuery, Occur, PhraseQuery, Query as Matches, TermSetQuery};
use tantivy::schema::Field;
use tantivy::{Score, Term};

use super::facets::Facet;
use super::fields::Text;
use super::query::Query;
use super::terms::Piece;
use super::view::View;
use super::worded::{Way, Worded};

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

/// What finds the words of a query, each as `words` says, and narrows to its publishers: who else publishes is in no count.
pub(super) fn matches(view: &View, query: &Query, words: impl Fn(&Piece) -> Words) -> Box<dyn Matches> {
    let mut all: Vec<(Occur, Box<dyn Matches>)> = Vec::new();
    if query.has_words() {
        all.push((Occur::Must, Box::new(self::all(view, query, words))));
    }
    let publishers: Vec<Term> = query
        .narrowed()
        .filter(|filter| filter.facet == Facet::Publisher)
        .map(|filter| Term::from_field_text(view.fields.handle, &filter.key))
        .collect();
    if !publishers.is_empty() {
        all.push((Occur::Must, Box::new(ConstScoreQuery::new(Box::new(TermSetQuery::new(publishers)), 0.0))));
    }
    match all.len() {
        0 => Box::new(AllQuery),
        1 => all.remove(0).1,
        _ => Box::new(BooleanQuery::new(all)),
    }
}

/// What finds all words of a query, each as `words` says.
pub(super) fn all(view: &View, query: &Query, words: impl Fn(&Piece) -> Words) -> Worded {
    worded(view, query, words, &Text::ALL)
}

/// What finds one word, as it was typed.
pub(super) fn one(view: &View, piece: &Piece) -> Worded {
    Worded::new(vec![ways(view, piece, Words::AsTyped, &Text::ALL)], None)
}

/// The same in titles and names alone.
pub(super) fn named(view: &View, query: &Query, words: Words) -> Box<dyn Matches> {
    Box::new(worded(view, query, |_| words, &[Text::Title, Text::Name]))
}

/// What is of publishers of that name.
pub(super) fn published(view: &View, query: &Query, words: Words) -> Box<dyn Matches> {
    let pieces = query.pieces.iter().map(|piece| ways(view, piece, words, &[Text::Publisher]));
    Box::new(Worded::new(pieces.collect(), None))
}

fn worded(view: &View, query: &Query, words: impl Fn(&Piece) -> Words, texts: &[Text]) -> Worded {
    let pieces = query.pieces.iter().map(|piece| ways(view, piece, words(piece), texts)).collect();
    let exact = (!query.name.is_empty()).then(|| (Term::from_field_text(view.fields.exact, &query.name), EXACT));
    Worded::new(pieces, exact)
}

/// Every way in which a word may occur, with its score.
fn ways(view: &View, piece: &Piece, words: Words, texts: &[Text]) -> Vec<(Way, Score)> {
    let mut ways = Vec::new();
    let open = piece.word().filter(|_| piece.open);
    let short = open.filter(|word| word.chars().count() < 3);
    if let Some(word) = short {
        let begins = view.fields.begins.into_iter().zip([Text::Name, Text::Publisher, Text::Summary]);
        for (field, text) in begins.filter(|(_, text)| texts.contains(text)) {
            ways.push((Way::Whole(Term::from_field_text(field, word)), AS_TYPED + text.weight() * BEGINNING));
        }
    }
    let like = if words == Words::Forgiving { view.likes.to(piece) } else { None };
    for text in texts {
        let (field, weight) = (view.fields.text(*text), text.weight());
        ways.push((row(field, piece), AS_TYPED + weight));
        if let Some(joined) = piece.joined.as_ref() {
            ways.push((Way::Whole(Term::from_field_text(field, joined)), AS_TYPED + weight));
        }
        if let Some(word) = open.filter(|_| short.is_none()) {
            ways.push((Way::Beginning(Term::from_field_text(field, word)), AS_TYPED + weight * BEGINNING));
        }
        ways.extend(like.iter().map(|like| (Way::Like(field, Arc::clone(like)), weight * MISTAKEN)));
    }
    ways
}

fn row(field: Field, piece: &Piece) -> Way {
    match piece.row.as_slice() {
        [(_, word)] => Way::Whole(Term::from_field_text(field, word)),
        row => Way::Row(PhraseQuery::new_with_offset(row.iter().map(|(place, word)| (*place, Term::from_field_text(field, word))).collect())),
    }
}
