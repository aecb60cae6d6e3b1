use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::bits::Bits;
use super::card::{About, Card, Counters};
use super::facets::{Choice, Facet, Facets};
use super::loosen::{self, Loosening};
use super::orders::{ByTime, ByUse, Sort};
use super::query::{PAGE, Query};
use super::words::Texts;
use crate::algorithms::Visibility;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::publishers;
use crate::schema::allowed_users;

/// What follows from what the algorithms are. An algorithm keeps its slot for good.
pub(super) struct Base {
    pub(super) sequence: i64,
    pub(super) abouts: Vec<Arc<About>>,
    slots: HashMap<i64, u32>,
    by_publisher: HashMap<i64, Vec<u32>>,
    /// What visitors see.
    open: Bits,
    facets: Facets,
    texts: Texts,
    orders: ByTime,
}

/// The catalogue as it was at one moment.
pub(super) struct Snapshot {
    pub(super) base: Arc<Base>,
    pub(super) counters: Vec<Counters>,
    orders: ByUse,
}

impl Snapshot {
    /// One without algorithms.
    pub(super) fn empty() -> Self {
        let base = Base::of(-1, Vec::new(), HashMap::new(), &ByTime::default());
        Self { base: Arc::new(base), counters: Vec::new(), orders: ByUse::default() }
    }

    /// With these algorithms new or changed, as of `sequence`.
    pub(super) fn announced(&self, changes: Vec<(About, Counters)>, sequence: i64) -> Self {
        let (mut abouts, mut counters, mut slots) = (self.base.abouts.clone(), self.counters.clone(), self.base.slots.clone());
        for (about, count) in changes {
            match slots.get(&about.id).map(|slot| *slot as usize) {
                Some(slot) => (abouts[slot], counters[slot]) = (Arc::new(about), count),
                None => {
                    slots.insert(about.id, u32::try_from(abouts.len()).unwrap_or(u32::MAX));
                    abouts.push(Arc::new(about));
                    counters.push(count);
                }
            }
        }
        let base = Base::of(sequence, abouts, slots, &self.base.orders);
        let orders = ByUse::of(&base.abouts, &counters, &self.orders);
        Self { base: Arc::new(base), counters, orders }
    }

    /// With these counters; `None` when they are what they were.
    pub(super) fn counted(&self, changes: &[(i64, Counters)]) -> Option<Self> {
        let mut counters = Cow::Borrowed(self.counters.as_slice());
        for (id, count) in changes {
            // One that is not known yet will be announced.
            if let Some(slot) = self.base.slots.get(id).map(|slot| *slot as usize).filter(|slot| counters[*slot] != *count) {
                counters.to_mut()[slot] = *count;
            }
        }
        let Cow::Owned(counters) = counters else { return None };
        let orders = ByUse::of(&self.base.abouts, &counters, &self.orders);
        Some(Self { base: Arc::clone(&self.base), counters, orders })
    }

    /// The slots that visitors see.
    pub(super) fn open(&self) -> Cow<'_, Bits> {
        Cow::Borrowed(&self.base.open)
    }

    /// When an algorithm was announced and touched, as far as it is known.
    pub(super) fn stamp(&self, id: i64) -> Option<(i64, Time)> {
        let slot = *self.base.slots.get(&id)? as usize;
        Some((self.base.abouts.get(slot)?.announced, self.counters.get(slot)?.touched_at))
    }

    /// The slots that a member may see. The operator sees no more here.
    pub(super) fn visible_to(&self, conn: &mut Conn, user: i64) -> Result<Cow<'_, Bits>> {
        let base = &*self.base;
        let own = publishers::of_user(conn, user)?;
        let allowed = allowed_users::table.filter(allowed_users::user_id.eq(user)).select(allowed_users::algorithm_id);
        let allowed: Vec<i64> = allowed.order(allowed_users::algorithm_id).limit(10_000).load(conn)?;
        let own = own.iter().filter_map(|publisher| base.by_publisher.get(publisher)).flatten().copied();
        let allowed = allowed.iter().filter_map(|id| base.slots.get(id)).copied();
        let allowed = allowed.filter(|slot| base.abouts[*slot as usize].visibility == Visibility::Users);
        let own = own.filter(|slot| base.abouts[*slot as usize].is_there());
        let more = own.chain(allowed.filter(|slot| base.abouts[*slot as usize].stands()));
        let mut visible = Cow::Borrowed(&base.open);
        more.for_each(|slot| visible.to_mut().put(slot));
        Ok(visible)
    }

    fn order(&self, sort: Sort) -> &[u32] {
        match sort {
            Sort::Best | Sort::Subscribers => &self.orders.subscribers,
            Sort::Trending => &self.orders.trending,
            Sort::Likes => &self.orders.likes,
            Sort::Updated => &self.base.orders.updated,
            Sort::Published => &self.base.orders.published,
        }
    }

    /// The answer to a query over what is visible.
    pub(super) fn answer(self: &Arc<Self>, visible: &Bits, query: Query) -> Results {
        let found = Found::of(&self.base, visible, &query);
        let total = found.all.len();
        let pages = total.div_ceil(PAGE).max(1);
        let page = query.page.min(pages);
        let slots = if query.has_words() && query.effective_sort() == Sort::Best {
            self.best(&found, page)
        } else {
            let order = self.order(query.effective_sort()).iter().copied();
            order.filter(|slot| found.all.has(*slot)).skip((page - 1) * PAGE).take(PAGE).collect()
        };
        let choices = Facet::ALL.map(|facet| self.base.facets.choices(facet, &query.filters, found.base(facet).as_ref()));
        let loosenings = if total == 0 { loosen::ways(&self.base, visible, &query) } else { Vec::new() };
        Results { snapshot: Arc::clone(self), slots, total, page, pages, choices, loosenings, visible: visible.len(), query }
    }

    /// One page of the hits by rank, then by subscribers; only as much is sorted as is shown.
    fn best(&self, found: &Found, page: usize) -> Vec<u32> {
        let key = |(slot, rank): (u32, u32)| u64::from(u32::MAX - rank) << 32 | u64::from(self.orders.place[slot as usize]);
        let mut keys: Vec<u64> = found.hits.iter().copied().filter(|(slot, _)| found.all.has(*slot)).map(key).collect();
        let (first, end) = ((page - 1) * PAGE, page * PAGE);
        if end < keys.len() {
            keys.select_nth_unstable(end);
            keys.truncate(end);
        }
        keys.sort_unstable();
        let place = |key: u64| usize::try_from(key & u64::from(u32::MAX)).unwrap_or(usize::MAX);
        keys.iter().skip(first).filter_map(|key| self.orders.subscribers.get(place(*key)).copied()).collect()
    }
}

impl Base {
    fn of(sequence: i64, abouts: Vec<Arc<About>>, slots: HashMap<i64, u32>, before: &ByTime) -> Self {
        let mut by_publisher: HashMap<i64, Vec<u32>> = HashMap::new();
        let mut open = Bits::none(abouts.len());
        for (slot, about) in (0..).zip(&abouts) {
            by_publisher.entry(about.publisher_id).or_default().push(slot);
            if about.stands() && about.visibility == Visibility::Public {
                open.put(slot);
            }
        }
        let texts = Texts::of(abouts.iter().map(Arc::as_ref));
        Self { sequence, slots, by_publisher, open, facets: Facets::of(&abouts), texts, orders: ByTime::of(&abouts, before), abouts }
    }

    /// How many of the visible a query finds.
    pub(super) fn total(&self, visible: &Bits, query: &Query) -> usize {
        Found::of(self, visible, query).all.len()
    }
}

/// What a query finds, before order and pages.
struct Found {
    /// Of all its words, with ranks.
    hits: Vec<(u32, u32)>,
    /// What the words let through.
    worded: Bits,
    /// What each filtered facet lets through.
    narrowed: Vec<(Facet, Bits)>,
    /// What everything lets through.
    all: Bits,
}

impl Found {
    fn of(base: &Base, visible: &Bits, query: &Query) -> Self {
        let mut worded = visible.clone();
        let hits = base.texts.find(&query.words);
        if query.has_words() {
            let mut set = Bits::none(base.abouts.len());
            hits.iter().for_each(|(slot, _)| set.put(*slot));
            worded.keep(&set);
        }
        let asked = Facet::ALL.into_iter().filter(|facet| query.filters.iter().any(|filter| filter.facet == *facet));
        let narrowed: Vec<_> = asked.map(|facet| (facet, base.facets.chosen(facet, &query.filters))).collect();
        let mut all = worded.clone();
        narrowed.iter().for_each(|(_, set)| all.keep(set));
        Self { hits, worded, narrowed, all }
    }

    /// What everything but this facet lets through.
    fn base(&self, facet: Facet) -> Cow<'_, Bits> {
        if !self.narrowed.iter().any(|(other, _)| *other == facet) {
            return Cow::Borrowed(&self.all);
        }
        let mut set = self.worded.clone();
        self.narrowed.iter().filter(|(other, _)| *other != facet).for_each(|(_, other)| set.keep(other));
        Cow::Owned(set)
    }
}

/// A page of what was found.
pub struct Results {
    snapshot: Arc<Snapshot>,
    slots: Vec<u32>,
    /// How many were found on all pages.
    pub total: usize,
    /// This page, from 1; the last one when a later one was asked for.
    pub page: usize,
    /// How many pages.
    pub pages: usize,
    /// How many algorithms the reader may see at all.
    pub visible: usize,
    /// What to do when nothing was found.
    pub loosenings: Vec<Loosening>,
    /// What was asked.
    pub query: Query,
    choices: [Vec<Choice>; Facet::ALL.len()],
}

impl Results {
    /// The algorithms of this page.
    pub fn cards(&self) -> impl ExactSizeIterator<Item = Card<'_>> {
        let card = |slot: usize| Card { about: &self.snapshot.base.abouts[slot], counters: &self.snapshot.counters[slot] };
        self.slots.iter().map(move |slot| card(*slot as usize))
    }

    /// The values of a facet; each counts what all other facets let through.
    pub fn choices(&self, facet: Facet) -> &[Choice] {
        &self.choices[facet as usize]
    }

    /// The place of the first algorithm of this page among all, from 1; 0 when there is none.
    pub fn first(&self) -> usize {
        if self.slots.is_empty() { 0 } else { (self.page - 1) * PAGE + 1 }
    }

    /// The place of the last one.
    pub fn last(&self) -> usize {
        (self.page - 1) * PAGE + self.slots.len()
    }
}
