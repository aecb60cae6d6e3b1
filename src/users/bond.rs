use diesel::dsl::exists;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::error::Result;
use crate::per_backend;

/// An algorithm that a member may have to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its id.
    pub algorithm: i64,
    /// Its publisher's id.
    pub publisher: i64,
}

/// All that is known of a member and an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Queryable)]
pub struct Bond {
    /// They belong to the organisation that publishes it.
    pub member: bool,
    /// They stand on its allow-list.
    pub allowed: bool,
    /// They have an active subscription.
    pub subscribed: bool,
    /// They were subscribed and cancelled.
    pub cancelled: bool,
    /// They like it.
    pub liked: bool,
    /// It is among their favourites.
    pub favorite: bool,
}

/// The columns of a [`Bond`] of the user whose id is an expression.
macro_rules! bonds {
    ($user:expr, $topic:expr) => {{
        use $crate::schema::{allowed_users, favorites, likes, members, subscriptions};
        let $crate::users::Topic { algorithm, publisher } = $topic;
        let theirs = |state: &'static str| {
            let theirs = subscriptions::table.filter(subscriptions::user_id.nullable().eq($user)).filter(subscriptions::algorithm_id.eq(algorithm));
            exists(theirs.filter(subscriptions::state.eq(state)))
        };
        (
            exists(members::table.filter(members::publisher_id.eq(publisher)).filter(members::user_id.nullable().eq($user))),
            exists(allowed_users::table.filter(allowed_users::algorithm_id.eq(algorithm)).filter(allowed_users::user_id.nullable().eq($user))),
            theirs("active"),
            theirs("cancelled"),
            exists(likes::table.filter(likes::user_id.nullable().eq($user)).filter(likes::algorithm_id.eq(algorithm))),
            exists(favorites::table.filter(favorites::user_id.nullable().eq($user)).filter(favorites::algorithm_id.eq(algorithm))),
        )
    }};
}
pub(crate) use bonds;

/// What ties a member to an algorithm, in one query: each page about an algorithm asks.
///
/// # Errors
/// Only the database's.
pub fn bond(conn: &mut Conn, user: i64, topic: Topic) -> Result<Bond> {
    Ok(per_backend!(conn, c => diesel::select(bonds!(Some(user), topic)).get_result(c))?)
}
