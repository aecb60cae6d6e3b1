//! What members say about an algorithm: comments, and answers one level deep.

mod change;
mod history;
mod thread;

pub use change::{create, delete, delete_all, edit, hide, show};
pub use history::{Earlier, earlier};
pub use thread::{Entry, Thread, count_threads, page_of, threads};

use std::str::FromStr;

use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::{comments, publishers};

/// Threads on a page.
pub const PER_PAGE: i64 = 24;
/// Answers that one comment can have.
pub const ANSWERS: i64 = 100;
/// Characters of a comment.
pub const LONGEST: usize = 4000;

/// A row of `comments`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = comments)]
pub struct Comment {
    /// In URLs, beneath its algorithm.
    pub id: i64,
    /// About what.
    pub algorithm_id: i64,
    /// Who says it.
    pub author_id: i64,
    /// The comment that this one answers.
    pub parent_id: Option<i64>,
    /// Markdown; empty when deleted.
    pub body: String,
    /// When.
    pub created_at: Time,
    /// When it was last changed.
    pub edited_at: Option<Time>,
    /// When its author took it back.
    pub deleted_at: Option<Time>,
    /// When a publisher or the operator hid it.
    pub hidden_at: Option<Time>,
    /// Who did.
    pub hidden_by: Option<i64>,
    /// Why.
    pub hidden_reason: Option<String>,
}

/// What a comment says: 1 to 4,000 characters of Markdown without blank ends.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = Text)]
pub struct Body(String);

/// Why a comment is hidden: one line of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = Text)]
pub struct Reason(String);

impl Body {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Body {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err("Write something first."),
            1..=LONGEST => Ok(Self(text.to_owned())),
            _ => Err("Use at most 4,000 characters."),
        }
    }
}

impl Reason {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() {
            0 => Err("Say why; everybody will read it in place of the comment."),
            1..=200 => Ok(Self(text)),
            _ => Err("Use at most 200 characters."),
        }
    }
}

macro_rules! as_text {
    ($($kind:ty)*) => { $(
        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<Text, DB> for $kind
        where
            str: diesel::serialize::ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                self.0.as_str().to_sql(out)
            }
        }
    )* };
}
as_text!(Body Reason);

/// A comment on this algorithm that is not deleted.
///
/// # Errors
/// `NotFound`.
pub fn find(conn: &mut Conn, algorithm: i64, id: i64) -> Result<Comment> {
    let one = comments::table.find(id).filter(comments::algorithm_id.eq(algorithm)).filter(comments::deleted_at.is_null());
    Ok(one.select(Comment::as_select()).first(conn)?)
}

/// The same, of this author.
///
/// # Errors
/// `NotFound`, also when somebody else wrote it.
pub fn own(conn: &mut Conn, algorithm: i64, id: i64, author: i64) -> Result<Comment> {
    let comment = find(conn, algorithm, id)?;
    if comment.author_id == author { Ok(comment) } else { Err(Error::NotFound) }
}

/// The handle of its author.
///
/// # Errors
/// Only the database's.
pub fn author(conn: &mut Conn, comment: &Comment) -> Result<String> {
    Ok(publishers::table.find(comment.author_id).select(publishers::handle).first(conn)?)
}
