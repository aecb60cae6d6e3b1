//! The sequence of changes to what lists show: every server of one database sees by it when to look again.

use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{catalogue, followers};

/// The number of the latest change.
///
/// # Errors
/// Only the database's.
pub fn sequence(conn: &mut Conn) -> Result<i64> {
    Ok(catalogue::table.find(1).select(catalogue::sequence).first(conn)?)
}

/// What tells this database from every other one; it never changes.
///
/// # Errors
/// Only the database's.
pub fn identity(conn: &mut Conn) -> Result<String> {
    Ok(catalogue::table.find(1).select(catalogue::identity).first(conn)?)
}

/// Takes the next number, for the rows that change. Its lock is held to the end of the transaction,
/// so whoever sees a number sees all changes up to it.
///
/// # Errors
/// Only the database's.
pub fn advance(conn: &mut Conn) -> Result<i64> {
    let row = diesel::update(catalogue::table.find(1)).set(catalogue::sequence.eq(catalogue::sequence + 1));
    Ok(row.returning(catalogue::sequence).get_result(conn)?)
}

/// How far a server has come in following the changes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = followers)]
pub struct Follower {
    /// Names a server while it runs.
    pub id: String,
    /// Its lists show everything up to this change.
    pub sequence: i64,
    /// When it said so, by its own clock.
    pub said_at: Time,
}

/// The servers that were far behind lately, each with how far it has come.
///
/// # Errors
/// Only the database's.
pub fn followers(conn: &mut Conn) -> Result<Vec<Follower>> {
    Ok(followers::table.order(followers::id).select(Follower::as_select()).load(conn)?)
}

/// Says how far a server has come that is far behind, in place of what it said before.
///
/// # Errors
/// Only the database's.
pub fn say_followed(conn: &mut Conn, follower: &Follower) -> Result<()> {
    let row = diesel::insert_into(followers::table).values(follower);
    crate::per_backend!(conn, c => row.on_conflict(followers::id).do_update().set(follower).execute(c))?;
    Ok(())
}

/// Takes back what this server said, and what others said so long ago that they are gone.
///
/// # Errors
/// Only the database's.
pub fn unsay_followed(conn: &mut Conn, id: &str, long_ago: Time) -> Result<()> {
    let over = followers::table.filter(followers::id.eq(id).or(followers::said_at.lt(long_ago)));
    diesel::delete(over).execute(conn)?;
    Ok(())
}
