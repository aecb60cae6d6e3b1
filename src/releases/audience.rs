use diesel::prelude::*;

use super::{announce, full_name};
use crate::algorithms::{Access, Visibility};
use crate::audit;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result};
use crate::schema::{publishers, users};
use crate::versions;

/// Handles that can stand on an allow-list.
const MOST: usize = 500;

/// Who may see an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Everybody, some, or its publishers alone.
    pub visibility: Visibility,
    /// With [`Visibility::Users`], who they are.
    pub users: Vec<i64>,
}

/// The same as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedAudience {
    /// `public`, `users` or `private`; empty: `private`.
    pub visibility: String,
    /// Handles with commas, blanks or line ends between them.
    pub users: String,
}

impl TypedAudience {
    /// The audience, or what is wrong, beside `visibility` and `users`.
    ///
    /// # Errors
    /// `Refused`; the database's.
    pub fn check(&self, conn: &mut Conn) -> Result<Audience> {
        let visibility = match self.visibility.as_str() {
            "" => Visibility::Private,
            word => word.parse().map_err(|_| Error::refused("visibility", "Choose who may see it."))?,
        };
        if visibility != Visibility::Users {
            return Ok(Audience { visibility, users: Vec::new() });
        }
        let handles: Vec<&str> = self.users.split([',', ' ', '\n', '\t']).map(str::trim).filter(|handle| !handle.is_empty()).collect();
        match handles.len() {
            0 => return Err(Error::refused("users", "Name at least one member by their handle.")),
            1..=MOST => {}
            _ => return Err(Error::refused("users", format!("Name at most {MOST} members."))),
        }
        let living = users::table.inner_join(publishers::table).filter(users::deleted_at.is_null());
        let found: Vec<(i64, String)> = living.filter(publishers::handle.eq_any(&handles)).select((users::id, publishers::handle)).load(conn)?;
        let missing: Vec<&str> = handles.into_iter().filter(|handle| !found.iter().any(|(_, known)| known == handle)).collect();
        if !missing.is_empty() {
            let many = if missing.len() == 1 { "There is no member" } else { "There are no members" };
            return Err(Error::Refused(Mistakes::from([("users".to_owned(), format!("{many} {}.", missing.join(", ")))])));
        }
        Ok(Audience { visibility, users: found.into_iter().map(|(id, _)| id).collect() })
    }
}

/// Says who may see the algorithm from now on; in force once a version suffices.
///
/// # Errors
/// Only the database's.
pub fn open_to(conn: &mut Conn, actor: i64, access: &Access, audience: &Audience, at: Time) -> Result<()> {
    let id = access.algorithm.id;
    let appeared = versions::open_to(conn, id, audience.visibility, &audience.users, at)?;
    audit::record(conn, Some(actor), "visibility changed", &full_name(access), audience.visibility.as_str(), at)?;
    announce(conn, id, &appeared, at)
}
