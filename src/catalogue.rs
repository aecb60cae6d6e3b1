//! The sequence of changes to what lists show: every server of one database sees by it when to look again.

use diesel::prelude::*;

use crate::db::Conn;
use crate::error::Result;
use crate::schema::catalogue;

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
