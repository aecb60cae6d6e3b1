use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Event, NEVER, State};
use crate::algorithms::{self, Access, Reader};
use crate::clock::Time;
use crate::config::Note;
use crate::consents;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::{algorithms as algorithm_table, subscription_events, subscriptions};
use crate::versions::{self, Version};

/// What became of an attempt to subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The subscription is active, whether or not it was before.
    Active,
    /// Nothing happened: something must be accepted first.
    Asks,
}

/// The algorithm, and the version that is asked for or else the newest that can be picked.
///
/// # Errors
/// `NotFound`; `Conflict` when nobody new can pick it.
pub fn offered(conn: &mut Conn, reader: Reader, publisher: &str, name: &str, number: Option<&str>) -> Result<(Access, Version)> {
    let access = algorithms::find(conn, reader, publisher, name)?;
    let version = match number {
        Some(number) => versions::pick(conn, &access, number)?,
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

/// Subscribes, unless something must be accepted for `version` first. A cancelled subscription comes back to life.
///
/// # Errors
/// `Conflict` when the version is withdrawn.
pub fn subscribe(conn: &mut Conn, user: i64, access: &Access, version: &Version, note: &Note, at: Time) -> Result<Outcome> {
    if super::state(conn, user, access.algorithm.id)? == Some(State::Active) {
        return Ok(Outcome::Active);
    }
    if version.is_withdrawn() {
        return Err(Error::Conflict("This version is withdrawn."));
    }
    if !consents::missing(conn, user, access, version, note)?.is_empty() {
        return Ok(Outcome::Asks);
    }
    if !insert(conn, user, access, at)? {
        reactivate(conn, user, access, at)?;
    }
    Ok(Outcome::Active)
}

/// Takes a cancellation back, unless something must be accepted for `version` first.
///
/// # Errors
/// `Conflict` when they never subscribed, or the version is withdrawn.
pub fn retrieve(conn: &mut Conn, user: i64, access: &Access, version: &Version, note: &Note, at: Time) -> Result<Outcome> {
    match super::state(conn, user, access.algorithm.id)? {
        None => Err(NEVER),
        Some(_) => subscribe(conn, user, access, version, note, at),
    }
}

/// Cancels a subscription; one that is cancelled already stays so. Jobs go on.
///
/// # Errors
/// `Conflict` when they never subscribed.
pub fn cancel(conn: &mut Conn, user: i64, algorithm: i64, at: Time) -> Result<()> {
    let active = subscriptions::table
        .filter(subscriptions::user_id.eq(user))
        .filter(subscriptions::algorithm_id.eq(algorithm))
        .filter(subscriptions::state.eq(State::Active));
    let set = (subscriptions::state.eq(State::Cancelled), subscriptions::changed_at.eq(at));
    let changed = diesel::update(active).set(set).returning((subscriptions::id, subscriptions::counted));
    let changed: Option<(i64, bool)> = changed.get_result(conn).optional()?;
    match changed {
        Some((id, counted)) => {
            record(conn, id, Event::Cancelled, at)?;
            if counted { count(conn, algorithm, -1, at).map(drop) } else { Ok(()) }
        }
        None => super::state(conn, user, algorithm)?.map(drop).ok_or(NEVER),
    }
}

/// Cancels all of a member's subscriptions, so that nobody counts who is not there any more.
///
/// # Errors
/// Only the database's.
pub fn cancel_all(conn: &mut Conn, user: i64, at: Time) -> Result<()> {
    let active = subscriptions::table.filter(subscriptions::user_id.eq(user)).filter(subscriptions::state.eq(State::Active));
    // In the algorithms' order, as everybody who takes several of their rows does.
    let theirs: Vec<i64> = active.order(subscriptions::algorithm_id).select(subscriptions::algorithm_id).load(conn)?;
    theirs.into_iter().try_for_each(|algorithm| cancel(conn, user, algorithm, at))
}

/// The first subscription; `false` when there is a row already, whoever wrote it a moment ago.
fn insert(conn: &mut Conn, user: i64, access: &Access, at: Time) -> Result<bool> {
    let counted = !access.own;
    let row = (
        subscriptions::user_id.eq(user),
        subscriptions::algorithm_id.eq(access.algorithm.id),
        subscriptions::state.eq(State::Active),
        subscriptions::counted.eq(counted),
        subscriptions::subscribed_at.eq(at),
        subscriptions::changed_at.eq(at),
    );
    let ids: Vec<i64> = crate::per_backend!(conn, c => diesel::insert_into(subscriptions::table).values(row)
        .on_conflict_do_nothing().returning(subscriptions::id).get_results(c))?;
    let Some(id) = ids.first() else { return Ok(false) };
    record(conn, *id, Event::Subscribed, at)?;
    if counted {
        let trend = count(conn, access.algorithm.id, 1, at)?;
        let set = algorithm_table::trend.eq(risen(trend, at));
        diesel::update(algorithm_table::table.find(access.algorithm.id)).set(set).execute(conn)?;
    }
    Ok(true)
}

fn reactivate(conn: &mut Conn, user: i64, access: &Access, at: Time) -> Result<()> {
    let counted = !access.own;
    let cancelled = subscriptions::table
        .filter(subscriptions::user_id.eq(user))
        .filter(subscriptions::algorithm_id.eq(access.algorithm.id))
        .filter(subscriptions::state.eq(State::Cancelled));
    let set = (subscriptions::state.eq(State::Active), subscriptions::counted.eq(counted), subscriptions::changed_at.eq(at));
    let changed: Option<i64> = diesel::update(cancelled).set(set).returning(subscriptions::id).get_result(conn).optional()?;
    let Some(id) = changed else { return Ok(()) };
    record(conn, id, Event::Retrieved, at)?;
    if counted { count(conn, access.algorithm.id, 1, at).map(drop) } else { Ok(()) }
}

fn record(conn: &mut Conn, subscription: i64, event: Event, at: Time) -> Result<()> {
    let row = (subscription_events::subscription_id.eq(subscription), subscription_events::kind.eq(event), subscription_events::at.eq(at));
    diesel::insert_into(subscription_events::table).values(row).execute(conn)?;
    Ok(())
}

/// Moves the number of subscribers; from here on this transaction holds the algorithm's row. Returns its trend.
fn count(conn: &mut Conn, algorithm: i64, by: i64, at: Time) -> Result<f64> {
    let row = diesel::update(algorithm_table::table.find(algorithm));
    let moved = row.set(algorithm_table::subscribers.eq(algorithm_table::subscribers + by));
    let trend = moved.returning(algorithm_table::trend).get_result(conn)?;
    algorithms::touch(conn, algorithm, at)?;
    Ok(trend)
}

/// The trend after one more subscription: log2 of a sum in which each one weighs twice as much as one a week before.
///
/// Weights grow with time instead of fading, so the numbers of different algorithms compare at any moment without
/// being rewritten; the logarithm keeps them small. Taking a cancellation back does not raise it.
fn risen(trend: f64, at: Time) -> f64 {
    let epoch = NaiveDate::from_ymd_opt(2026, 1, 1).map_or(at, |day| day.and_time(chrono::NaiveTime::MIN));
    #[allow(clippy::cast_precision_loss)] // exact for 285,000 years
    let weeks = (at - epoch).num_milliseconds() as f64 / (7.0 * 86_400_000.0);
    let (low, high) = if trend < weeks { (trend, weeks) } else { (weeks, trend) };
    high + (1.0 + (low - high).exp2()).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_weighs_twice_as_much_a_week_later() {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_time(chrono::NaiveTime::MIN);
        let (early, late) = (risen(0.0, day(11, 1)), risen(0.0, day(11, 8)));
        assert!((late - early - 1.0).abs() < 1e-6, "{early} {late}");
        let two_early = risen(early, day(11, 1));
        assert!((two_early - late).abs() < 1e-6, "two of last week are as much as one of now: {two_early} {late}");
        let many = (0..1_000).fold(0.0, |trend, _| risen(trend, day(11, 1)));
        assert!(many > early + 9.9 && many < early + 10.1, "{many}");
    }
}
