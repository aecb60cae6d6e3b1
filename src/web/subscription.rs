//! Subscribing to an algorithm: what must be accepted first, cancelling, retrieving.

pub(crate) mod cancellation;
pub(crate) mod create;
pub(crate) mod new;
mod origin;
mod pages;
pub(crate) mod retrieval;
mod row;
mod shown;
mod step;

use crate::algorithms::Access;
use crate::subscriptions::offered as find;
use crate::versions::Version;

/// `publisher/name` of an address.
pub type Path = actix_web::web::Path<(String, String)>;

/// The page of an algorithm.
fn details(access: &Access) -> String {
    format!("/algorithms/{}/{}", access.publisher.handle, access.algorithm.name)
}

/// Where a version's texts are accepted; `next` is where to go afterwards, empty for the details page.
fn asking(access: &Access, version: &Version, next: &str) -> String {
    let after = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
    let next = if next.is_empty() { String::new() } else { format!("&next={after}") };
    format!("{}/subscription/new?version={}{next}", details(access), version.number)
}
