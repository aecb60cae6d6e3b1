//! Accounts: who may sign in.

mod account;
mod bond;
mod member;
pub mod password;

pub use account::{NewUser, delete, hash_of, is_email, register, set_password, set_time_zone, taken};
pub(crate) use bond::bonds;
pub use bond::{Bond, Topic, bond};
pub use member::{Member, end_suspension, members, members_count, suspend};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::error::Result;
use crate::schema::{publishers, users};

/// A member of this gallery, as far as pages need to know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Queryable)]
pub struct User {
    /// Also the id of their publisher.
    pub id: i64,
    /// In URLs; never changes.
    pub handle: String,
    /// On the screen.
    pub name: String,
    /// For signing in; not shown to others.
    pub email: Option<String>,
    /// The operator of this gallery.
    pub admin: bool,
    /// IANA name; `None`: the browser's.
    pub time_zone: Option<String>,
}

/// The columns of [`User`] over `users` joined with `publishers`.
pub(crate) type Columns = (users::id, publishers::handle, publishers::name, users::email, users::admin, users::time_zone);
pub(crate) const COLUMNS: Columns = (users::id, publishers::handle, publishers::name, users::email, users::admin, users::time_zone);

/// The account of this id, unless it was deleted.
///
/// # Errors
/// `NotFound`.
pub fn by_id(conn: &mut Conn, id: i64) -> Result<User> {
    let living = users::table.inner_join(publishers::table).filter(users::id.eq(id)).filter(users::deleted_at.is_null());
    Ok(living.select(COLUMNS).first(conn)?)
}

/// The account of this handle, unless it was deleted.
///
/// # Errors
/// `NotFound`.
pub fn by_handle(conn: &mut Conn, handle: &str) -> Result<User> {
    let living = users::table.inner_join(publishers::table).filter(publishers::handle.eq(handle)).filter(users::deleted_at.is_null());
    Ok(living.select(COLUMNS).first(conn)?)
}

/// Ids of the operators who can sign in.
///
/// # Errors
/// Only the database's.
pub fn operators(conn: &mut Conn) -> Result<Vec<i64>> {
    let living = users::table.filter(users::admin.eq(true)).filter(users::deleted_at.is_null()).filter(users::suspended_at.is_null());
    Ok(living.order(users::id).select(users::id).load(conn)?)
}

/// The account and password hash behind what was typed as login, a handle or an e-mail address.
///
/// # Errors
/// Only the database's.
pub fn by_login(conn: &mut Conn, login: &str) -> Result<Option<(User, String)>> {
    let login = login.trim().to_lowercase();
    let living = users::table
        .inner_join(publishers::table)
        .filter(publishers::handle.eq(&login).or(users::email.eq(&login)))
        .filter(users::deleted_at.is_null())
        .filter(users::suspended_at.is_null());
    let row: Option<(User, Option<String>)> = living.select((COLUMNS, users::password_hash)).first(conn).optional()?;
    Ok(row.and_then(|(user, hash)| hash.map(|hash| (user, hash))))
}
