use diesel::dsl::exists;
use diesel::prelude::*;

use super::{User, by_id};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes, OrConflict, Result};
use crate::publishers::{self as publisher, Kind};
use crate::schema::{publishers, sessions, tokens, users};
use crate::slug::Slug;

const HANDLE_TAKEN: &str = "That handle is taken.";
const EMAIL_TAKEN: &str = "There is an account with that e-mail address already.";

/// What a new account needs; every part checked.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Chosen by them.
    pub handle: Slug,
    /// Lower case.
    pub email: String,
    /// By [`super::password::hash`].
    pub password_hash: String,
    /// The operator's right.
    pub admin: bool,
}

/// Whether a text has the shape of an e-mail address. Only a mistake in typing is caught here; whether it exists, only a
/// message to it would tell.
pub fn is_email(text: &str) -> bool {
    let shaped =
        text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@') && !host.ends_with('.'));
    shaped && text.len() <= 254 && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

/// Which of these others have already, a sentence beside `handle` and `email`.
///
/// # Errors
/// Only the database's.
pub fn taken(conn: &mut Conn, handle: &str, email: &str) -> Result<Mistakes> {
    let named = exists(publishers::table.filter(publishers::handle.eq(handle)));
    let reached = exists(users::table.filter(users::email.eq(email)));
    let (named, reached): (bool, bool) = diesel::select((named, reached)).get_result(conn)?;
    let sentences = [("handle", named, HANDLE_TAKEN), ("email", reached, EMAIL_TAKEN)];
    let told = sentences.into_iter().filter(|(_, is_taken, _)| *is_taken);
    Ok(told.map(|(field, _, sentence)| (field.to_owned(), sentence.to_owned())).collect())
}

/// Opens an account.
///
/// # Errors
/// `Refused` beside `handle` or `email` when one is taken.
pub fn register(conn: &mut Conn, new: &NewUser, at: Time) -> Result<User> {
    let taken = taken(conn, new.handle.as_str(), &new.email)?;
    if !taken.is_empty() {
        return Err(Error::Refused(taken));
    }
    // Somebody may be as quick as this.
    let refused = |field: &str, sentence: &str| Error::Refused(Mistakes::from([(field.to_owned(), sentence.to_owned())]));
    let publisher = publisher::create(conn, &new.handle, Kind::User, new.handle.as_str(), at).map_err(|error| match error {
        Error::Conflict(_) => refused("handle", HANDLE_TAKEN),
        other => other,
    })?;
    let row = (
        users::id.eq(publisher.id),
        users::email.eq(&new.email),
        users::password_hash.eq(&new.password_hash),
        users::admin.eq(new.admin),
        users::created_at.eq(at),
    );
    let inserted = diesel::insert_into(users::table).values(row).execute(conn);
    inserted.or_conflict("taken").map_err(|error| match error {
        Error::Conflict(_) => refused("email", EMAIL_TAKEN),
        other => other,
    })?;
    by_id(conn, publisher.id)
}

/// Replaces the password and ends every session and every token.
///
/// # Errors
/// Only the database's.
pub fn set_password(conn: &mut Conn, user: i64, hash: &str) -> Result<()> {
    diesel::update(users::table.find(user)).set(users::password_hash.eq(hash)).execute(conn)?;
    sign_out(conn, user)?;
    publisher::announce(conn, user)
}

/// Ends every session and every token of this member.
///
/// # Errors
/// Only the database's.
pub(super) fn sign_out(conn: &mut Conn, user: i64) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(conn)?;
    diesel::delete(tokens::table.filter(tokens::user_id.eq(user))).execute(conn)?;
    Ok(())
}

/// The stored hash, to check the password that they typed again.
///
/// # Errors
/// `NotFound`.
pub fn hash_of(conn: &mut Conn, user: i64) -> Result<String> {
    let hash: Option<String> = users::table.find(user).select(users::password_hash).first(conn)?;
    hash.ok_or(Error::NotFound)
}

/// Remembers the zone in which times are shown; `None`: the browser's.
///
/// # Errors
/// Only the database's.
pub fn set_time_zone(conn: &mut Conn, user: i64, zone: Option<&str>) -> Result<()> {
    diesel::update(users::table.find(user)).set(users::time_zone.eq(zone)).execute(conn)?;
    Ok(())
}

/// Deletes an account: nobody can sign in to it, nothing personal is left of it.
///
/// What others' records refer to (published versions, bills) stays, under a name that says nothing. What they have said and
/// subscribed to is not taken back here.
///
/// # Errors
/// `Conflict` while an organisation with other members has no owner but them.
pub fn delete(conn: &mut Conn, user: i64, at: Time) -> Result<()> {
    publisher::leave_all(conn, user, at)?;
    let nobody = format!("deleted-{user}");
    diesel::update(publishers::table.find(user))
        .set((publishers::handle.eq(&nobody), publishers::name.eq("Deleted account"), publishers::about.eq(""), publishers::suspended_at.eq(at)))
        .execute(conn)?;
    diesel::update(users::table.find(user))
        .set((
            users::email.eq(None::<String>),
            users::password_hash.eq(None::<String>),
            users::time_zone.eq(None::<String>),
            users::admin.eq(false),
            users::deleted_at.eq(at),
        ))
        .execute(conn)?;
    sign_out(conn, user)?;
    publisher::announce(conn, user)
}
