use std::collections::HashMap;

use diesel::prelude::*;

use super::{Algorithm, Listing, Reader, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::publishers::{self, Publisher};
use crate::schema::{algorithms, allowed_users, favorites, publishers as publisher_table, subscriptions, versions};

/// An algorithm that a member or one of their organisations publishes.
#[derive(Debug, Clone)]
pub struct Released {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Who publishes it.
    pub publisher: Publisher,
    /// How many versions it has, withdrawn ones too.
    pub versions: i64,
}

/// An algorithm that a member keeps as a favourite.
#[derive(Debug, Clone, Queryable)]
pub struct Favorite {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Of whom.
    pub publisher: Publisher,
    /// Since when.
    pub since: Time,
}

/// What this member and their organisations publish, the last changed first.
///
/// # Errors
/// Only the database's.
pub fn released(conn: &mut Conn, user: i64, offset: i64, limit: i64) -> Result<Vec<Released>> {
    let own = publishers::of_user(conn, user)?;
    let theirs =
        algorithms::table.inner_join(publisher_table::table).filter(algorithms::publisher_id.eq_any(own)).filter(algorithms::deleted_at.is_null());
    let page = theirs.order((algorithms::updated_at.desc(), algorithms::id.desc())).offset(offset).limit(limit);
    let found: Vec<(Algorithm, Publisher)> = page.select((Algorithm::as_select(), Publisher::as_select())).load(conn)?;
    let ids: Vec<i64> = found.iter().map(|(algorithm, _)| algorithm.id).collect();
    let counted = versions::table.filter(versions::algorithm_id.eq_any(ids)).group_by(versions::algorithm_id);
    let counted: Vec<(i64, i64)> = counted.select((versions::algorithm_id, diesel::dsl::count_star())).load(conn)?;
    let counted: HashMap<i64, i64> = counted.into_iter().collect();
    let with = |(algorithm, publisher): (Algorithm, Publisher)| {
        let versions = counted.get(&algorithm.id).copied().unwrap_or(0);
        Released { algorithm, publisher, versions }
    };
    Ok(found.into_iter().map(with).collect())
}

/// How many there are of [`released`].
///
/// # Errors
/// Only the database's.
pub fn released_count(conn: &mut Conn, user: i64) -> Result<i64> {
    let own = publishers::of_user(conn, user)?;
    let theirs = algorithms::table.filter(algorithms::publisher_id.eq_any(own)).filter(algorithms::deleted_at.is_null());
    Ok(theirs.count().get_result(conn)?)
}

/// A member's favourites that they may still see, by the same rule as [`super::Ties::open`].
macro_rules! visible {
    ($conn:expr, $reader:expr, $user:expr) => {{
        let own = publishers::of_user($conn, $user)?;
        let allowed = allowed_users::algorithm_id.eq(algorithms::id).and(allowed_users::user_id.eq($user));
        let theirs = subscriptions::algorithm_id.eq(algorithms::id).and(subscriptions::user_id.eq($user)).and(subscriptions::state.eq("active"));
        let mut query = favorites::table
            .inner_join(algorithms::table.inner_join(publisher_table::table))
            .left_join(allowed_users::table.on(allowed))
            .left_join(subscriptions::table.on(theirs))
            .filter(favorites::user_id.eq($user))
            .into_boxed();
        if !$reader.operator {
            let suspended = algorithms::state.eq(Listing::Listed).and(publisher_table::suspended_at.is_not_null());
            let delisted = algorithms::state.eq(Listing::Delisted).or(suspended).and(subscriptions::id.nullable().is_not_null());
            let standing = algorithms::state.eq(Listing::Listed).and(publisher_table::suspended_at.is_null());
            let listed = algorithms::visibility.eq(Visibility::Users).and(allowed_users::user_id.nullable().is_not_null());
            let open = standing.or(delisted).and(algorithms::visibility.eq(Visibility::Public).or(listed));
            query = query.filter(open.or(algorithms::publisher_id.eq_any(own)));
        }
        query
    }};
}

/// This reader's favourites, the latest first.
///
/// # Errors
/// Only the database's.
pub fn favorites(conn: &mut Conn, reader: Reader, offset: i64, limit: i64) -> Result<Vec<Favorite>> {
    let Some(user) = reader.user else { return Ok(Vec::new()) };
    let page = visible!(conn, reader, user).order((favorites::at.desc(), algorithms::id.desc())).offset(offset).limit(limit);
    Ok(page.select((Algorithm::as_select(), Publisher::as_select(), favorites::at)).load(conn)?)
}

/// How many there are of [`favorites`].
///
/// # Errors
/// Only the database's.
pub fn favorites_count(conn: &mut Conn, reader: Reader) -> Result<i64> {
    let Some(user) = reader.user else { return Ok(0) };
    Ok(visible!(conn, reader, user).count().get_result(conn)?)
}
