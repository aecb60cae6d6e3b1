use diesel::prelude::*;

use super::{Algorithm, Listing, Visibility};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::publishers::Publisher;
use crate::schema::{algorithms, publishers as publisher_table};
use crate::users::{self, Bond, User};

/// Who wants to see something: nobody in particular, or a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reader {
    /// The member's id.
    pub user: Option<i64>,
    /// The operator sees the metadata of everything.
    pub operator: bool,
}

impl Reader {
    /// The reader that this account is, or a visitor.
    pub fn of(user: Option<&User>) -> Self {
        Self { user: user.map(|user| user.id), operator: user.is_some_and(|user| user.admin) }
    }
}

/// An algorithm that its reader may see.
#[derive(Debug, Clone)]
pub struct Access {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Whose it is.
    pub publisher: Publisher,
    /// The reader is the publisher, or a member of that organisation.
    pub own: bool,
    /// The reader may change and hide things here: a publisher of it, or the operator.
    pub manages: bool,
    /// The reader has an active subscription.
    pub subscribed: bool,
    /// What else they have to do with it.
    pub mine: Mine,
}

/// What a member has to do with an algorithm, beside an active subscription; nothing for visitors.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mine {
    /// They like it.
    pub liked: bool,
    /// It is among their favourites.
    pub favorite: bool,
    /// They were subscribed and cancelled.
    pub cancelled: bool,
}

/// The algorithm `publisher/name`, if this reader may see it.
///
/// # Errors
/// `NotFound` when it does not exist or is none of the reader's business.
pub fn find(conn: &mut Conn, reader: Reader, publisher: &str, name: &str) -> Result<Access> {
    let row = algorithms::table
        .inner_join(publisher_table::table)
        .filter(publisher_table::handle.eq(publisher))
        .filter(algorithms::name.eq(name))
        .filter(algorithms::deleted_at.is_null())
        .select((Algorithm::as_select(), Publisher::as_select()));
    let (algorithm, publisher) = row.first(conn)?;
    judge(conn, reader, algorithm, publisher)?.ok_or(Error::NotFound)
}

/// The algorithm of this id, if this reader may see it.
///
/// # Errors
/// `NotFound` as for [`find`].
pub fn readable(conn: &mut Conn, reader: Reader, id: i64) -> Result<Access> {
    let row = algorithms::table.inner_join(publisher_table::table).filter(algorithms::id.eq(id)).filter(algorithms::deleted_at.is_null());
    let (algorithm, publisher) = row.select((Algorithm::as_select(), Publisher::as_select())).first(conn)?;
    judge(conn, reader, algorithm, publisher)?.ok_or(Error::NotFound)
}

/// What ties a member to an algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Ties {
    /// They are a publisher of it, or the operator.
    pub manages: bool,
    /// They stand on its allow-list.
    pub allowed: bool,
    /// They have an active subscription.
    pub subscribed: bool,
}

impl Ties {
    /// The rule: publishers and the operator see it always; others see what is public or allows them, while it is
    /// listed or they are subscribed to it.
    pub fn open(self, algorithm: &Algorithm) -> bool {
        let allowed = match algorithm.visibility {
            Visibility::Public => true,
            Visibility::Users => self.allowed,
            Visibility::Private => false,
        };
        let stands = algorithm.state == Listing::Listed || (algorithm.state == Listing::Delisted && self.subscribed);
        self.manages || (allowed && stands)
    }
}

/// The algorithm as it stands for everybody: what a suspended publisher has listed is off the market.
pub fn standing(algorithm: Algorithm, publisher: &Publisher) -> Algorithm {
    match algorithm.state {
        Listing::Listed if publisher.suspended_at.is_some() => Algorithm { state: Listing::Delisted, ..algorithm },
        _ => algorithm,
    }
}

/// The algorithm with its publisher, both just read, if this reader may see it. No query for visitors, one for members.
///
/// # Errors
/// Only the database's.
pub fn judge(conn: &mut Conn, reader: Reader, algorithm: Algorithm, publisher: Publisher) -> Result<Option<Access>> {
    let topic = algorithm.topic();
    let bond = reader.user.map(|user| users::bond(conn, user, topic)).transpose()?;
    Ok(judge_with(reader, bond.unwrap_or_default(), algorithm, publisher))
}

/// The same when it is known what ties the reader to it; nothing ties a visitor.
pub fn judge_with(reader: Reader, bond: Bond, algorithm: Algorithm, publisher: Publisher) -> Option<Access> {
    let algorithm = standing(algorithm, &publisher);
    let Bond { member, allowed, subscribed, cancelled, liked, favorite } = bond;
    let own = member || reader.user == Some(publisher.id);
    let manages = own || reader.operator;
    let open = Ties { manages, allowed, subscribed }.open(&algorithm);
    open.then_some(Access { algorithm, publisher, own, manages, subscribed, mine: Mine { liked, favorite, cancelled } })
}
