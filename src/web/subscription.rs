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

use crate::algorithms::{self, Access, Reader};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::versions::{self, Version};

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

/// The algorithm, and the version that is asked for or else the newest that can be picked.
///
/// # Errors
/// `NotFound`; `Conflict` when nobody new can pick it.
fn find(conn: &mut Conn, reader: Reader, publisher: &str, name: &str, number: Option<&str>) -> Result<(Access, Version)> {
    let access = algorithms::find(conn, reader, publisher, name)?;
    let version = match number {
        Some(number) => versions::by_number(conn, access.algorithm.id, number)?,
        None => {
            let newest = versions::newest(conn, access.algorithm.id)?;
            newest.ok_or(Error::Conflict("Every version of this algorithm is withdrawn, so nobody can subscribe to it."))?
        }
    };
    if version.is_withdrawn() {
        return Err(Error::Conflict("This version is withdrawn, so nobody new can pick it. Choose another version."));
    }
    Ok((access, version))
}
