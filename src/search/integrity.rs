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
    pace: Pace,
}

impl Rounds {
    /// Reads the next file if it is time; how long whoever asks may wait before the next one.
    pub(super) fn step(&mut self, keeper: &Keeper) -> Duration {
        let begin = Instant::now();
        if keeper.doubted.swap(false, Ordering::Relaxed) {
            self.pace.doubt();
        }
        if let Some(left) = self.pace.left(begin) {
            return left;
        }
        if self.check.is_none() {
            self.check = keeper.segments().and_then(|segments| Check::of(&segments).ok());
        }
        let step = self.check.as_mut().and_then(Check::step);
        let took = begin.elapsed();
        self.pace.took += took;
        match step {
            Some(Ok(())) => return took, // half of the time is left to others
            Some(Err(why)) => keeper.discard(&why),
            None => {}
        }
        self.check = None;
        self.pace.end(Instant::now());
        REST
    }
}

/// When to begin the next round.
#[derive(Default)]
struct Pace {
    /// How long this round took so far; none between one and the next.
    took: Duration,
    ended: Option<Instant>,
    rests: Duration,
    /// Somebody doubted a file that this round may have read already.
    doubted: bool,
}

impl Pace {
    /// The next round comes soon, whatever the last one took.
    fn doubt(&mut self) {
        self.rests = REST;
        self.doubted = !self.took.is_zero();
    }

    /// How much of the rest is left.
    fn left(&self, now: Instant) -> Option<Duration> {
        self.rests.checked_sub(now.saturating_duration_since(self.ended?))
    }

    fn end(&mut self, now: Instant) {
        self.rests = if self.doubted { REST } else { REST.max(self.took * SPARED) };
        (self.ended, self.took, self.doubted) = (Some(now), Duration::ZERO, false);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn files_are_read_over_seldom_unless_somebody_doubts_them() {
        let mut pace = Pace::default();
        let begin = Instant::now();
        assert_eq!(pace.left(begin), None, "the first round is due");
        pace.took = 10 * SECOND;
        pace.end(begin);
        assert_eq!(pace.left(begin + SECOND), Some(1_999 * SECOND), "a half per cent of the time");

        pace.doubt();
        assert_eq!(pace.left(begin + SECOND), Some(REST - SECOND), "a doubt during the rest ends it soon");
        assert_eq!(pace.left(begin + 60 * SECOND), None, "and at once when it has lasted long enough");

        pace.took = 10 * SECOND;
        pace.doubt();
        assert_eq!(pace.left(begin + 70 * SECOND), None, "this round goes on");
        pace.end(begin + 80 * SECOND);
        assert_eq!(pace.left(begin + 80 * SECOND), Some(REST), "and another one follows soon, for what it had read before");
        pace.took = 10 * SECOND;
        pace.end(begin + 100 * SECOND);
        assert_eq!(pace.left(begin + 100 * SECOND), Some(2_000 * SECOND), "once");
    }
}
