use std::collections::HashMap;

use diesel::prelude::*;

use super::card::{self, About, Card, Entry, Seen};
use super::view::{Segment, View};
use crate::algorithms::Reader;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::publishers;
use crate::schema::allowed_users;

/// What a reader finds beside what all find. The operator sees no more here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Sight {
    /// Publishers they belong to, with hidden algorithms.
    own: Vec<u64>,
    /// Algorithms that name them.
    named: Vec<u64>,
}

/// Algorithms that may name one member.
const NAMED: i64 = 10_000;

impl Sight {
    /// A member's; the same as a visitor's for whoever finds no more.
    ///
    /// # Errors
    /// The database's and the disk's.
    #[allow(clippy::cast_sign_loss)] // ids are positive
    pub(super) fn of(conn: &mut Conn, view: &View, user: i64) -> Result<Self> {
        let mut sight = Self::default();
        for publisher in publishers::of_user(conn, user)? {
            if view.first(&view.fields.hidden_of(publisher))?.is_some() {
                sight.own.push(publisher as u64);
            }
        }
        let named = allowed_users::table.filter(allowed_users::user_id.eq(user)).select(allowed_users::algorithm_id);
        for id in named.order(allowed_users::algorithm_id).limit(NAMED).load::<i64>(conn)? {
            let segment = view.find(id)?.and_then(|address| view.segment(address.segment_ord as usize).map(|segment| (segment, address.doc_id)));
            if segment.is_some_and(|(segment, doc)| segment.seen.get_val(doc) == Seen::Named as u64) {
                sight.named.push(id as u64);
            }
        }
        sight.own.sort_unstable();
        Ok(sight)
    }

    /// Whether it is a visitor's.
    pub(super) fn is_plain(&self) -> bool {
        self.own.is_empty() && self.named.is_empty()
    }

    /// Publishers they belong to, with hidden algorithms.
    #[allow(clippy::cast_possible_wrap)] // they were positive
    pub(super) fn own(&self) -> impl Iterator<Item = i64> {
        self.own.iter().map(|id| *id as i64)
    }

    /// Algorithms that name them.
    #[allow(clippy::cast_possible_wrap)]
    pub(super) fn named(&self) -> impl Iterator<Item = i64> {
        self.named.iter().map(|id| *id as i64)
    }

    /// What a reader finds of these algorithms beside what all find, without asking an index.
    ///
    /// # Errors
    /// Only the database's.
    #[allow(clippy::cast_sign_loss)] // ids are positive
    fn now(conn: &mut Conn, reader: Reader, ids: &[i64]) -> Result<Self> {
        let Some(user) = reader.user else { return Ok(Self::default()) };
        let named = allowed_users::table.filter(allowed_users::user_id.eq(user)).filter(allowed_users::algorithm_id.eq_any(ids));
        let named: Vec<i64> = named.order(allowed_users::algorithm_id).select(allowed_users::algorithm_id).load(conn)?;
        let mut own: Vec<u64> = publishers::of_user(conn, user)?.into_iter().map(|id| id as u64).collect();
        own.sort_unstable();
        Ok(Self { own, named: named.into_iter().map(|id| id as u64).collect() })
    }

    /// Whether they find an algorithm that is seen so.
    #[allow(clippy::cast_sign_loss)] // ids are positive
    fn finds(&self, about: &About, seen: Seen) -> bool {
        seen == Seen::All
            || self.own.binary_search(&(about.publisher_id as u64)).is_ok()
            || (seen == Seen::Named && self.named.binary_search(&(about.id as u64)).is_ok())
    }

    /// Whether they find this document.
    pub(super) fn sees(&self, segment: &Segment, doc: u32) -> bool {
        let seen = segment.seen.get_val(doc);
        seen == Seen::All as u64
            || self.own.binary_search(&segment.owner.get_val(doc)).is_ok()
            || (seen == Seen::Named as u64 && self.named.binary_search(&segment.key.get_val(doc)).is_ok())
    }
}

/// These cards as they are now, without those that the reader does not find any more.
///
/// # Errors
/// Only the database's.
pub(super) fn found_now(db: &Db, reader: Reader, cards: &[Card]) -> Result<Vec<Card>> {
    let ids: Vec<i64> = cards.iter().map(|card| card.about.id).collect();
    let (entries, sight) = db.read(|conn| Ok((card::of(conn, &ids)?, Sight::now(conn, reader, &ids)?)))?;
    let mut entries: HashMap<i64, Entry> = entries.into_iter().map(|entry| (entry.about.id, entry)).collect();
    let now = ids.iter().filter_map(|id| entries.remove(id));
    let found = now.filter(|entry| entry.about.seen().is_some_and(|seen| sight.finds(&entry.about, seen)));
    Ok(found.map(|Entry { about, counters, .. }| Card { about, counters }).collect())
}
