//! What a member is told while they are away: a sentence, and the page it is about.

use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::notifications;

crate::text_enum! {
    /// What a notification is about.
    pub enum Kind {
        Version = "version" / "New version", Comment = "comment" / "Comment", Withdrawn = "withdrawn" / "Withdrawn",
        Proof = "proof" / "Proof run", Job = "job" / "Training job", Report = "report" / "Report", Organisation = "organisation" / "Organisation",
    }
}

impl Kind {
    /// Its icon.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Version => "cube",
            Self::Comment => "message",
            Self::Withdrawn => "ban",
            Self::Proof => "rosette-discount-check",
            Self::Job => "terminal-2",
            Self::Report => "flag",
            Self::Organisation => "users",
        }
    }
}

/// A row of `notifications`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = notifications)]
pub struct Notification {
    /// In URLs.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// What happened.
    pub sentence: String,
    /// The page of this gallery where it did.
    pub path: String,
    /// When.
    pub at: Time,
    /// When it was read; `None`: not yet.
    pub read_at: Option<Time>,
}

/// Tells these members, once each.
///
/// # Errors
/// Only the database's.
pub fn tell(conn: &mut Conn, users: &[i64], kind: Kind, sentence: &str, path: &str, at: Time) -> Result<()> {
    let mut users = users.to_vec();
    users.sort_unstable();
    users.dedup();
    for some in users.chunks(500) {
        let row = |user: &i64| {
            (
                notifications::user_id.eq(*user),
                notifications::kind.eq(kind),
                notifications::sentence.eq(sentence),
                notifications::path.eq(path),
                notifications::at.eq(at),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        crate::per_backend!(conn, c => diesel::insert_into(notifications::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// A page of what this member was told, the latest first.
///
/// # Errors
/// Only the database's.
pub fn of_user(conn: &mut Conn, user: i64, offset: i64, limit: i64) -> Result<Vec<Notification>> {
    let theirs = notifications::table.filter(notifications::user_id.eq(user)).order(notifications::id.desc());
    Ok(theirs.offset(offset).limit(limit).select(Notification::as_select()).load(conn)?)
}

/// How much this member was told.
///
/// # Errors
/// Only the database's.
pub fn count(conn: &mut Conn, user: i64) -> Result<i64> {
    Ok(notifications::table.filter(notifications::user_id.eq(user)).count().get_result(conn)?)
}

/// How much of it they have not read.
///
/// # Errors
/// Only the database's.
pub fn unread(conn: &mut Conn, user: i64) -> Result<i64> {
    let theirs = notifications::table.filter(notifications::user_id.eq(user)).filter(notifications::read_at.is_null());
    Ok(theirs.count().get_result(conn)?)
}

/// Marks one as read and returns it. Reading it again changes nothing.
///
/// # Errors
/// `NotFound` when it is not this member's.
pub fn read(conn: &mut Conn, user: i64, id: i64, at: Time) -> Result<Notification> {
    let one = notifications::table.find(id).filter(notifications::user_id.eq(user));
    let found: Option<Notification> = one.select(Notification::as_select()).first(conn).optional()?;
    let found = found.ok_or(Error::NotFound)?;
    if found.read_at.is_none() {
        diesel::update(notifications::table.find(id)).set(notifications::read_at.eq(at)).execute(conn)?;
    }
    Ok(found)
}

/// Marks everything as read.
///
/// # Errors
/// Only the database's.
pub fn read_all(conn: &mut Conn, user: i64, at: Time) -> Result<()> {
    let theirs = notifications::table.filter(notifications::user_id.eq(user)).filter(notifications::read_at.is_null());
    diesel::update(theirs).set(notifications::read_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Removes what was read so long ago that nobody looks for it.
///
/// # Errors
/// Only the database's.
pub fn sweep(conn: &mut Conn, at: Time) -> Result<usize> {
    let old = notifications::table.filter(notifications::read_at.lt(at - chrono::Duration::days(90)));
    Ok(diesel::delete(old).execute(conn)?)
}
