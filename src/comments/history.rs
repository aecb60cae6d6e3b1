use diesel::prelude::*;

use super::Comment;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::comment_edits;

/// At most so many earlier texts of a comment are shown.
const MOST: i64 = 100;

/// What a comment said before it was edited.
#[derive(Debug, Clone, Queryable)]
pub struct Earlier {
    /// In the order of the edits.
    pub id: i64,
    /// Markdown.
    pub body: String,
    /// When other words took its place.
    pub at: Time,
}

/// What a comment said before, the latest first; at most a hundred.
///
/// # Errors
/// Only the database's.
pub fn earlier(conn: &mut Conn, comment: &Comment) -> Result<Vec<Earlier>> {
    let its = comment_edits::table.filter(comment_edits::comment_id.eq(comment.id)).order(comment_edits::id.desc()).limit(MOST);
    Ok(its.select((comment_edits::id, comment_edits::body, comment_edits::at)).load(conn)?)
}

/// Keeps what a comment has said until now.
pub(super) fn keep(conn: &mut Conn, comment: &Comment, at: Time) -> Result<()> {
    let row = (comment_edits::comment_id.eq(comment.id), comment_edits::body.eq(&comment.body), comment_edits::at.eq(at));
    diesel::insert_into(comment_edits::table).values(row).execute(conn)?;
    Ok(())
}

/// Throws away what a comment said before.
pub(super) fn forget(conn: &mut Conn, comment: &Comment) -> Result<()> {
    diesel::delete(comment_edits::table.filter(comment_edits::comment_id.eq(comment.id))).execute(conn)?;
    Ok(())
}
