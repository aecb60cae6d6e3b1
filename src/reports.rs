//! Reports: what members ask the operator to look at.

mod case;

pub use case::{Case, Outcome, Report, count, delist, dismiss, find, hide, page};

use std::str::FromStr;

use diesel::prelude::*;

use crate::algorithms::Access;
use crate::clock::Time;
use crate::comments::Comment;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::notifications::{self, Kind};
use crate::schema::reports;
use crate::users::{self, User};

/// What is wrong with the reported thing: one line of 1 to 500 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl FromStr for Reason {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() {
            0 => Err("Say what is wrong with it."),
            1..=500 => Ok(Self(text)),
            _ => Err("Use at most 500 characters."),
        }
    }
}

/// What came of reporting something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filed {
    /// The operator has a report more.
    New,
    /// This member's earlier report of the same thing is still open.
    Already,
}

impl Filed {
    /// What its reporter reads.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::New => "Thank you. The operator will look at it.",
            Self::Already => "You have reported this already. The operator will look at it.",
        }
    }
}

/// Whether this member can report an algorithm, or with `comment` what was said about it.
///
/// # Errors
/// `Conflict` when it is their own, or hidden.
pub fn check(reporter: i64, access: &Access, comment: Option<&Comment>) -> Result<()> {
    match comment {
        Some(comment) if comment.author_id == reporter => Err(Error::Conflict("This comment is your own. You can edit or delete it.")),
        Some(comment) if comment.hidden_at.is_some() => Err(Error::Conflict("This comment is hidden.")),
        None if access.own => Err(Error::Conflict("This algorithm is your own. You can edit or delist it.")),
        _ => Ok(()),
    }
}

/// Reports an algorithm, or with `comment` what was said about it; the operator is told.
///
/// # Errors
/// Those of [`check`].
pub fn create(conn: &mut Conn, reporter: &User, access: &Access, comment: Option<&Comment>, reason: &Reason, at: Time) -> Result<Filed> {
    check(reporter.id, access, comment)?;
    let row = (
        reports::reporter_id.eq(reporter.id),
        reports::algorithm_id.eq(access.algorithm.id),
        reports::comment_id.eq(comment.map(|comment| comment.id)),
        reports::reason.eq(&reason.0),
        reports::at.eq(at),
    );
    // At most one open report of each member and thing: the index says so.
    let added = crate::per_backend!(conn, c => diesel::insert_into(reports::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Ok(Filed::Already);
    }
    tracing::info!(event = "reported", by = reporter.id, algorithm = access.algorithm.id, comment = comment.map(|comment| comment.id));
    let what = if comment.is_some() { "a comment on " } else { "" };
    let sentence = format!("{} reported {what}{}.", reporter.handle, access.algorithm.title);
    let operators = users::operators(conn)?;
    notifications::tell(conn, &operators, Kind::Report, &sentence, "/operator/reports", at)?;
    Ok(Filed::New)
}
