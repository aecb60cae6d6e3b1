use std::sync::Arc;

use tantivy::Term;

use super::card::Card;
use super::facets::Facet;
use super::gather::Gather;
use super::marks::is_near;
use super::matching::{self, Words};
use super::query::Query;
use super::sight::Sight;
use super::view::View;
use super::words;
use crate::error::Result;

/// What may be meant while somebody is still typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// An algorithm by its title or name.
    Algorithm {
        /// The publisher's handle.
        publisher: String,
        /// In URLs.
        name: String,
        /// On the screen.
        title: String,
    },
    /// A publisher by handle or name.
    Publisher {
        /// In URLs.
        handle: String,
        /// On the screen.
        name: String,
    },
    /// Something that algorithms do, as publishers wrote it.
    Task(String),
}

/// Suggestions at a time.
const MOST: usize = 8;
/// Of publishers, and of tasks.
const EACH: usize = 2;

/// What the reader may see and may be typing, algorithms first; nothing for no words.
///
/// # Errors
/// The disk's.
pub(super) fn suggestions(view: &View, sight: &Arc<Sight>, query: &Query, everything: &[super::Choice]) -> Result<Vec<Suggestion>> {
    if !query.has_words() {
        return Ok(Vec::new());
    }
    let tasks: Vec<&str> = everything.iter().map(|choice| &*choice.label).filter(|task| is_like(query, task)).take(EACH).collect();
    let publishers = publishers(view, sight, query)?;
    let algorithms = algorithms(view, sight, query, MOST - tasks.len() - publishers.len())?;
    let algorithms = algorithms.into_iter().map(|card| Suggestion::Algorithm {
        publisher: card.about.publisher.handle,
        name: card.about.name,
        title: card.about.title,
    });
    let tasks = tasks.into_iter().map(|task| Suggestion::Task(task.to_owned()));
    Ok(algorithms.chain(publishers).chain(tasks).collect())
}

fn algorithms(view: &View, sight: &Arc<Sight>, query: &Query, most: usize) -> Result<Vec<Card>> {
    let find =
        |words| Ok::<_, crate::error::Error>(view.searcher.search(&matching::named(view, query, words), &Gather::first(view, sight, query, most))?);
    let mut found = find(Words::AsTyped)?;
    if found.first.len() < most && matching::can_forgive(query) {
        found = find(Words::Forgiving)?;
    }
    found.first.iter().map(|(_, address)| view.card(*address)).collect()
}

fn publishers(view: &View, sight: &Arc<Sight>, query: &Query) -> Result<Vec<Suggestion>> {
    let mut publishers = Vec::new();
    let find = |words| {
        Ok::<_, crate::error::Error>(view.searcher.search(&matching::published(view, query, words), &Gather::publishers(view, sight, query))?)
    };
    let mut found = find(Words::AsTyped)?;
    if found.total == 0 && matching::can_forgive(query) {
        found = find(Words::Forgiving)?;
    }
    let counted = &found.counted[Facet::Publisher as usize];
    let mut handles: Vec<(usize, &str)> = counted.iter().map(|(handle, written)| (written.values().sum(), &**handle)).collect();
    handles.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    for (_, handle) in handles.into_iter().take(EACH) {
        if let Some(address) = view.first(&Term::from_field_text(view.fields.handle, handle))? {
            publishers.push(Suggestion::Publisher { handle: handle.to_owned(), name: view.card(address)?.about.publisher.name });
        }
    }
    Ok(publishers)
}

/// Whether a task has every word of a query, or its beginning, or something like it.
fn is_like(query: &Query, task: &str) -> bool {
    let chunks = words::chunks(task);
    let own: Vec<&str> = chunks.iter().flat_map(|chunk| &chunk.parts).map(|part| part.term.as_str()).collect();
    let has = |word: &str, most: usize| own.iter().any(|own| own.starts_with(word) || (most > 0 && is_near(word, own, true, most)));
    query.pieces.iter().all(|piece| piece.word().is_some_and(|word| has(word, usize::from(piece.mistakes()))))
}
