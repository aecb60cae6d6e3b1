use diesel::prelude::*;

use super::account::sign_out;
use super::{User, by_handle};
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::publishers as publisher;
use crate::schema::{publishers, users};

/// Characters of a reason.
const REASON: usize = 500;

/// An account as the operator sees it.
#[derive(Debug, Clone, Queryable)]
pub struct Member {
    /// Of the account.
    pub id: i64,
    /// In URLs.
    pub handle: String,
    /// For signing in.
    pub email: Option<String>,
    /// An operator too.
    pub admin: bool,
    /// Since when.
    pub created_at: Time,
    /// Cannot sign in since then.
    pub suspended_at: Option<Time>,
}

/// Accounts that were not deleted, with these letters in handle or e-mail address; both are stored in lower case.
macro_rules! matching {
    ($text:expr) => {{
        let mut rows = users::table.inner_join(publishers::table).filter(users::deleted_at.is_null()).into_boxed();
        for word in $text.to_lowercase().split_whitespace().take(8) {
            let pattern = format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let email = users::email.like(pattern.clone()).escape('\\');
            rows = rows.filter(publishers::handle.like(pattern).escape('\\').nullable().or(email));
        }
        rows
    }};
}

/// A page of the accounts with these letters in handle or e-mail address, the latest first.
///
/// # Errors
/// Only the database's.
pub fn members(conn: &mut Conn, text: &str, offset: i64, limit: i64) -> Result<Vec<Member>> {
    let columns = (users::id, publishers::handle, users::email, users::admin, users::created_at, users::suspended_at);
    Ok(matching!(text).order(users::id.desc()).offset(offset).limit(limit).select(columns).load(conn)?)
}

/// How many there are of [`members`].
///
/// # Errors
/// Only the database's.
pub fn members_count(conn: &mut Conn, text: &str) -> Result<i64> {
    Ok(matching!(text).count().get_result(conn)?)
}

/// Closes an account for a while: every session and token of it ends, nobody can sign in to it, and what it publishes
/// leaves the market.
///
/// # Errors
/// `NotFound`; `Refused` for `reason`; `Conflict` when it is the operator's own, or suspended already.
pub fn suspend(conn: &mut Conn, operator: i64, handle: &str, why: &str, at: Time) -> Result<User> {
    let user = by_handle(conn, handle)?;
    check(operator, &user)?;
    let why = reason(why)?;
    let standing = users::table.find(user.id).filter(users::suspended_at.is_null());
    if diesel::update(standing).set(users::suspended_at.eq(at)).execute(conn)? == 0 {
        return Err(Error::Conflict("This member is suspended already."));
    }
    sign_out(conn, user.id)?;
    audit::record(conn, Some(operator), "member suspended", handle, &why, at)?;
    publisher::set_suspended(conn, user.id, Some(at))?;
    Ok(user)
}

/// Opens a suspended account again; its member signs in anew.
///
/// # Errors
/// `NotFound`; `Conflict` when it is not suspended.
pub fn end_suspension(conn: &mut Conn, operator: i64, handle: &str, at: Time) -> Result<User> {
    let user = by_handle(conn, handle)?;
    let suspended = users::table.find(user.id).filter(users::suspended_at.is_not_null());
    if diesel::update(suspended).set(users::suspended_at.eq(None::<Time>)).execute(conn)? == 0 {
        return Err(Error::Conflict("This member is not suspended."));
    }
    audit::record(conn, Some(operator), "suspension ended", handle, "", at)?;
    publisher::set_suspended(conn, user.id, None)?;
    Ok(user)
}

fn check(operator: i64, user: &User) -> Result<()> {
    if user.id == operator { Err(Error::Conflict("You cannot suspend yourself.")) } else { Ok(()) }
}

fn reason(typed: &str) -> Result<String> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(Error::refused("reason", "Say why; it stays in the audit log.")),
        1..=REASON => Ok(text),
        _ => Err(Error::refused("reason", format!("Use at most {REASON} characters."))),
    }
}
