//! Publishers: the people and organisations that algorithms belong to.

mod list;
mod organisations;

pub use list::{Listed, list, list_count};
pub use organisations::{
    Member, Organisation, Role, TypedOrganisation, depending, describe, found, leave_all, member, members_of, organisation, organisations, owns,
    set_role, take_in, take_out,
};

use diesel::prelude::*;

use crate::audit;
use crate::catalogue;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{OrConflict, Result};
use crate::schema::{algorithms, members, publishers};
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

impl Publisher {
    /// An account that was deleted: nothing is left of it but what others' records refer to.
    pub fn is_deleted(&self) -> bool {
        self.suspended_at.is_some() && self.handle.starts_with("deleted-")
    }
}

/// Adds a publisher.
///
/// # Errors
/// `Conflict` when the handle is taken.
pub fn create(conn: &mut Conn, handle: &Slug, kind: Kind, name: &str, at: Time) -> Result<Publisher> {
    let row = (publishers::handle.eq(handle.as_str()), publishers::kind.eq(kind), publishers::name.eq(name), publishers::created_at.eq(at));
    diesel::insert_into(publishers::table).values(row).returning(publishers::all_columns).get_result(conn).or_conflict("That handle is taken.")
}

/// The publisher of this id.
///
/// # Errors
/// `NotFound`.
pub fn by_id(conn: &mut Conn, id: i64) -> Result<Publisher> {
    Ok(publishers::table.find(id).select(Publisher::as_select()).first(conn)?)
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
    let publisher: Publisher = row.set(publishers::official.eq(official)).returning(publishers::all_columns).get_result(conn)?;
    announce(conn, publisher.id)?;
    Ok(publisher)
}

/// The same by an operator, which is written down.
///
/// # Errors
/// `NotFound`.
pub fn mark(conn: &mut Conn, operator: i64, handle: &str, official: bool, at: Time) -> Result<Publisher> {
    let action = if official { "official mark given" } else { "official mark taken back" };
    audit::record(conn, Some(operator), action, handle, "", at)?;
    set_official(conn, handle, official)
}

/// Suspends a publisher, so that their algorithms leave the market, or ends that with `None`.
///
/// # Errors
/// Only the database's.
pub fn set_suspended(conn: &mut Conn, id: i64, at: Option<Time>) -> Result<()> {
    diesel::update(publishers::table.find(id)).set(publishers::suspended_at.eq(at)).execute(conn)?;
    announce(conn, id)
}

/// Notes that lists must show this publisher's algorithms otherwise from now on: a name, a mark, a suspension.
///
/// Call it last in its transaction: from then on others wait to announce theirs.
///
/// # Errors
/// Only the database's.
pub fn announce(conn: &mut Conn, id: i64) -> Result<()> {
    let announced = catalogue::advance(conn)?;
    let theirs = algorithms::table.filter(algorithms::publisher_id.eq(id));
    diesel::update(theirs).set(algorithms::announced.eq(announced)).execute(conn)?;
    Ok(())
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

/// The same with their handles: themselves first, then their organisations by name.
///
/// # Errors
/// Only the database's.
pub fn acting(conn: &mut Conn, user: i64) -> Result<Vec<Publisher>> {
    let own = of_user(conn, user)?;
    let theirs = publishers::table.filter(publishers::id.eq_any(own)).order(publishers::handle).select(Publisher::as_select());
    let mut found: Vec<Publisher> = theirs.load(conn)?;
    found.sort_by_key(|publisher| publisher.id != user);
    Ok(found)
}

/// Makes a user an owner of an organisation.
///
/// # Errors
/// `Conflict` when they are one already.
pub fn add_member(conn: &mut Conn, publisher: i64, user: i64) -> Result<()> {
    organisations::insert(conn, publisher, user, Role::Owner)
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
