//! Personal tokens, for scripts. Their owner sees one once; the database has only its SHA-256.

mod expiry;

pub use expiry::Expiry;

use chrono::Duration;
use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result};
use crate::schema::{publishers, tokens, users};
use crate::sessions;
use crate::users::{COLUMNS, User};

crate::text_enum! {
    /// What a token may be used for.
    pub enum Scope { Read = "read" / "Read", Jobs = "jobs" / "Training jobs", Subscriptions = "subscriptions" / "Subscriptions", Publish = "publish" / "Publish" }
}

impl Scope {
    /// What it allows, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Read => "Find algorithms; read your jobs, their logs and outputs.",
            Self::Jobs => "Submit training jobs, which cost money, and stop them.",
            Self::Publish => "Publish algorithms and versions in your name; their proof runs cost money.",
            Self::Subscriptions => "Subscribe and cancel, accepting constraints and notes in your name.",
        }
    }
}

/// What every token begins with, so that scanners for leaked secrets know one.
pub const PREFIX: &str = "gal_";
/// Living tokens of one member.
const MOST: i64 = 50;
/// `last_used_at` is written at most so often.
const USED_EVERY: Duration = Duration::minutes(5);

/// A token in its owner's list.
#[derive(Debug, Clone, Queryable)]
pub struct Token {
    /// In addresses; of no use for anything else.
    pub id: i64,
    /// Its owner's word for it.
    pub name: String,
    scopes: String,
    /// Made.
    pub created_at: Time,
    /// Of no use from then on; `None`: never.
    pub expires_at: Option<Time>,
    /// Last shown to us, within five minutes.
    pub last_used_at: Option<Time>,
}

impl Token {
    /// What it may be used for.
    pub fn scopes(&self) -> Vec<Scope> {
        read_scopes(&self.scopes)
    }

    /// Whether it has ended by itself.
    pub fn is_expired(&self, at: Time) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }
}

/// A new token, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    name: String,
    scopes: Vec<Scope>,
    expiry: Expiry,
}

impl NewToken {
    /// What was typed, or every mistake beside its field.
    ///
    /// # Errors
    /// A sentence for `name`, `scope`, `expiry`.
    pub fn read(name: &str, scopes: &[String], expiry: &str) -> Result<Self, Mistakes> {
        let mut wrong = Mistakes::new();
        let mut mistake = |field: &str, sentence: &str| drop(wrong.insert(field.to_owned(), sentence.to_owned()));
        let name = name.trim();
        match name.chars().count() {
            0 => mistake("name", "Give it a name, so that you know it again."),
            1..=60 if !name.chars().any(char::is_control) => {}
            _ => mistake("name", "Use one line of at most 60 characters."),
        }
        let chosen: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| scopes.iter().any(|word| word == scope.as_str())).collect();
        if chosen.is_empty() {
            mistake("scope", "Choose what it may be used for.");
        }
        let expiry = expiry.parse::<Expiry>().map_err(|_| mistake("expiry", "Choose one of the list."));
        match expiry {
            Ok(expiry) if wrong.is_empty() => Ok(Self { name: name.to_owned(), scopes: chosen, expiry }),
            _ => Err(wrong),
        }
    }
}

/// Who showed a token, and what they may do with it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The token's id.
    pub id: i64,
    /// Its owner.
    pub user: User,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// It is time to call [`used`].
    pub stale: bool,
}

/// Makes a token and returns its text, which is nowhere else: 256 random bits after the prefix.
///
/// # Errors
/// `Refused` when they have too many.
pub fn create(conn: &mut Conn, user: i64, new: &NewToken, at: Time) -> Result<String> {
    let living = tokens::table.filter(tokens::user_id.eq(user)).filter(tokens::revoked_at.is_null());
    if living.count().get_result::<i64>(conn)? >= MOST {
        return Err(Error::refused("name", format!("You have {MOST} tokens. Revoke one that you do not need any more.")));
    }
    let text = format!("{PREFIX}{}", sessions::token());
    let words: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let row = (
        tokens::user_id.eq(user),
        tokens::name.eq(&new.name),
        tokens::scopes.eq(words.join(" ")),
        tokens::token_hash.eq(sessions::hash(&text)),
        tokens::created_at.eq(at),
        tokens::expires_at.eq(new.expiry.end(at)),
    );
    let id: i64 = diesel::insert_into(tokens::table).values(row).returning(tokens::id).get_result(conn)?;
    tracing::info!(event = "token_created", user, token = id, scopes = words.join(" "));
    Ok(text)
}

/// The living token of this text, with its owner: not revoked, not expired, not of a suspended or deleted account.
///
/// # Errors
/// Only the database's.
pub fn find(conn: &mut Conn, text: &str, at: Time) -> Result<Option<Found>> {
    if !text.starts_with(PREFIX) {
        return Ok(None);
    }
    let joined = tokens::table
        .inner_join(users::table.inner_join(publishers::table))
        .filter(tokens::token_hash.eq(sessions::hash(text)))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(at)))
        .filter(users::suspended_at.is_null())
        .filter(users::deleted_at.is_null());
    type Row = (i64, String, Option<Time>, User);
    let row: Option<Row> = joined.select((tokens::id, tokens::scopes, tokens::last_used_at, COLUMNS)).first(conn).optional()?;
    let found =
        |(id, scopes, last, user): Row| Found { id, user, scopes: read_scopes(&scopes), stale: last.is_none_or(|last| at - last > USED_EVERY) };
    Ok(row.map(found))
}

/// Words that this release does not know mean nothing.
fn read_scopes(words: &str) -> Vec<Scope> {
    words.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Notes that a token was shown.
///
/// # Errors
/// Only the database's.
pub fn used(conn: &mut Conn, id: i64, at: Time) -> Result<()> {
    diesel::update(tokens::table.find(id)).set(tokens::last_used_at.eq(at)).execute(conn)?;
    Ok(())
}

/// This member's tokens that were not revoked, expired ones too, the latest first.
///
/// # Errors
/// Only the database's.
pub fn of_user(conn: &mut Conn, user: i64) -> Result<Vec<Token>> {
    let theirs = tokens::table.filter(tokens::user_id.eq(user)).filter(tokens::revoked_at.is_null());
    let columns = (tokens::id, tokens::name, tokens::scopes, tokens::created_at, tokens::expires_at, tokens::last_used_at);
    Ok(theirs.order(tokens::id.desc()).limit(MOST).select(columns).load(conn)?)
}

/// Ends one of this member's tokens; returns its name.
///
/// # Errors
/// `NotFound` when it is not theirs, or was revoked before.
pub fn revoke(conn: &mut Conn, user: i64, id: i64, at: Time) -> Result<String> {
    let theirs = tokens::table.find(id).filter(tokens::user_id.eq(user)).filter(tokens::revoked_at.is_null());
    let name = diesel::update(theirs).set(tokens::revoked_at.eq(at)).returning(tokens::name).get_result(conn)?;
    tracing::info!(event = "token_revoked", user, token = id);
    Ok(name)
}
