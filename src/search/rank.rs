use std::cmp::Reverse;

use tantivy::DocAddress;

use super::matching::{AS_TYPED, EXACT};

/// By what documents are ordered; the larger one comes first.
pub(super) type Rank = (u64, u64, u64, u64);

/// Only the first `most` of what was found, in no order.
pub(super) fn shorten(found: &mut Vec<(Rank, DocAddress)>, most: usize) {
    if most == 0 {
        found.clear();
    } else if found.len() > most {
        found.select_nth_unstable_by_key(most - 1, |(rank, _)| Reverse(*rank));
        found.truncate(most);
    }
}

/// How many words occur as they were typed; more than any for an exact name.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // scores are sums of small weights
pub(super) fn typed(score: f32) -> u64 {
    if score >= EXACT { 15 } else { ((score / AS_TYPED) as u64).min(14) }
}

/// How well a document matches, and how much its use says for it (0 to 1,000), as a number to compare: an exact name first, then
/// what has more of the words as they were typed, then a hit in the title of something little used about where one in the name of
/// something much used is.
#[allow(clippy::cast_precision_loss)]
pub(super) fn mixed(score: f32, worth: u64) -> (u64, u64) {
    let matched = if score >= EXACT { score - EXACT } else { score } % AS_TYPED;
    let mixed = matched * (0.7 + 0.3 * worth as f32 / 1_000.0);
    (typed(score), u64::from(mixed.max(0.0).to_bits()))
}

/// How well a document matches, with what its use says deciding between those that match as well.
#[allow(clippy::cast_precision_loss)]
pub(super) fn alike(score: f32, worth: u64) -> (u64, u64) {
    (0, u64::from((score * (0.9 + 0.1 * worth as f32 / 1_000.0)).max(0.0).to_bits()))
}
