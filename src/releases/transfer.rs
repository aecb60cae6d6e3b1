use diesel::prelude::*;

use super::full_name;
use crate::algorithms::{self, Access};
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, OrConflict, Result};
use crate::notifications::{self, Kind};
use crate::publishers::{self, Publisher};
use crate::schema::{algorithms as table, subscriptions};
use crate::users::User;

/// Publishers to whom this member may move an algorithm: those that they act for, but the one who has it.
///
/// # Errors
/// `Forbidden` when it is not theirs to give away, or its publisher is suspended.
pub fn takers(conn: &mut Conn, user: &User, access: &Access) -> Result<Vec<Publisher>> {
    if !user.admin && !publishers::owns(conn, access.publisher.id, user.id)? {
        return Err(Error::Forbidden("Only owners of an organisation may move its algorithms."));
    }
    if access.publisher.suspended_at.is_some() {
        return Err(Error::Forbidden("This publisher is suspended; nothing of theirs can be moved."));
    }
    let acting = publishers::acting(conn, user.id)?;
    Ok(acting.into_iter().filter(|publisher| publisher.id != access.publisher.id && publisher.suspended_at.is_none()).collect())
}

/// Moves an algorithm to another publisher: its addresses change, everything that belongs to it stays with it.
/// Its subscribers and both publishers are told.
///
/// # Errors
/// Those of [`takers`]; `Refused` beside `publisher` when that is none of them, or has one of that name.
pub fn transfer(conn: &mut Conn, user: &User, access: &Access, to: &str, at: Time) -> Result<Publisher> {
    let takers = takers(conn, user, access)?;
    let to = takers.into_iter().find(|publisher| publisher.handle == to);
    let to = to.ok_or_else(|| Error::refused("publisher", "Choose one of the publishers that you act for."))?;
    let (algorithm, before) = (&access.algorithm, full_name(access));
    let moved = diesel::update(table::table.find(algorithm.id)).set(table::publisher_id.eq(to.id)).execute(conn);
    moved.or_conflict("taken").map_err(|error| match error {
        Error::Conflict(_) => Error::refused("publisher", format!("{} has an algorithm {} already.", to.handle, algorithm.name)),
        other => other,
    })?;
    let after = format!("{}/{}", to.handle, algorithm.name);
    audit::record(conn, Some(user.id), "algorithm transferred", &before, &format!("to {after}"), at)?;
    let active = subscriptions::table.filter(subscriptions::algorithm_id.eq(algorithm.id)).filter(subscriptions::state.eq("active"));
    let mut told: Vec<i64> = active.order(subscriptions::user_id).select(subscriptions::user_id).load(conn)?;
    told.extend(publishers::team(conn, &access.publisher)?);
    told.extend(publishers::team(conn, &to)?);
    told.retain(|other| *other != user.id);
    let sentence = format!("{} moved from {before} to {after}.", algorithm.title);
    notifications::tell(conn, &told, Kind::Organisation, &sentence, &format!("/algorithms/{after}"), at)?;
    algorithms::announce(conn, algorithm.id, at)?;
    Ok(to)
}
