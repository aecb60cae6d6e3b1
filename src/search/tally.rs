use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::index::SegmentReader;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, TERMINATED};

use super::card::Seen;
use super::facets::{Counted, Facet};
use super::gather::Gathered;
use super::orders::Sort;
use super::query::{PAGE, Query};
use super::rank::{Rank, shorten};
use super::sight::Sight;
use super::view::{Segment, View};
use crate::error::Result;

/// How many of the first of each order are known.
const FIRST: usize = 40 * PAGE;
/// Publishers that are told of in each segment.
const PUBLISHERS: usize = 100;

/// What the list of everything says of a segment, in which documents only ever become fewer: counted once, then only what is gone
/// is taken off. So the page that most people open costs no look at every document after each change.
pub(super) struct Tally {
    /// How many documents everybody finds.
    total: usize,
    /// Of each facet by its numbers.
    counts: Vec<Vec<u32>>,
    /// The first in each order, and how it stands there.
    first: Vec<(Sort, Vec<(Rank, DocId)>)>,
}

impl Tally {
    pub(super) fn of(segment: &Segment) -> Self {
        let all: Vec<DocId> = (0..segment.documents()).filter(|doc| segment.seen.get_val(*doc) == Seen::All as u64).collect();
        let mut counts = none(segment);
        all.iter().for_each(|doc| count(segment, &mut counts, *doc, |count| *count += 1));
        let first = Sort::ALL.iter().filter(|sort| **sort != Sort::Best).map(|sort| (*sort, first(segment, *sort, &all)));
        Self { total: all.len(), first: first.collect(), counts }
    }

    fn first(&self, sort: Sort) -> &[(Rank, DocId)] {
        self.first.iter().find(|(known, _)| *known == sort).map_or(&[], |(_, first)| first)
    }
}

fn none(segment: &Segment) -> Vec<Vec<u32>> {
    Facet::ALL.map(|facet| vec![0; segment.labels(facet).len()]).into()
}

fn count(segment: &Segment, counts: &mut [Vec<u32>], doc: DocId, change: impl Fn(&mut u32)) {
    for facet in Facet::ALL.into_iter().filter(|facet| *facet != Facet::Publisher) {
        let number = usize::try_from(segment.facet(facet).get_val(doc)).unwrap_or(usize::MAX);
        counts[facet as usize].get_mut(number).into_iter().for_each(&change);
    }
}

fn first(segment: &Segment, sort: Sort, all: &[DocId]) -> Vec<(Rank, DocId)> {
    let mut ranked: Vec<(Rank, DocId)> = all.iter().map(|doc| (segment.rank(sort, *doc), *doc)).collect();
    if ranked.len() > FIRST {
        ranked.select_nth_unstable_by_key(FIRST - 1, |(rank, _)| Reverse(*rank));
        ranked.truncate(FIRST);
    }
    ranked.sort_unstable_by_key(|(rank, _)| Reverse(*rank));
    ranked.shrink_to_fit();
    ranked
}

/// How often each label occurs, by how often each number does.
pub(super) fn labelled(segment: &Segment, facet: Facet, counts: &[u32]) -> Counted {
    let mut counted = Counted::new();
    let numbers = segment.labels(facet).iter().zip(counts).filter(|(_, count)| **count > 0);
    for (label, count) in numbers.flat_map(|(labels, count)| labels.iter().zip(std::iter::repeat(count))) {
        *counted.entry(Arc::clone(&label.key)).or_default().entry(Arc::clone(&label.text)).or_default() += *count as usize;
    }
    counted
}

/// The publishers that occur most often: to find a handle by its number takes as long as to look at a hundred documents.
pub(super) fn frequent(publishers: &HashMap<u64, u32>) -> impl Iterator<Item = (u64, u32)> {
    let mut all: Vec<(u64, u32)> = publishers.iter().map(|(number, count)| (*number, *count)).collect();
    if all.len() > PUBLISHERS {
        all.select_nth_unstable_by_key(PUBLISHERS - 1, |(number, count)| (Reverse(*count), *number));
        all.truncate(PUBLISHERS);
    }
    all.into_iter()
}

/// What a query for everything finds, and the first `most` of it, or none when they are too far down the list to be known; `None` for
/// any other query.
///
/// # Errors
/// The disk's.
pub(super) fn gathered(view: &View, sight: &Sight, query: &Query, most: usize) -> Result<Option<Gathered>> {
    if query.has_words() || query.narrowed().next().is_some() {
        return Ok(None);
    }
    let (sort, mut all, mut enough) = (query.effective_sort(), Gathered::default(), true);
    let hidden = hidden(view, sight)?;
    for (place, (segment, reader)) in (0..).zip(view.segments()) {
        let also: Vec<DocId> = hidden.iter().filter(|address| address.segment_ord == place).map(|address| address.doc_id).collect();
        let part = Part::of(segment, reader, &also, sort, most);
        enough &= part.is_whole;
        all.total += part.total;
        for (facet, counted) in Facet::ALL.into_iter().zip(&mut all.counted) {
            for (key, written) in labelled(segment, facet, &part.counts[facet as usize]) {
                let all = counted.entry(key).or_default();
                written.into_iter().for_each(|(text, count)| *all.entry(text).or_default() += count);
            }
        }
        all.first.extend(part.first.into_iter().map(|(rank, doc)| (rank, DocAddress::new(place, doc))));
    }
    shorten(&mut all.first, if enough { most } else { 0 });
    all.first.sort_unstable_by_key(|(rank, _)| Reverse(*rank));
    (all.worded, all.typed) = (all.total, all.total);
    Ok(Some(all))
}

/// What one segment adds.
struct Part {
    total: usize,
    counts: Vec<Vec<u32>>,
    first: Vec<(Rank, DocId)>,
    /// Whether enough of the first ones are known: those may be gone, and there may be more.
    is_whole: bool,
}

impl Part {
    /// `also` is seen by the reader alone.
    fn of(segment: &Segment, reader: &SegmentReader, also: &[DocId], sort: Sort, most: usize) -> Self {
        let tally = segment.tally();
        let (mut total, mut counts) = (tally.total, tally.counts.clone());
        if let Some(alive) = reader.alive_bitset() {
            let gone = (0..segment.documents()).filter(|doc| alive.is_deleted(*doc) && segment.seen.get_val(*doc) == Seen::All as u64);
            for doc in gone {
                total -= 1;
                count(segment, &mut counts, doc, |count| *count -= 1);
            }
        }
        let known = tally.first(sort);
        let mut first: Vec<(Rank, DocId)> = known.iter().filter(|(_, doc)| !reader.is_deleted(*doc)).take(most).copied().collect();
        let is_whole = first.len() >= most.min(total);
        for doc in also {
            total += 1;
            count(segment, &mut counts, *doc, |count| *count += 1);
            first.push((segment.rank(sort, *doc), *doc));
        }
        Self { total, counts, first, is_whole }
    }
}

/// What the reader finds beside what everybody finds.
fn hidden(view: &View, sight: &Sight) -> Result<Vec<DocAddress>> {
    let mut found = Vec::new();
    for publisher in sight.own() {
        let term = view.fields.hidden_of(publisher);
        for (place, (_, reader)) in (0..).zip(view.segments()) {
            let Some(mut postings) = reader.inverted_index(term.field())?.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            while postings.doc() != TERMINATED {
                if !reader.is_deleted(postings.doc()) {
                    found.push(DocAddress::new(place, postings.doc()));
                }
                postings.advance();
            }
        }
    }
    for algorithm in sight.named() {
        found.extend(view.find(algorithm)?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
