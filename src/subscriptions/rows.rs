use diesel::prelude::*;

use super::Subscription;
use crate::algorithms::{Algorithm, Listing, Reader, Ties};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::publishers::{self, Publisher};
use crate::schema::{algorithms, allowed_users, publishers as publisher_table, subscriptions};

/// Whether a subscriber can still use the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It stands in the market, or is their own.
    Listed,
    /// Gone from the market; active subscribers go on.
    Delisted,
    /// Every version is withdrawn.
    Withdrawn,
    /// Not for them any more.
    Gone,
}

/// A subscription as its member sees it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The subscription.
    pub subscription: Subscription,
    /// To what; of something [`Availability::Gone`] only names are shown.
    pub algorithm: Algorithm,
    /// Of whom.
    pub publisher: Publisher,
    /// Whether it can still be used.
    pub availability: Availability,
}

impl Row {
    /// The title; of what is not for them any more only the name, as the title may say something new.
    pub fn label(&self) -> &str {
        if self.availability == Availability::Gone { &self.algorithm.name } else { &self.algorithm.title }
    }

    /// Whether there is a page to go to and something to use.
    pub fn is_gone(&self) -> bool {
        self.availability == Availability::Gone
    }

    /// The page of the algorithm.
    pub fn path(&self) -> String {
        format!("/algorithms/{}/{}", self.publisher.handle, self.algorithm.name)
    }

    /// Whether Retrieve Subscription can do anything.
    pub fn is_retrievable(&self) -> bool {
        !self.subscription.is_active() && matches!(self.availability, Availability::Listed)
    }
}

type Found = (Subscription, Algorithm, Publisher, Option<i64>);

/// A member's subscriptions, joined with what decides about their availability.
macro_rules! joined {
    ($user:expr) => {
        subscriptions::table
            .inner_join(algorithms::table.inner_join(publisher_table::table))
            .left_join(allowed_users::table.on(allowed_users::algorithm_id.eq(algorithms::id).and(allowed_users::user_id.eq($user))))
            .filter(subscriptions::user_id.eq($user))
    };
}
pub(super) use joined;

/// This member's subscriptions, the latest first; cancelled and unavailable ones too.
///
/// # Errors
/// Only the database's.
pub fn of_user(conn: &mut Conn, reader: Reader, offset: i64, limit: i64) -> Result<Vec<Row>> {
    let Some(user) = reader.user else { return Ok(Vec::new()) };
    let own = publishers::of_user(conn, user)?;
    let columns = (Subscription::as_select(), Algorithm::as_select(), Publisher::as_select(), allowed_users::user_id.nullable());
    let order = (subscriptions::subscribed_at.desc(), subscriptions::id.desc());
    let found: Vec<Found> = joined!(user).order(order).offset(offset).limit(limit).select(columns).load(conn)?;
    Ok(found.into_iter().map(|found| row(reader, &own, found)).collect())
}

/// How many they have, cancelled ones too.
///
/// # Errors
/// Only the database's.
pub fn count(conn: &mut Conn, user: i64) -> Result<i64> {
    Ok(subscriptions::table.filter(subscriptions::user_id.eq(user)).count().get_result(conn)?)
}

/// This member's subscription to `publisher/name`, whether or not they may still see the algorithm.
///
/// # Errors
/// `Conflict` when they never subscribed to it; `NotFound` when they may not even see it.
pub fn find(conn: &mut Conn, reader: Reader, publisher: &str, name: &str) -> Result<Row> {
    let user = reader.user.ok_or(Error::NotFound)?;
    let own = publishers::of_user(conn, user)?;
    let columns = (Subscription::as_select(), Algorithm::as_select(), Publisher::as_select(), allowed_users::user_id.nullable());
    let one = joined!(user).filter(publisher_table::handle.eq(publisher)).filter(algorithms::name.eq(name));
    let found: Option<Found> = one.select(columns).first(conn).optional()?;
    match found {
        Some(found) => Ok(row(reader, &own, found)),
        None => crate::algorithms::find(conn, reader, publisher, name).and(Err(super::NEVER)),
    }
}

fn row(reader: Reader, own: &[i64], (subscription, algorithm, publisher, allowed): Found) -> Row {
    let algorithm = crate::algorithms::standing(algorithm, &publisher);
    let manages = reader.operator || own.contains(&publisher.id);
    let ties = Ties { manages, allowed: allowed.is_some(), subscribed: subscription.is_active() };
    let availability = match () {
        () if !ties.open(&algorithm) => Availability::Gone,
        () if algorithm.newest.is_none() => Availability::Withdrawn,
        () if algorithm.state == Listing::Delisted => Availability::Delisted,
        () => Availability::Listed,
    };
    Row { subscription, algorithm, publisher, availability }
}
