use std::cmp::{Ordering, Reverse};

use super::card::{About, Counters};

crate::text_enum! {
    /// In what order a list stands.
    pub enum Sort {
        Best = "best" / "Best match",
        Subscribers = "subscribers" / "Most subscribed",
        Trending = "trending" / "Trending",
        Updated = "updated" / "Newly updated",
        Likes = "likes" / "Most liked",
        Published = "published" / "Newly published",
    }
}

/// All slots in the orders that follow from what an algorithm is.
#[derive(Debug, Default)]
pub(super) struct ByTime {
    pub(super) updated: Vec<u32>,
    pub(super) published: Vec<u32>,
}

/// All slots in the orders that follow from how an algorithm is used.
#[derive(Debug, Clone, Default)]
pub(super) struct ByUse {
    pub(super) subscribers: Vec<u32>,
    pub(super) trending: Vec<u32>,
    pub(super) likes: Vec<u32>,
    /// For each slot its place in `subscribers`.
    pub(super) place: Vec<u32>,
}

/// What decides between equals: the newly updated first.
fn latest(a: &About, b: &About) -> Ordering {
    Reverse(a.updated_at).cmp(&Reverse(b.updated_at)).then(b.id.cmp(&a.id))
}

/// Sorting what is nearly sorted already costs little, so each order begins with the one before.
fn sorted(before: &[u32], size: usize, compare: impl Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut slots: Vec<u32> = before.to_vec();
    slots.extend((before.len()..size).filter_map(|slot| u32::try_from(slot).ok()));
    slots.sort_by(|a, b| compare(*a as usize, *b as usize));
    slots
}

impl ByTime {
    pub(super) fn of(abouts: &[impl AsRef<About>], before: &Self) -> Self {
        let about = |slot: usize| abouts[slot].as_ref();
        let published = |a: usize, b: usize| Reverse(about(a).created_at).cmp(&Reverse(about(b).created_at)).then(about(b).id.cmp(&about(a).id));
        Self {
            updated: sorted(&before.updated, abouts.len(), |a, b| latest(about(a), about(b))),
            published: sorted(&before.published, abouts.len(), published),
        }
    }
}

impl ByUse {
    pub(super) fn of(abouts: &[impl AsRef<About>], counters: &[Counters], before: &Self) -> Self {
        let size = abouts.len();
        let equal = |a: usize, b: usize| latest(abouts[a].as_ref(), abouts[b].as_ref());
        let by = |key: fn(&Counters) -> i64| move |a: usize, b: usize| key(&counters[b]).cmp(&key(&counters[a])).then_with(|| equal(a, b));
        let trend = |a: usize, b: usize| counters[b].trend.total_cmp(&counters[a].trend).then_with(|| equal(a, b));
        let subscribers = sorted(&before.subscribers, size, by(|counters| counters.subscribers));
        let mut place = vec![0; size];
        for (at, slot) in (0..).zip(&subscribers) {
            place[*slot as usize] = at;
        }
        Self {
            trending: sorted(&before.trending, size, trend),
            likes: sorted(&before.likes, size, by(|counters| counters.likes)),
            subscribers,
            place,
        }
    }
}
