use std::sync::Arc;
use std::time::{Duration, Instant};

use super::view::View;
use crate::clock::Time;

/// How long what was asked of the database holds, while this process writes nothing.
pub(super) const ASK_EVERY: Duration = Duration::from_millis(250);
/// Of the time, the part that goes into reading counters that others changed is one in so many.
const SPARED: u32 = 20;
/// How old counters may become for that.
const OLDEST: Duration = Duration::from_secs(2);

/// The catalogue as it is held, and how it came to be so.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) view: Arc<View>,
    /// Up to when counters were read.
    pub(super) counted: Time,
    pub(super) counted_at: Instant,
    /// How long reading them took.
    pub(super) took: Duration,
    /// How many had been touched lately.
    pub(super) touched: usize,
    pub(super) swept_at: Instant,
    /// How many writes this process had made when they were read.
    pub(super) writes: Option<u64>,
    /// More had changed than could be counted while somebody waited.
    pub(super) overdue: bool,
}

impl Current {
    /// Whether it is too early to ask for what others counted.
    pub(super) fn is_recent(&self) -> bool {
        self.counted_at.elapsed() < ASK_EVERY.max((self.took * SPARED).min(OLDEST))
    }

    /// Whether what this process had written by then is in it.
    pub(super) fn has_counted(&self, writes: u64) -> bool {
        self.writes.is_some_and(|counted| counted >= writes)
    }
}
