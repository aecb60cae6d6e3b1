//! Where to go after cancelling or retrieving: back to where that was asked for.

use actix_web::HttpRequest;

use crate::web::failures::referrer_path;
use crate::web::page::local;

/// Where subscriptions are listed.
pub const LIST: &str = "/me/algorithms/subscriptions";

/// What the form says; else the page it was sent from, if that is the algorithm's; else My Subscriptions.
pub fn of(request: &HttpRequest, next: Option<&str>, details: &str) -> String {
    if let Some(next) = next.filter(|next| !next.is_empty()) {
        return local(next).to_owned();
    }
    let from = referrer_path(request).unwrap_or_else(|| LIST.to_owned());
    let path = from.split('?').next().unwrap_or(&from);
    let inside = path.strip_prefix(details).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match inside {
        Some(rest) if !rest.starts_with("/subscription") => path.to_owned(),
        None if path == LIST => from,
        _ => LIST.to_owned(),
    }
}
