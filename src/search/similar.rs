use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, PhraseQuery, Query as Matches, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::card::Card;
use super::fields::Text;
use super::gather::Gather;
use super::query::Query;
use super::sight::Sight;
use super::view::View;
use super::words;
use crate::error::Result;

/// Words of an algorithm that others are looked up by: the rarest ones.
const WORDS: usize = 8;
/// A word that more than one in so many algorithms has says nothing.
const COMMON: u64 = 20;

/// Algorithms that do the same with the same, and share uncommon words of title and summary; the most alike first.
///
/// # Errors
/// The disk's.
pub(super) fn to(view: &View, sight: &Arc<Sight>, id: i64, most: usize) -> Result<Vec<Card>> {
    let Some(address) = view.find(id)? else { return Ok(Vec::new()) };
    let seen = view.segment(address.segment_ord as usize).is_some_and(|segment| sight.sees(segment, address.doc_id));
    if !seen {
        return Ok(Vec::new());
    }
    let about = view.card(address)?.about;
    let mut ways: Vec<(Occur, Box<dyn Matches>)> = Vec::new();
    for (word, weight) in uncommon(view, [&about.title, &about.summary])? {
        for (text, share) in [(Text::Title, 1.0), (Text::Summary, 0.6)] {
            ways.push(scored(term(Term::from_field_text(view.fields.text(text), &word)), weight * share));
        }
    }
    for (stated, weight) in about.tasks().map(|task| (task, 2.0)).chain([(&*about.framework, 0.7)]) {
        ways.extend(purpose(view, stated).map(|matches| scored(matches, weight)));
    }
    if ways.is_empty() {
        return Ok(Vec::new());
    }
    let found = view.searcher.search(&BooleanQuery::new(ways), &Gather::alike(view, sight, &Query::default(), most + 1))?;
    let others = found.first.into_iter().filter(|(_, other)| *other != address).take(most);
    others.map(|(_, other)| view.card(other)).collect()
}

/// The rarest words of title and summary that others have too, each with how much it says.
#[allow(clippy::cast_precision_loss)]
fn uncommon(view: &View, texts: [&str; 2]) -> Result<Vec<(String, f32)>> {
    let all = view.searcher.num_docs().max(1);
    // Each with in how many of the two it is.
    let mut own: BTreeMap<String, u64> = BTreeMap::new();
    for text in texts {
        let words: HashSet<String> = words::tokens(text).tokens.into_iter().map(|token| token.text).collect();
        words.into_iter().for_each(|word| *own.entry(word).or_default() += 1);
    }
    let mut words = Vec::new();
    for (word, own) in own.into_iter().filter(|(word, _)| word.chars().count() > 1) {
        let mut frequency = 0;
        for text in [Text::Title, Text::Summary] {
            frequency += view.searcher.doc_freq(&Term::from_field_text(view.fields.text(text), &word))?;
        }
        // In a small gallery every word is common.
        if frequency > own && frequency <= (all / COMMON).max(20) {
            words.push((word, (all as f32 / frequency as f32).ln_1p()));
        }
    }
    words.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words.truncate(WORDS);
    Ok(words)
}

/// What has this task or framework.
fn purpose(view: &View, stated: &str) -> Option<Box<dyn Matches>> {
    let field = view.fields.text(Text::Purpose);
    // Every form of its words stands in the index, so those that stand in a row do for all.
    let mut terms = Vec::new();
    let mut place = 0;
    for part in words::chunks(stated).iter().flat_map(|chunk| &chunk.parts) {
        terms.extend(part.terms().into_iter().map(|(at, word)| (place + at, Term::from_field_text(field, &word))));
        place += part.places();
    }
    match terms.len() {
        0 => None,
        1 => terms.pop().map(|(_, one)| term(one)),
        _ => Some(Box::new(PhraseQuery::new_with_offset(terms))),
    }
}

fn term(term: Term) -> Box<dyn Matches> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn scored(matches: Box<dyn Matches>, score: f32) -> (Occur, Box<dyn Matches>) {
    (Occur::Should, Box::new(ConstScoreQuery::new(matches, score)))
}
