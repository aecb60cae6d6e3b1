use diesel::prelude::*;

use super::{Kind, Publisher, announce, create};
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes, OrConflict, Result};
use crate::notifications;
use crate::schema::{members, publishers, users};
use crate::slug::Slug;

crate::text_enum! {
    /// What a member may do in an organisation: publishers publish and look after releases, owners change its members too.
    pub enum Role { Owner = "owner" / "Owner", Publisher = "publisher" / "Publisher" }
}

const LAST: &str = "An organisation needs an owner. Make somebody else an owner first.";

/// An organisation, as one of its members stands to it.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Its row.
    pub publisher: Publisher,
    /// The role of who asks.
    pub role: Role,
}

impl Organisation {
    /// Whether who asks may change it.
    pub fn is_owned(&self) -> bool {
        self.role == Role::Owner
    }

    /// The same for owners only.
    ///
    /// # Errors
    /// `Forbidden` for other members.
    pub fn owned(self) -> Result<Self> {
        if self.is_owned() { Ok(self) } else { Err(Error::Forbidden("Only owners may change the organisation and its members.")) }
    }

    /// Where its members look after it.
    pub fn path(&self) -> String {
        format!("/organisations/{}", self.publisher.handle)
    }
}

/// Somebody in an organisation.
#[derive(Debug, Clone, Queryable)]
pub struct Member {
    /// The user's id.
    pub id: i64,
    /// Their handle.
    pub handle: String,
    /// What they may do.
    pub role: Role,
}

/// Name and words about an organisation, as typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct TypedOrganisation {
    /// For a new one.
    pub handle: String,
    /// On the screen.
    pub name: String,
    /// Markdown.
    pub about: String,
}

impl TypedOrganisation {
    /// Name and words, or a sentence beside each that is wrong.
    fn words(&self) -> Result<(String, String), Mistakes> {
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut wrong = Mistakes::new();
        if !(1..=60).contains(&name.chars().count()) {
            wrong.insert("name".into(), "Use 1 to 60 characters.".into());
        }
        if self.about.chars().count() > 2_000 {
            wrong.insert("about".into(), "Use at most 2,000 characters.".into());
        }
        if wrong.is_empty() { Ok((name, self.about.trim().to_owned())) } else { Err(wrong) }
    }
}

/// Founds an organisation; who does it is its owner.
///
/// # Errors
/// `Refused` beside `handle`, `name` and `about`.
pub fn found(conn: &mut Conn, user: i64, typed: &TypedOrganisation, at: Time) -> Result<Publisher> {
    let (handle, (name, about)) = match (typed.handle.trim().parse::<Slug>(), typed.words()) {
        (Ok(handle), Ok(words)) => (handle, words),
        (handle, words) => {
            let mut wrong = words.err().unwrap_or_default();
            wrong.extend(handle.err().map(|sentence| ("handle".to_owned(), sentence.to_owned())));
            return Err(Error::Refused(wrong));
        }
    };
    let created = create(conn, &handle, Kind::Organisation, &name, at).map_err(|error| match error {
        Error::Conflict(sentence) => Error::refused("handle", sentence),
        other => other,
    });
    let organisation = created?;
    super::set_about(conn, organisation.id, &about)?;
    insert(conn, organisation.id, user, Role::Owner)?;
    audit::record(conn, Some(user), "organisation created", &organisation.handle, "", at)?;
    Ok(organisation)
}

/// The organisation of this handle, for one of its members.
///
/// # Errors
/// `NotFound` for everybody else.
pub fn organisation(conn: &mut Conn, handle: &str, user: i64) -> Result<Organisation> {
    let row = members::table.inner_join(publishers::table).filter(publishers::handle.eq(handle)).filter(members::user_id.eq(user));
    let (publisher, role): (Publisher, Role) = row.select((Publisher::as_select(), members::role)).first(conn)?;
    Ok(Organisation { publisher, role })
}

/// The organisations of this member, by handle.
///
/// # Errors
/// Only the database's.
pub fn organisations(conn: &mut Conn, user: i64) -> Result<Vec<Organisation>> {
    let theirs = members::table.inner_join(publishers::table).filter(members::user_id.eq(user)).order(publishers::handle).limit(1_000);
    let rows: Vec<(Publisher, Role)> = theirs.select((Publisher::as_select(), members::role)).load(conn)?;
    Ok(rows.into_iter().map(|(publisher, role)| Organisation { publisher, role }).collect())
}

/// Who is in it, by handle.
///
/// # Errors
/// Only the database's.
pub fn members_of(conn: &mut Conn, organisation: i64) -> Result<Vec<Member>> {
    let joined = members::table.inner_join(users::table.inner_join(publishers::table)).filter(members::publisher_id.eq(organisation));
    Ok(joined.order(publishers::handle).limit(1_000).select((users::id, publishers::handle, members::role)).load(conn)?)
}

/// Says what it is called and who they are.
///
/// # Errors
/// `Refused` beside `name` and `about`.
pub fn describe(conn: &mut Conn, actor: i64, organisation: &Organisation, typed: &TypedOrganisation, at: Time) -> Result<()> {
    let (name, about) = typed.words().map_err(Error::Refused)?;
    let publisher = &organisation.publisher;
    diesel::update(publishers::table.find(publisher.id)).set((publishers::name.eq(name), publishers::about.eq(about))).execute(conn)?;
    audit::record(conn, Some(actor), "organisation described", &publisher.handle, "", at)?;
    announce(conn, publisher.id)
}

/// Takes a member in; they are told.
///
/// # Errors
/// `Refused` beside `member` when nobody has that handle, or they are in it already.
pub fn take_in(conn: &mut Conn, actor: i64, organisation: &Organisation, handle: &str, role: Role, at: Time) -> Result<()> {
    let handle = handle.trim();
    let living = users::table.inner_join(publishers::table).filter(publishers::handle.eq(handle)).filter(users::deleted_at.is_null());
    let user: Option<i64> = living.select(users::id).first(conn).optional()?;
    let user = user
        .ok_or_else(|| Error::refused("member", if handle.is_empty() { "Give a handle.".into() } else { format!("There is no member {handle}.") }))?;
    insert(conn, organisation.publisher.id, user, role).map_err(|error| match error {
        Error::Conflict(sentence) => Error::refused("member", sentence),
        other => other,
    })?;
    let publisher = &organisation.publisher;
    audit::record(conn, Some(actor), "member added", &publisher.handle, &format!("{handle}, {role}"), at)?;
    let sentence = format!("You are in {} now, as {}.", publisher.name, role.label().to_lowercase());
    notifications::tell(conn, &[user], notifications::Kind::Organisation, &sentence, &organisation.path(), at)
}

pub(super) fn insert(conn: &mut Conn, organisation: i64, user: i64, role: Role) -> Result<()> {
    let row = (members::publisher_id.eq(organisation), members::user_id.eq(user), members::role.eq(role));
    diesel::insert_into(members::table).values(row).execute(conn).or_conflict("They are a member already.")?;
    Ok(())
}

/// The member of this handle.
///
/// # Errors
/// `NotFound`.
pub fn member(conn: &mut Conn, organisation: &Organisation, handle: &str) -> Result<Member> {
    let joined = members::table.inner_join(users::table.inner_join(publishers::table)).filter(members::publisher_id.eq(organisation.publisher.id));
    let one = joined.filter(publishers::handle.eq(handle));
    Ok(one.select((users::id, publishers::handle, members::role)).first(conn)?)
}

/// Gives a member another role.
///
/// # Errors
/// `Conflict` when nobody would be an owner.
pub fn set_role(conn: &mut Conn, actor: i64, organisation: &Organisation, member: &Member, role: Role, at: Time) -> Result<()> {
    let publisher = &organisation.publisher;
    let one = diesel::update(members::table.find((publisher.id, member.id)));
    one.set(members::role.eq(role)).execute(conn)?;
    keep_an_owner(conn, publisher.id)?;
    audit::record(conn, Some(actor), "member changed", &publisher.handle, &format!("{}, {role}", member.handle), at)?;
    let sentence = format!("You are {} of {} now.", role.label().to_lowercase(), publisher.name);
    let told: &[i64] = if actor == member.id { &[] } else { &[member.id] };
    notifications::tell(conn, told, notifications::Kind::Organisation, &sentence, &organisation.path(), at)
}

/// Takes a member out. Only owners may do that to others; anybody may leave.
///
/// # Errors
/// `Forbidden` for others than owners; `Conflict` when nobody would be an owner.
pub fn take_out(conn: &mut Conn, actor: i64, organisation: &Organisation, member: &Member, at: Time) -> Result<()> {
    if actor != member.id {
        organisation.clone().owned()?;
    }
    let publisher = &organisation.publisher;
    diesel::delete(members::table.find((publisher.id, member.id))).execute(conn)?;
    keep_an_owner(conn, publisher.id)?;
    audit::record(conn, Some(actor), "member removed", &publisher.handle, &member.handle, at)?;
    let told: &[i64] = if actor == member.id { &[] } else { &[member.id] };
    let (sentence, path) = (format!("You are no longer in {}.", publisher.name), format!("/publishers/{}", publisher.handle));
    notifications::tell(conn, told, notifications::Kind::Organisation, &sentence, &path, at)
}

/// Refuses what would leave an organisation without an owner. Of changes to one organisation, each waits for the one before.
fn keep_an_owner(conn: &mut Conn, organisation: i64) -> Result<()> {
    // The row of the organisation is the turn: whoever has changed it goes first, the others count after that.
    diesel::update(publishers::table.find(organisation)).set(publishers::official.eq(publishers::official)).execute(conn)?;
    let owners = members::table.filter(members::publisher_id.eq(organisation)).filter(members::role.eq(Role::Owner));
    let owners: i64 = owners.count().get_result(conn)?;
    if owners == 0 { Err(Error::Conflict(LAST)) } else { Ok(()) }
}

/// Handles of the organisations that this member alone owns while others are in them.
///
/// # Errors
/// Only the database's.
pub fn depending(conn: &mut Conn, user: i64) -> Result<Vec<String>> {
    let mut handles = Vec::new();
    for organisation in organisations(conn, user)?.into_iter().filter(Organisation::is_owned) {
        let members = members_of(conn, organisation.publisher.id)?;
        let others = || members.iter().filter(|member| member.id != user);
        if others().count() > 0 && others().all(|member| member.role != Role::Owner) {
            handles.push(organisation.publisher.handle);
        }
    }
    Ok(handles)
}

/// Takes somebody out of every organisation, as their account is deleted. One in which nobody else is closes with it.
///
/// # Errors
/// `Conflict` while others depend on them.
pub fn leave_all(conn: &mut Conn, user: i64, at: Time) -> Result<()> {
    for organisation in organisations(conn, user)? {
        let id = organisation.publisher.id;
        diesel::delete(members::table.find((id, user))).execute(conn)?;
        match keep_an_owner(conn, id) {
            Ok(()) => {}
            Err(_) if members_of(conn, id)?.is_empty() => {
                audit::record(conn, Some(user), "organisation closed", &organisation.publisher.handle, "its last member deleted their account", at)?;
                super::set_suspended(conn, id, Some(at))?;
            }
            Err(Error::Conflict(_)) => {
                return Err(Error::Conflict("You are the last owner of an organisation. Make another of its members an owner first."));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// Whether this member may give away what the publisher has: the person themselves, or an owner of the organisation.
///
/// # Errors
/// Only the database's.
pub fn owns(conn: &mut Conn, publisher: i64, user: i64) -> Result<bool> {
    let role: Option<Role> = members::table.find((publisher, user)).select(members::role).first(conn).optional()?;
    Ok(publisher == user || role == Some(Role::Owner))
}
