//! Releases: what publishers do with their algorithms, from the upload to the withdrawal, and who is told.

mod audience;
mod order;
mod parcel;
mod proof;
mod transfer;
mod upkeep;
mod uptake;
mod words;

pub use audience::{Audience, TypedAudience, open_to};
pub use order::{Order, TypedUpload};
pub use parcel::{Label, Parcel, export, import, open as open_parcel};
pub use proof::{Ran, begin, close, due, ended, prove_again};
pub use transfer::{takers, transfer};
pub use upkeep::{delete_draft, delist, relist, withdraw};
pub use uptake::{Failures, OfVersion, Uptake, uptake};
pub use words::{TypedWords, Words, edit};

use diesel::prelude::*;

use crate::algorithms::Access;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::notifications::{self, Kind};
use crate::publishers;
use crate::schema::{algorithms, publishers as publisher_table, subscriptions};
use crate::versions::{self, Published, Upload};

/// Adds a version, and with the first one the algorithm; subscribers hear of what they see from now on.
///
/// # Errors
/// `Forbidden` while the publisher is suspended; those of [`versions::publish`].
pub fn upload(conn: &mut Conn, upload: &Upload<'_>, audience: Option<&Audience>, at: Time) -> Result<Published> {
    let suspended: Option<Time> = publisher_table::table.find(upload.publisher).select(publisher_table::suspended_at).first(conn)?;
    if suspended.is_some() {
        return Err(Error::Forbidden("This publisher is suspended and cannot publish."));
    }
    let mut published = versions::publish(conn, upload, at)?;
    if let Some(audience) = audience {
        let appeared = versions::open_to(conn, published.algorithm.id, audience.visibility, &audience.users, at)?;
        published.appeared.extend(appeared);
        published.algorithm = algorithms::table.find(published.algorithm.id).select(crate::algorithms::Algorithm::as_select()).first(conn)?;
    }
    announce(conn, published.algorithm.id, &published.appeared, at)?;
    Ok(published)
}

/// Tells the subscribers of an algorithm of versions that they did not see before.
pub(crate) fn announce(conn: &mut Conn, algorithm: i64, appeared: &[i64], at: Time) -> Result<()> {
    let Some(newest) = appeared.last() else { return Ok(()) };
    let version = versions::by_id(conn, *newest)?;
    let (title, path) = named(conn, algorithm)?;
    let active = subscriptions::table.filter(subscriptions::algorithm_id.eq(algorithm)).filter(subscriptions::state.eq("active"));
    let mut users: Vec<i64> = active.order(subscriptions::user_id).select(subscriptions::user_id).load(conn)?;
    users.retain(|user| version.published_by != Some(*user));
    let sentence = format!("{title} has a new version, {}.", version.number);
    notifications::tell(conn, &users, Kind::Version, &sentence, &format!("{path}/versions/{}", version.number), at)
}

/// The title of an algorithm and the path of its page.
fn named(conn: &mut Conn, algorithm: i64) -> Result<(String, String)> {
    let row = algorithms::table.inner_join(publisher_table::table).filter(algorithms::id.eq(algorithm));
    let (title, name, handle): (String, String, String) = row.select((algorithms::title, algorithms::name, publisher_table::handle)).first(conn)?;
    Ok((title, format!("/algorithms/{handle}/{name}")))
}

/// `publisher/name`.
fn full_name(access: &Access) -> String {
    format!("{}/{}", access.publisher.handle, access.algorithm.name)
}

/// Whoever acts for the algorithm's publisher.
fn team(conn: &mut Conn, algorithm: i64) -> Result<Vec<i64>> {
    let publisher: publishers::Publisher = publisher_table::table
        .inner_join(algorithms::table)
        .filter(algorithms::id.eq(algorithm))
        .select(publishers::Publisher::as_select())
        .first(conn)?;
    publishers::team(conn, &publisher)
}
