use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tantivy::Term;
use tantivy::index::{SegmentId, SegmentReader};
use tantivy::postings::TermInfo;
use tantivy::query::{DfaWrapper, FuzzyTermQuery};
use tantivy::schema::Field;

use super::terms::Piece;

/// How many words are remembered, which are those of a few searches, while they have no more known ones like them than this: 10 MB.
const REMEMBERED: usize = 32;
const KNOWN: usize = 100_000;

/// Known words like one that was typed. Walking through all words of a segment takes long and is done once for each of its texts:
/// a search asks several times, as does the next one that only narrows it.
pub(super) struct Like {
    automaton: DfaWrapper,
    /// Of each text of each segment.
    found: Mutex<HashMap<(SegmentId, Field), Found>>,
    count: AtomicUsize,
}

type Found = Arc<[Known]>;

/// A word as the index has it, and where it occurs.
pub(super) type Known = (Box<[u8]>, TermInfo);

impl Like {
    /// Words with as many mistakes as are forgiven; `None` when none are.
    fn of(piece: &Piece) -> Option<Self> {
        let word = piece.word().filter(|_| piece.mistakes() > 0)?;
        // The field is of no matter to the automaton.
        let word = Term::from_field_text(Field::from_field_id(0), word);
        let like =
            if piece.open { FuzzyTermQuery::new_prefix(word, piece.mistakes(), true) } else { FuzzyTermQuery::new(word, piece.mistakes(), true) };
        Some(Self { automaton: like.automaton().ok()?, found: Mutex::default(), count: AtomicUsize::new(0) })
    }

    /// Those that occur in a text of a segment.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn known(&self, reader: &SegmentReader, field: Field) -> tantivy::Result<Found> {
        let key = (reader.segment_id(), field);
        if let Some(known) = self.found.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let index = reader.inverted_index(field)?;
        let mut stream = index.terms().search(&self.automaton).into_stream()?;
        let mut known = Vec::new();
        while stream.advance() {
            known.push((stream.key().into(), stream.value().clone()));
        }
        let known: Found = known.into();
        self.count.fetch_add(known.len(), Ordering::Relaxed);
        self.found.lock().insert(key, Arc::clone(&known));
        Ok(known)
    }
}

/// What was found for the last words that were looked for.
#[derive(Default)]
pub(super) struct Likes(Mutex<VecDeque<(Piece, Arc<Like>)>>);

impl Likes {
    /// Words like this one; `None` when no mistakes are forgiven in it.
    pub(super) fn to(&self, piece: &Piece) -> Option<Arc<Like>> {
        let before = |last: &VecDeque<(Piece, Arc<Like>)>| last.iter().find(|(other, _)| other == piece).map(|(_, like)| Arc::clone(like));
        if let Some(like) = before(&self.0.lock()) {
            return Some(like);
        }
        let like = Arc::new(Like::of(piece)?);
        let mut last = self.0.lock();
        // Another search may have been as quick.
        if let Some(like) = before(&last) {
            return Some(like);
        }
        let known = |last: &VecDeque<(Piece, Arc<Like>)>| last.iter().map(|(_, like)| like.count.load(Ordering::Relaxed)).sum::<usize>();
        while last.len() >= REMEMBERED || (known(&last) > KNOWN && !last.is_empty()) {
            last.pop_front();
        }
        last.push_back((piece.clone(), Arc::clone(&like)));
        Some(like)
    }
}
