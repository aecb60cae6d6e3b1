//! Counting how often something is done by whom, in this process.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::failure::Failure;
use crate::config::{Limit, Limits};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Trying a password.
    Login,
    /// Opening an account.
    Register,
    /// Sending an archive or a dataset.
    Upload,
    /// Searching the market.
    Search,
    /// Submitting a training job.
    Launch,
    /// Making an API token.
    Token,
}

type Limiter = DefaultKeyedRateLimiter<String>;

/// One limiter for each [`Act`].
pub struct Limiters {
    on: bool,
    by_act: [Limiter; 6],
}

impl Limiters {
    /// As configured.
    pub fn new(limits: &Limits) -> Self {
        let limiter = |limit: Limit| RateLimiter::keyed(quota(limit));
        let all = [limits.login, limits.register, limits.upload, limits.search, limits.launch, limits.token];
        Self { on: limits.on, by_act: all.map(limiter) }
    }

    /// Counts one `act` by `key`.
    ///
    /// # Errors
    /// `Failure::TooMany` when it is over the limit.
    pub fn count(&self, act: Act, key: String) -> Result<(), Failure> {
        if !self.on {
            return Ok(());
        }
        let limiter = &self.by_act[act as usize];
        if limiter.len() > 50_000 {
            limiter.retain_recent();
        }
        limiter.check_key(&key).map_err(|_| {
            tracing::warn!(event = "rate_limited", ?act, by = key);
            Failure::TooMany
        })
    }
}

/// `10/min` is a burst of ten, refilled evenly.
fn quota(limit: Limit) -> Quota {
    let one = limit.per / limit.times.get();
    Quota::with_period(one).map_or_else(|| Quota::per_second(limit.times), |quota| quota.allow_burst(limit.times))
}
