use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED};

use super::worded::Occurrences;

/// Of each document of a segment, the place of the best way in which a word occurs, from 1.
pub(super) struct Levels(Vec<u8>);

impl Levels {
    /// The best way comes last.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn of(ways: Vec<(u8, Occurrences)>, documents: u32) -> tantivy::Result<Self> {
        let mut levels = vec![0; documents as usize];
        for (level, occurrences) in ways {
            match occurrences {
                Occurrences::Documents(mut documents) => {
                    while documents.doc() != TERMINATED {
                        set(&mut levels, documents.doc(), level);
                        documents.advance();
                    }
                }
                Occurrences::Terms(index, terms) => {
                    let mut block = BlockSegmentPostings::empty();
                    for (at, term) in terms.iter().enumerate() {
                        match at {
                            0 => block = index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?,
                            _ => index.reset_block_postings_from_terminfo(term, &mut block)?,
                        }
                        while !block.docs().is_empty() {
                            block.docs().iter().for_each(|doc| set(&mut levels, *doc, level));
                            block.advance();
                        }
                    }
                }
            }
        }
        Ok(Self(levels))
    }

    /// Of this document; 0 where the word does not occur.
    pub(super) fn at(&self, doc: DocId) -> u8 {
        self.0.get(doc as usize).copied().unwrap_or(0)
    }

    /// Documents in which all of them occur.
    pub(super) fn all(words: &[Self]) -> Vec<DocId> {
        let Some((first, others)) = words.split_first() else { return Vec::new() };
        let mut least = std::borrow::Cow::Borrowed(&first.0);
        for other in others {
            least.to_mut().iter_mut().zip(&other.0).for_each(|(least, other)| *least = (*least).min(*other));
        }
        let mut all = Vec::new();
        let (sixteens, rest) = least.as_chunks::<16>();
        // Without a branch for each document, which would be foreseen wrongly half the time.
        let mut also = |start: DocId, levels: &[u8]| {
            let (mut here, mut count) = ([0; 17], 0);
            for (doc, level) in (start..).zip(levels) {
                here[count] = doc;
                count += usize::from(*level > 0);
            }
            all.extend_from_slice(&here[..count]);
        };
        for (start, levels) in (0..).step_by(16).zip(sixteens) {
            if u128::from_ne_bytes(*levels) != 0 {
                also(start, levels);
            }
        }
        also(DocId::try_from(least.len() - rest.len()).unwrap_or(TERMINATED), rest);
        all
    }
}

fn set(levels: &mut [u8], doc: DocId, level: u8) {
    if let Some(at) = levels.get_mut(doc as usize) {
        *at = level;
    }
}
