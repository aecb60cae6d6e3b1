//! Organisations, for their members: who is in them, and what they say of themselves.

pub(crate) mod members;
pub(crate) mod new;
pub(crate) mod page;

use crate::db::Conn;
use crate::error::Result;
use crate::publishers::{self, Member, Organisation};
use crate::web::viewer::SignedIn;

/// A member of an organisation, by address: handle of the organisation, handle of the member.
type Place = (String, String);

/// The organisation as its owner, and one of its members.
fn managed(conn: &mut Conn, (organisation, member): &Place, user: &SignedIn) -> Result<(Organisation, Member)> {
    let organisation = publishers::organisation(conn, organisation, user.id)?.owned()?;
    let member = publishers::member(conn, &organisation, member)?;
    Ok((organisation, member))
}
