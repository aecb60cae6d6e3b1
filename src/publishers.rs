//! Publishers: the people and organisations that algorithms belong to.

use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{OrConflict, Result};
use crate::schema::{members, publishers};
use crate::slug::Slug;

crate::text_enum! {
    /// Who stands behind a handle.
    pub enum Kind { User = "user" / "Person", Organisation = "organisation" / "Organisation" }
}

/// A row of `publishers`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = publishers)]
pub struct Publisher {
    /// A user's id is that of their publisher.
    pub id: i64,
    /// In URLs; never changes.
    pub handle: String,
    /// A person or an organisation.
    pub kind: Kind,
    /// On the screen.
    pub name: String,
    /// Markdown.
    pub about: String,
    /// Released by the operator of this gallery.
    pub official: bool,
    /// Their algorithms are delisted and they cannot publish.
    pub suspended_at: Option<Time>,
    /// Since when.
    pub created_at: Time,
}

/// Adds a publisher.
///
/// # Errors
/// `Conflict` when the handle is taken.
pub fn create(conn: &mut Conn, handle: &Slug, kind: Kind, name: &str, at: Time) -> Result<Publisher> {
    let row = (
        publishers::handle.eq(handle.as_str()),
        publishers::kind.eq(kind),
        publishers::name.eq(name),
        publishers::created_at.eq(at),
    );
    diesel::insert_into(publishers::table)
        .values(row)
        .returning(publishers::all_columns)
        .get_result(conn)
        .or_conflict("That handle is taken.")
}

/// The publisher of this handle.
///
/// # Errors
/// `NotFound`.
pub fn by_handle(conn: &mut Conn, handle: &str) -> Result<Publisher> {
    Ok(publishers::table.filter(publishers::handle.eq(handle)).select(Publisher::as_select()).first(conn)?)
}

/// Says who they are (Markdown).
///
/// # Errors
/// Only the database's.
pub fn set_about(conn: &mut Conn, id: i64, about: &str) -> Result<()> {
    diesel::update(publishers::table.find(id)).set(publishers::about.eq(about)).execute(conn)?;
    Ok(())
}

/// Marks a publisher as released by this gallery's operator, or takes the mark back.
///
/// # Errors
/// `NotFound`.
pub fn set_official(conn: &mut Conn, handle: &str, official: bool) -> Result<Publisher> {
    let row = diesel::update(publishers::table.filter(publishers::handle.eq(handle)));
    Ok(row.set(publishers::official.eq(official)).returning(publishers::all_columns).get_result(conn)?)
}

/// Every publisher this user may act for: themselves and their organisations.
///
/// # Errors
/// Only the database's.
pub fn of_user(conn: &mut Conn, user: i64) -> Result<Vec<i64>> {
    let organisations = members::table.filter(members::user_id.eq(user)).select(members::publisher_id);
    let mut ids: Vec<i64> = organisations.order(members::publisher_id).load(conn)?;
    ids.insert(0, user);
    Ok(ids)
}

/// Makes a user a member of an organisation.
///
/// # Errors
/// `Conflict` when they are one already.
pub fn add_member(conn: &mut Conn, publisher: i64, user: i64) -> Result<()> {
    let row = (members::publisher_id.eq(publisher), members::user_id.eq(user));
    diesel::insert_into(members::table).values(row).execute(conn).or_conflict("They are a member already.")?;
    Ok(())
}

/// User ids of those who act for this publisher: the person themselves, or the organisation's members.
///
/// # Errors
/// Only the database's.
pub fn team(conn: &mut Conn, publisher: &Publisher) -> Result<Vec<i64>> {
    match publisher.kind {
        Kind::User => Ok(vec![publisher.id]),
        Kind::Organisation => {
            let theirs = members::table.filter(members::publisher_id.eq(publisher.id)).order(members::user_id);
            Ok(theirs.select(members::user_id).load(conn)?)
        }
    }
}
