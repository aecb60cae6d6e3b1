//! Subscriptions: one per member and algorithm, active or cancelled, with its whole history.
//!
//! Locks are taken in one order, the subscription's row and then the algorithm's, so that nothing deadlocks.

mod accept;
mod change;
mod console;
mod rows;
pub mod work;

pub use accept::subscribe_accepting;
pub use change::{Outcome, cancel, cancel_all, offered, retrieve, subscribe};
pub use console::{Entry, Standing, entries, entries_count, entry, versions_of};
pub use rows::{Availability, Row, count, find, of_user};

use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::{subscription_events, subscriptions};

const NEVER: Error = Error::Conflict("You have not subscribed to this algorithm.");

crate::text_enum! {
    /// Whether its member uses the algorithm now.
    pub enum State { Active = "active" / "Active", Cancelled = "cancelled" / "Cancelled" }
}

crate::text_enum! {
    /// What happened to a subscription.
    pub enum Event { Subscribed = "subscribed" / "Subscribed", Cancelled = "cancelled" / "Cancelled", Retrieved = "retrieved" / "Retrieved" }
}

/// A row of `subscriptions`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = subscriptions)]
pub struct Subscription {
    /// In no URL.
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// To what.
    pub algorithm_id: i64,
    /// Active or cancelled.
    pub state: State,
    /// Whether it is in the algorithm's number of subscribers: the publisher's own is not.
    pub counted: bool,
    /// For the first time.
    pub subscribed_at: Time,
    /// Last subscribed, cancelled or retrieved.
    pub changed_at: Time,
}

impl Subscription {
    /// Whether its member uses the algorithm now.
    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }
}

/// Whether this member is subscribed to this algorithm; `None` when they never were.
///
/// # Errors
/// Only the database's.
pub fn state(conn: &mut Conn, user: i64, algorithm: i64) -> Result<Option<State>> {
    let theirs = subscriptions::table.filter(subscriptions::user_id.eq(user)).filter(subscriptions::algorithm_id.eq(algorithm));
    Ok(theirs.select(subscriptions::state).first(conn).optional()?)
}

/// Stops what only subscribers may do.
///
/// # Errors
/// `Conflict` with the sentence that says what to do first.
pub fn require_active(conn: &mut Conn, user: i64, algorithm: i64) -> Result<()> {
    match state(conn, user, algorithm)? {
        Some(State::Active) => Ok(()),
        Some(State::Cancelled) => Err(Error::Conflict("This subscription is cancelled. Retrieve it first.")),
        None => Err(Error::Conflict("Subscribe to this algorithm first.")),
    }
}

/// What happened to this member's subscription to this algorithm, in order; at most a thousand events.
///
/// # Errors
/// Only the database's.
pub fn history(conn: &mut Conn, user: i64, algorithm: i64) -> Result<Vec<Event>> {
    let theirs = subscriptions::table.filter(subscriptions::user_id.eq(user)).filter(subscriptions::algorithm_id.eq(algorithm));
    let events = theirs.inner_join(subscription_events::table).order(subscription_events::id).limit(1000);
    Ok(events.select(subscription_events::kind).load(conn)?)
}
