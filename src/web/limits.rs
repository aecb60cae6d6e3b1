//! Rate limits: so often per address and account.

use std::net::IpAddr;

use actix_web::HttpRequest;

use super::failure::Failure;
pub use super::limiter::{Act, Limiters};
use super::store::App;
use super::viewer::Viewer;

/// Counts `act` for the address of this request and, when signed in, for the account.
///
/// # Errors
/// `Failure::TooMany`.
pub fn check(request: &HttpRequest, app: &App, act: Act) -> Result<(), Failure> {
    check_of(request, app, act, Viewer::of(request).id())
}

/// Counts `act` for the address of this request and for this account, if any.
///
/// # Errors
/// `Failure::TooMany`.
pub fn check_of(request: &HttpRequest, app: &App, act: Act, user: Option<i64>) -> Result<(), Failure> {
    app.limits.count(act, address(request, app).to_string())?;
    match user {
        Some(id) => app.limits.count(act, format!("user {id}")),
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
