use diesel::prelude::*;

use super::{ANSWERS, Body, Comment, Reason, find, history};
use crate::algorithms;
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::notifications::{self, Kind};
use crate::publishers::{self, Publisher};
use crate::schema::{algorithms as algorithm_table, comment_edits, comments, publishers as publisher_table};

const CHANGED: Error = Error::Conflict("This comment was changed, hidden or deleted in the meantime.");

/// Says something about an algorithm, or answers the comment `parent`. Returns the new comment's id.
///
/// # Errors
/// `NotFound` when there is no such comment to answer; `Conflict` when it is an answer itself, hidden,
/// or has as many answers as one can have.
pub fn create(conn: &mut Conn, algorithm: i64, author: i64, body: &Body, parent: Option<i64>, at: Time) -> Result<i64> {
    if let Some(parent) = parent {
        let parent = find(conn, algorithm, parent)?;
        check_parent(conn, &parent)?;
    }
    let row = (
        comments::algorithm_id.eq(algorithm),
        comments::author_id.eq(author),
        comments::parent_id.eq(parent),
        comments::body.eq(body),
        comments::created_at.eq(at),
    );
    algorithms::touch(conn, algorithm, at)?;
    let id = diesel::insert_into(comments::table).values(row).returning(comments::id).get_result(conn)?;
    tell(conn, (algorithm, author), parent, id, at)?;
    Ok(id)
}

/// Tells the publisher's people of a comment, and whoever is answered of the answer.
fn tell(conn: &mut Conn, (algorithm, author): (i64, i64), parent: Option<i64>, id: i64, at: Time) -> Result<()> {
    let joined = algorithm_table::table.inner_join(publisher_table::table).filter(algorithm_table::id.eq(algorithm));
    let row: (String, String, Publisher) = joined.select((algorithm_table::title, algorithm_table::name, Publisher::as_select())).first(conn)?;
    let (title, name, publisher) = row;
    let handle: String = publisher_table::table.find(author).select(publisher_table::handle).first(conn)?;
    let path = format!("/algorithms/{}/{name}/comments#comment-{id}", publisher.handle);
    let answered: Option<i64> = match parent {
        Some(parent) => Some(comments::table.find(parent).select(comments::author_id).first(conn)?),
        None => None,
    };
    if let Some(answered) = answered.filter(|answered| *answered != author) {
        notifications::tell(conn, &[answered], Kind::Comment, &format!("{handle} answered your comment on {title}."), &path, at)?;
    }
    let mut team = publishers::team(conn, &publisher)?;
    team.retain(|user| *user != author && Some(*user) != answered);
    notifications::tell(conn, &team, Kind::Comment, &format!("{handle} commented on {title}."), &path, at)
}

fn check_parent(conn: &mut Conn, parent: &Comment) -> Result<()> {
    if parent.parent_id.is_some() {
        return Err(Error::Conflict("Answers cannot be answered; answer the comment above."));
    }
    if parent.hidden_at.is_some() {
        return Err(CHANGED);
    }
    let answers: i64 = comments::table.filter(comments::parent_id.eq(parent.id)).count().get_result(conn)?;
    if answers >= ANSWERS {
        return Err(Error::Conflict("This comment has 100 answers already. Please start a new one."));
    }
    Ok(())
}

/// Changes what a comment says; what it said before is kept.
///
/// # Errors
/// `Conflict` when it was hidden or deleted since the author looked at it.
pub fn edit(conn: &mut Conn, comment: &Comment, body: &Body, at: Time) -> Result<()> {
    if comment.body == body.as_str() && comment.hidden_at.is_none() {
        return Ok(());
    }
    let standing = comments::table.find(comment.id).filter(comments::deleted_at.is_null()).filter(comments::hidden_at.is_null());
    // Somebody who edits it twice at once loses none of what it said.
    let unchanged = standing.filter(comments::body.eq(&comment.body));
    some(diesel::update(unchanged).set((comments::body.eq(body), comments::edited_at.eq(at))).execute(conn)?)?;
    history::keep(conn, comment, at)
}

/// Takes a comment back: its words are gone, its answers stay. Doing it twice is one deletion.
///
/// # Errors
/// Only the database's.
pub fn delete(conn: &mut Conn, comment: &Comment, at: Time) -> Result<()> {
    let standing = comments::table.find(comment.id).filter(comments::deleted_at.is_null());
    diesel::update(standing).set((comments::deleted_at.eq(at), comments::body.eq(""))).execute(conn)?;
    history::forget(conn, comment)?;
    algorithms::touch(conn, comment.algorithm_id, at)
}

/// Takes back all that a member has said, and what it was before.
///
/// # Errors
/// Only the database's.
pub fn delete_all(conn: &mut Conn, author: i64, at: Time) -> Result<()> {
    let said = comments::table.filter(comments::author_id.eq(author));
    diesel::delete(comment_edits::table.filter(comment_edits::comment_id.eq_any(said.select(comments::id)))).execute(conn)?;
    let standing = said.filter(comments::deleted_at.is_null());
    // In one order for everybody, so that none waits for another in a circle.
    let places: Vec<i64> = standing.select(comments::algorithm_id).distinct().order(comments::algorithm_id).load(conn)?;
    diesel::update(standing).set((comments::body.eq(""), comments::deleted_at.eq(at))).execute(conn)?;
    places.into_iter().try_for_each(|algorithm| algorithms::touch(conn, algorithm, at))
}

/// Hides a comment from everybody else, who read `reason` in its place.
///
/// # Errors
/// `Conflict` when it was hidden or deleted already.
pub fn hide(conn: &mut Conn, comment: &Comment, by: i64, reason: &Reason, at: Time) -> Result<()> {
    let standing = comments::table.find(comment.id).filter(comments::deleted_at.is_null()).filter(comments::hidden_at.is_null());
    let set = (comments::hidden_at.eq(at), comments::hidden_by.eq(by), comments::hidden_reason.eq(reason));
    some(diesel::update(standing).set(set).execute(conn)?)?;
    let subject = named(conn, comment)?;
    audit::record(conn, Some(by), "comment hidden", &subject, reason.as_str(), at)
}

/// Shows a hidden comment again. Doing it twice changes nothing.
///
/// # Errors
/// Only the database's.
pub fn show(conn: &mut Conn, comment: &Comment, by: i64, at: Time) -> Result<()> {
    let hidden = comments::table.find(comment.id).filter(comments::hidden_at.is_not_null());
    let nothing = (comments::hidden_at.eq(None::<Time>), comments::hidden_by.eq(None::<i64>), comments::hidden_reason.eq(None::<String>));
    if diesel::update(hidden).set(nothing).execute(conn)? == 0 {
        return Ok(());
    }
    let subject = named(conn, comment)?;
    audit::record(conn, Some(by), "comment shown again", &subject, "", at)
}

/// `publisher/name comment 7`, for the log.
fn named(conn: &mut Conn, comment: &Comment) -> Result<String> {
    let row = algorithm_table::table.inner_join(publisher_table::table).filter(algorithm_table::id.eq(comment.algorithm_id));
    let (handle, name): (String, String) = row.select((publisher_table::handle, algorithm_table::name)).first(conn)?;
    Ok(format!("{handle}/{name} comment {}", comment.id))
}

fn some(changed: usize) -> Result<()> {
    if changed == 0 { Err(CHANGED) } else { Ok(()) }
}
