//! Rate limits: so often per address and account, in this process.

use std::net::IpAddr;

use actix_web::HttpRequest;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::failure::Failure;
use super::store::App;
use super::viewer::Viewer;
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

/// Counts `act` for the address of this request and, when signed in, for the account.
///
/// # Errors
/// `Failure::TooMany`.
pub fn check(request: &HttpRequest, app: &App, act: Act) -> Result<(), Failure> {
    app.limits.count(act, address(request, app).to_string())?;
    match Viewer::of(request).user {
        Some(user) => app.limits.count(act, format!("user {}", user.id)),
        None => Ok(()),
    }
}

/// The peer's address; what a configured proxy says of it, when the peer is one.
pub fn address(request: &HttpRequest, app: &App) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    if !app.config.trusted_proxies.contains(&peer) {
        return peer;
    }
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}
