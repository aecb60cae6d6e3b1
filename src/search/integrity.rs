//! What becomes of an index that is not to be trusted.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::index::Index;
use super::keeper::Keeper;
use super::soundness::{Check, guarded};
use crate::error::{Error, Result};

/// Of the time, the part that goes into reading files over again is one in so many.
const SPARED: u32 = 200;
/// Between one reading of all files and the next, at least.
const REST: Duration = Duration::from_secs(3);

/// Reads files over and over, seldom enough to cost little.
#[derive(Default)]
pub(super) struct Rounds {
    check: Option<Check>,
    took: Duration,
    ended: Option<Instant>,
    rests: Duration,
}

impl Rounds {
    /// Reads the next file if it is time; how long whoever asks may wait before the next one.
    pub(super) fn step(&mut self, keeper: &Keeper) -> Duration {
        if keeper.doubted.swap(false, Ordering::Relaxed) {
            self.rests = REST;
        }
        if let Some(left) = self.ended.and_then(|at| self.rests.checked_sub(at.elapsed())) {
            return left;
        }
        let begin = Instant::now();
        if self.check.is_none() {
            self.check = keeper.segments().and_then(|segments| Check::of(&segments).ok());
        }
        let step = self.check.as_mut().and_then(Check::step);
        let took = begin.elapsed();
        self.took += took;
        match step {
            Some(Ok(())) => return took, // half of the time is left to others
            Some(Err(why)) => keeper.discard(&why),
            None => {}
        }
        (self.ended, self.rests) = (Some(Instant::now()), REST.max(self.took * SPARED));
        (self.check, self.took) = (None, Duration::ZERO);
        REST
    }
}

impl Keeper {
    /// An answer out of the index. If it fails, or what reads the index gives up on it, the files are read over, and the index is made
    /// anew should one be damaged.
    ///
    /// # Errors
    /// Those of `answer`.
    pub(super) fn trusting<T>(&self, answer: impl FnOnce() -> Result<T>) -> Result<T> {
        let answer = guarded(answer);
        if matches!(answer, Err(Error::Internal(_))) {
            self.doubt();
        }
        answer
    }

    /// Has the files read over.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
        self.bell.notify_all();
    }

    /// Does away with the index: whoever comes next makes it anew.
    fn discard(&self, why: &Error) {
        tracing::warn!(?why, "the search index is made anew");
        let mut turn = self.turn();
        self.put(None);
        if let Some(Err(error)) = turn.as_mut().map(Index::discard) {
            tracing::warn!(?error, "the search index");
        }
    }
}
