//! Sign-ins. The browser holds a random token; the database only its SHA-256.

use std::collections::HashMap;

use chrono::Duration;
use diesel::dsl::{Nullable, auto_type, exists};
use diesel::prelude::*;
use rand::RngExt;
use sha2::{Digest, Sha256};

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::per_backend;
use crate::schema::{notifications, publishers, sessions, users};
use crate::users::{Bond, COLUMNS, Columns, Topic, User, bonds};

/// What the session remembers: JSON values by key.
pub type State = HashMap<String, String>;

/// A session not used for so long has ended.
pub const IDLE: Duration = Duration::days(14);
/// A session this old has ended, however much it is used.
pub const ABSOLUTE: Duration = Duration::days(90);
/// `seen_at` is written at most so often, so that reading pages does not write.
const SEEN_EVERY: Duration = Duration::minutes(5);

/// A session found by its token.
#[derive(Debug, Clone)]
pub struct Found {
    /// SHA-256 of the token, in hex.
    pub hash: String,
    /// What it remembers.
    pub state: State,
    /// Whose it is; `None` before sign-in.
    pub user: Option<User>,
    /// How much of what they were told they have not read.
    pub unread: i64,
    /// What ties them to the algorithm that was asked about.
    pub bond: Option<Bond>,
    /// It is time to call [`seen`].
    pub stale: bool,
}

/// A sign-in, for the list under Settings.
#[derive(Debug, Clone, Queryable)]
pub struct SignIn {
    /// Names it in the list; of no use for signing in.
    pub hash: String,
    /// As the browser gave it at sign-in.
    pub user_agent: String,
    /// Signed in at.
    pub created_at: Time,
    /// Last used, within five minutes.
    pub seen_at: Time,
}

/// Name under which a token is stored.
pub fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new token: 256 random bits.
pub fn token() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The living session of this token, with its user and what ties them to `topic`, all in one query.
///
/// # Errors
/// Only the database's.
pub fn find(conn: &mut Conn, token: &str, topic: Option<Topic>, at: Time) -> Result<Option<Found>> {
    let hash = hash(token);
    // Not by way of `Conn`: each page of a member asks this.
    let (session, bond) = match topic {
        Some(topic) => {
            let both = living(&hash, at).select((columns(), bonds!(sessions::user_id, topic)));
            per_backend!(conn, c => both.first::<(Row, Bond)>(c)).optional()?.unzip()
        }
        None => (per_backend!(conn, c => living(&hash, at).select(columns()).first::<Row>(c)).optional()?, None),
    };
    let Some((state, owner, seen_at, user, (suspended, deleted), unread)) = session else { return Ok(None) };
    if owner.is_some() && (suspended.is_some() || deleted.is_some()) {
        return Ok(None);
    }
    let bond = bond.filter(|_| user.is_some());
    Ok(Some(Found { hash, state: serde_json::from_str(&state)?, user, unread: unread.unwrap_or(0), bond, stale: at - seen_at > SEEN_EVERY }))
}

type Row = (String, Option<i64>, Time, Option<User>, (Option<Time>, Option<Time>), Option<i64>);

#[auto_type(no_type_alias)]
fn living(hash: &str, at: Time) -> _ {
    sessions::table.left_join(users::table.inner_join(publishers::table)).filter(sessions::token_hash.eq(hash)).filter(sessions::expires_at.gt(at))
}

#[auto_type(no_type_alias)]
fn columns() -> _ {
    let unread = notifications::table.filter(notifications::user_id.nullable().eq(sessions::user_id)).filter(notifications::read_at.is_null());
    let unread = unread.count().single_value();
    let ended = (users::suspended_at.nullable(), users::deleted_at.nullable());
    let user: Nullable<Columns> = COLUMNS.nullable();
    (sessions::state, sessions::user_id, sessions::seen_at, user, ended, unread)
}

/// Writes a new session under its token's hash.
///
/// # Errors
/// Only the database's.
pub fn begin(conn: &mut Conn, token: &str, state: &State, at: Time) -> Result<()> {
    let agent: String = state.get("agent").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let row = (
        sessions::token_hash.eq(hash(token)),
        sessions::user_id.eq(owner(state)),
        sessions::state.eq(serde_json::to_string(state)?),
        sessions::user_agent.eq(agent),
        sessions::created_at.eq(at),
        sessions::seen_at.eq(at),
        sessions::expires_at.eq(at + IDLE),
    );
    diesel::insert_into(sessions::table).values(row).execute(conn)?;
    Ok(())
}

/// Writes what a session remembers. One that has ended meanwhile, by a sign-out elsewhere, stays ended.
///
/// # Errors
/// Only the database's.
pub fn keep(conn: &mut Conn, token: &str, state: &State, at: Time) -> Result<()> {
    let changed = (sessions::state.eq(serde_json::to_string(state)?), sessions::user_id.eq(owner(state)), sessions::seen_at.eq(at));
    diesel::update(sessions::table.find(hash(token))).set(changed).execute(conn)?;
    Ok(())
}

fn owner(state: &State) -> Option<i64> {
    state.get("user_id").and_then(|id| id.parse().ok())
}

/// Moves the idle end of a session that is in use, never past the absolute one.
///
/// # Errors
/// Only the database's.
pub fn seen(conn: &mut Conn, hash: &str, at: Time) -> Result<()> {
    let created: Option<Time> = sessions::table.find(hash).select(sessions::created_at).first(conn).optional()?;
    let Some(created) = created else { return Ok(()) };
    let until = (at + IDLE).min(created + ABSOLUTE);
    diesel::update(sessions::table.find(hash)).set((sessions::seen_at.eq(at), sessions::expires_at.eq(until))).execute(conn)?;
    Ok(())
}

/// Ends the session of this token.
///
/// # Errors
/// Only the database's.
pub fn end(conn: &mut Conn, token: &str) -> Result<()> {
    diesel::delete(sessions::table.find(hash(token))).execute(conn)?;
    Ok(())
}

/// Ends one of this user's sessions by its hash.
///
/// # Errors
/// `NotFound` when it is not theirs.
pub fn revoke(conn: &mut Conn, user: i64, hash: &str) -> Result<()> {
    let theirs = sessions::table.filter(sessions::token_hash.eq(hash)).filter(sessions::user_id.eq(user));
    match diesel::delete(theirs).execute(conn)? {
        0 => Err(crate::error::Error::NotFound),
        _ => Ok(()),
    }
}

/// This user's sign-ins, the latest first; at most a hundred.
///
/// # Errors
/// Only the database's.
pub fn of_user(conn: &mut Conn, user: i64, at: Time) -> Result<Vec<SignIn>> {
    let living = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::expires_at.gt(at));
    let columns = (sessions::token_hash, sessions::user_agent, sessions::created_at, sessions::seen_at);
    Ok(living.order(sessions::seen_at.desc()).limit(100).select(columns).load(conn)?)
}

/// Removes sessions that have ended; returns how many.
///
/// # Errors
/// Only the database's.
pub fn sweep(conn: &mut Conn, at: Time) -> Result<usize> {
    Ok(diesel::delete(sessions::table.filter(sessions::expires_at.le(at))).execute(conn)?)
}
