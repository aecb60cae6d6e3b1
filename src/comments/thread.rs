use std::collections::HashMap;

use diesel::prelude::*;

use super::{Comment, PER_PAGE};
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{comments, publishers};

/// A comment with the handles of those who had to do with it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The comment.
    pub comment: Comment,
    /// Its author's handle.
    pub author: String,
    /// Handle of who hid it.
    pub hidden_by: Option<String>,
}

/// A comment and its answers, the oldest answer first.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The comment; deleted ones are here for their answers' sake.
    pub first: Entry,
    /// Its answers; deleted ones are not here.
    pub answers: Vec<Entry>,
}

diesel::alias!(publishers as hiders: Hiders, comments as replies: Replies);

/// Comments that have something to show: not deleted, or answered.
macro_rules! standing {
    ($algorithm:expr) => {{
        let answered =
            replies.filter(replies.field(comments::parent_id).eq(comments::id.nullable())).filter(replies.field(comments::deleted_at).is_null());
        comments::table
            .filter(comments::algorithm_id.eq($algorithm))
            .filter(comments::parent_id.is_null())
            .filter(comments::deleted_at.is_null().or(diesel::dsl::exists(answered)))
    }};
}

/// How many threads an algorithm has.
///
/// # Errors
/// Only the database's.
pub fn count_threads(conn: &mut Conn, algorithm: i64) -> Result<i64> {
    Ok(standing!(algorithm).count().get_result(conn)?)
}

/// The page on which a comment stands, from 1: that of its thread.
///
/// # Errors
/// Only the database's.
pub fn page_of(conn: &mut Conn, comment: &Comment) -> Result<i64> {
    let thread = comment.parent_id.unwrap_or(comment.id);
    let newer: i64 = standing!(comment.algorithm_id).filter(comments::id.gt(thread)).count().get_result(conn)?;
    Ok(newer / PER_PAGE + 1)
}

/// [`PER_PAGE`] of an algorithm's threads, the newest first.
///
/// # Errors
/// Only the database's.
pub fn threads(conn: &mut Conn, algorithm: i64, offset: i64) -> Result<Vec<Thread>> {
    let hider = hiders.field(publishers::id).nullable();
    let firsts: Vec<(Comment, String, Option<String>)> = standing!(algorithm)
        .inner_join(publishers::table.on(publishers::id.eq(comments::author_id)))
        .left_join(hiders.on(hider.eq(comments::hidden_by)))
        .order(comments::id.desc())
        .offset(offset)
        .limit(PER_PAGE)
        .select((Comment::as_select(), publishers::handle, hiders.field(publishers::handle).nullable()))
        .load(conn)?;
    let ids: Vec<i64> = firsts.iter().map(|(comment, ..)| comment.id).collect();
    let mut by_parent = answers_of(conn, &ids)?;
    let thread = |row: (Comment, String, Option<String>)| {
        let answers = by_parent.remove(&row.0.id).unwrap_or_default();
        Thread { first: Entry::of(row), answers }
    };
    Ok(firsts.into_iter().map(thread).collect())
}

/// At most `PER_PAGE` times `ANSWERS`: no comment gets more.
fn answers_of(conn: &mut Conn, parents: &[i64]) -> Result<HashMap<i64, Vec<Entry>>> {
    if parents.is_empty() {
        return Ok(HashMap::new());
    }
    let hider = hiders.field(publishers::id).nullable();
    let rows: Vec<(Comment, String, Option<String>)> = comments::table
        .inner_join(publishers::table.on(publishers::id.eq(comments::author_id)))
        .left_join(hiders.on(hider.eq(comments::hidden_by)))
        .filter(comments::parent_id.eq_any(parents))
        .filter(comments::deleted_at.is_null())
        .order(comments::id)
        .limit(PER_PAGE * super::ANSWERS)
        .select((Comment::as_select(), publishers::handle, hiders.field(publishers::handle).nullable()))
        .load(conn)?;
    let mut by_parent: HashMap<i64, Vec<Entry>> = HashMap::new();
    for row in rows {
        by_parent.entry(row.0.parent_id.unwrap_or(0)).or_default().push(Entry::of(row));
    }
    Ok(by_parent)
}

impl Entry {
    fn of((comment, author, hidden_by): (Comment, String, Option<String>)) -> Self {
        Self { comment, author, hidden_by }
    }
}
