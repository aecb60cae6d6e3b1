use diesel::prelude::*;

use super::{Listing, Visibility};
use crate::catalogue;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{algorithms, allowed_users, publishers, users};

/// Notes that a counter or a comment of this algorithm changed: lists show it within a second.
///
/// # Errors
/// Only the database's.
pub fn touch(conn: &mut Conn, id: i64, at: Time) -> Result<()> {
    let set = (algorithms::touched_at.eq(at), algorithms::touches.eq(algorithms::touches + 1));
    diesel::update(algorithms::table.find(id)).set(set).execute(conn)?;
    Ok(())
}

/// Notes that lists must show something else from now on: a publication, an edit, a delisting.
///
/// Call it last in its transaction: from then on others wait to announce theirs.
///
/// # Errors
/// Only the database's.
pub fn announce(conn: &mut Conn, id: i64, at: Time) -> Result<()> {
    let announced = catalogue::advance(conn)?;
    let set = (algorithms::announced.eq(announced), algorithms::touched_at.eq(at));
    diesel::update(algorithms::table.find(id)).set(set).execute(conn)?;
    Ok(())
}

/// Handles of the members on its allow-list, in their order.
///
/// # Errors
/// Only the database's.
pub fn allowed(conn: &mut Conn, id: i64) -> Result<Vec<String>> {
    let joined = allowed_users::table.inner_join(users::table.inner_join(publishers::table)).filter(allowed_users::algorithm_id.eq(id));
    Ok(joined.order(publishers::handle).select(publishers::handle).load(conn)?)
}

/// Lists it or takes it off the market.
///
/// # Errors
/// Only the database's.
pub fn set_listing(conn: &mut Conn, id: i64, state: Listing, at: Time) -> Result<()> {
    diesel::update(algorithms::table.find(id)).set(algorithms::state.eq(state)).execute(conn)?;
    announce(conn, id, at)
}

/// Says who may see it; `users` counts with [`Visibility::Users`] only and replaces the earlier list.
///
/// # Errors
/// Only the database's.
pub fn set_visibility(conn: &mut Conn, id: i64, visibility: Visibility, users: &[i64], at: Time) -> Result<()> {
    diesel::update(algorithms::table.find(id)).set(algorithms::visibility.eq(visibility)).execute(conn)?;
    diesel::delete(allowed_users::table.filter(allowed_users::algorithm_id.eq(id))).execute(conn)?;
    let rows: Vec<_> = users.iter().map(|user| (allowed_users::algorithm_id.eq(id), allowed_users::user_id.eq(*user))).collect();
    crate::per_backend!(conn, c => diesel::insert_into(allowed_users::table).values(&rows).on_conflict_do_nothing().execute(c))?;
    announce(conn, id, at)
}
