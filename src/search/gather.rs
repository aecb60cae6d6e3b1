use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::index::SegmentReader;
use tantivy::{DocAddress, DocId};

use super::combined::Counts;
use super::facets::{Counted, Facet};
use super::orders::Sort;
use super::passes::Passes;
use super::query::{Filter, Query};
use super::rank::{Rank, alike, mixed, shorten, typed};
use super::sight::Sight;
use super::tally::{frequent, labelled};
use super::view::{Segment, View};

/// Documents looked at together: a column gives many numbers at once more quickly than one by one.
const BLOCK: usize = 128;
const FACETS: usize = Facet::ALL.len();

/// What one pass over what matches is to find out.
pub(super) struct Gather<'a> {
    view: &'a View,
    sight: Arc<Sight>,
    filters: Arc<[Filter]>,
    sort: Sort,
    /// Words that were looked for; there are scores when there are any.
    words: usize,
    /// How many of the first are asked for.
    most: usize,
    /// Whether values of facets are counted.
    counts: bool,
    /// Whether all publishers are.
    publishers: bool,
    /// Whether a score alone decides.
    alike: bool,
}

impl<'a> Gather<'a> {
    /// The first `most`, and how often each value of a facet occurs.
    pub(super) fn new(view: &'a View, sight: &Arc<Sight>, query: &Query, most: usize) -> Self {
        let filters = query.narrowed().cloned().collect();
        Self {
            view,
            sight: Arc::clone(sight),
            filters,
            sort: query.effective_sort(),
            words: query.pieces.len(),
            most,
            counts: true,
            publishers: false,
            alike: false,
        }
    }

    /// Only how many there are.
    pub(super) fn total(view: &'a View, sight: &Arc<Sight>, query: &Query) -> Self {
        Self::first(view, sight, query, 0)
    }

    /// Only the first ones.
    pub(super) fn first(view: &'a View, sight: &Arc<Sight>, query: &Query, most: usize) -> Self {
        Self { counts: false, ..Self::new(view, sight, query, most) }
    }

    /// How many of each publisher there are.
    pub(super) fn publishers(view: &'a View, sight: &Arc<Sight>, query: &Query) -> Self {
        Self { publishers: true, ..Self::total(view, sight, query) }
    }

    /// The first ones by how well they match, nothing else.
    pub(super) fn alike(view: &'a View, sight: &Arc<Sight>, query: &Query, most: usize) -> Self {
        Self { alike: true, ..Self::first(view, sight, query, most) }
    }
}

/// What a pass found out.
#[derive(Default)]
pub(super) struct Gathered {
    /// How many the words and the sight let through.
    pub(super) worded: usize,
    /// How many the filters let through as well.
    pub(super) total: usize,
    /// Of each facet, what everything but its own filters lets through.
    pub(super) counted: [Counted; FACETS],
    /// The first ones, in order.
    pub(super) first: Vec<(Rank, DocAddress)>,
    /// How many have the words as they were typed.
    pub(super) typed: usize,
    /// Whether words like these count as well.
    pub(super) forgiving: bool,
}

impl Collector for Gather<'_> {
    type Fruit = Gathered;
    type Child = Part;

    fn for_segment(&self, place: u32, _: &SegmentReader) -> tantivy::Result<Part> {
        let segment = self.view.segment(place as usize).ok_or_else(|| tantivy::TantivyError::SystemError("a segment is missing".into()))?;
        Ok(Part::new(self, place, Arc::clone(segment)))
    }

    fn requires_scoring(&self) -> bool {
        self.most > 0 && (self.words > 0 || self.alike)
    }

    fn merge_fruits(&self, parts: Vec<Gathered>) -> tantivy::Result<Gathered> {
        let mut all = Gathered::default();
        for part in parts {
            all.worded += part.worded;
            all.total += part.total;
            all.first.extend(part.first);
            for (all, part) in all.counted.iter_mut().zip(part.counted) {
                for (key, written) in part {
                    let all = all.entry(key).or_default();
                    written.into_iter().for_each(|(text, count)| *all.entry(text).or_default() += count);
                }
            }
        }
        shorten(&mut all.first, self.most);
        all.typed = all.worded;
        all.first.sort_unstable_by_key(|(rank, _)| Reverse(*rank));
        Ok(all)
    }
}

/// A pass over one segment.
pub(super) struct Part {
    segment: Arc<Segment>,
    place: u32,
    sight: Arc<Sight>,
    filtered: Vec<(Facet, Passes)>,
    sort: Sort,
    words: u64,
    scored: bool,
    most: usize,
    counting: bool,
    publishing: bool,
    alike: bool,
    /// Not looked at yet.
    docs: Vec<DocId>,
    scores: Vec<f32>,
    worded: usize,
    total: usize,
    /// Of each facet by its numbers.
    counts: [Vec<u32>; FACETS],
    /// Of the facets that are counted together.
    combined: Counts,
    /// Which these are, and which are counted one by one.
    together: Vec<Facet>,
    single: Vec<Facet>,
    /// Of publishers that are asked for.
    publishers: HashMap<u64, u32>,
    first: Vec<(Rank, DocAddress)>,
    /// What a document must have to be among the first.
    least: (u64, u64),
}

impl Part {
    fn new(gather: &Gather, place: u32, segment: Arc<Segment>) -> Self {
        let filtered = Passes::of(&segment, &gather.filters);
        let counted = |facet: &Facet| gather.counts && *facet != Facet::Publisher && !filtered.iter().any(|(other, _)| facet == other);
        let (together, single) = Facet::ALL.into_iter().filter(counted).partition(|facet| segment.combined().has(*facet));
        Self {
            filtered,
            combined: [0; 256],
            together,
            single,
            counts: Facet::ALL.map(|facet| vec![0; segment.labels(facet).len()]),
            segment,
            place,
            sight: Arc::clone(&gather.sight),
            sort: gather.sort,
            words: gather.words as u64,
            scored: gather.requires_scoring(),
            most: gather.most,
            counting: gather.counts,
            publishing: gather.publishers,
            alike: gather.alike,
            docs: Vec::with_capacity(BLOCK),
            scores: Vec::with_capacity(BLOCK),
            worded: 0,
            total: 0,
            publishers: HashMap::new(),
            first: Vec::new(),
            least: (0, 0),
        }
    }

    fn flush(&mut self) {
        let (mut docs, mut scores) = (std::mem::take(&mut self.docs), std::mem::take(&mut self.scores));
        self.keep_visible(&mut docs, &mut scores);
        self.worded += docs.len();
        self.keep_filtered(&mut docs, &mut scores);
        self.total += docs.len();
        self.count(&docs);
        if self.most > 0 {
            self.rank(&docs, &scores);
        }
        docs.clear();
        scores.clear();
        (self.docs, self.scores) = (docs, scores);
    }

    fn count(&mut self, docs: &[DocId]) {
        let mut numbers = [0_u64; BLOCK];
        let numbers = &mut numbers[..docs.len()];
        if self.counting {
            self.segment.combined().count(docs, &mut self.combined);
            for facet in &self.single {
                self.segment.facet(*facet).get_vals(docs, numbers);
                numbers.iter().for_each(|number| count(&mut self.counts[*facet as usize], *number));
            }
        }
        if self.publishing {
            self.segment.facet(Facet::Publisher).get_vals(docs, numbers);
            numbers.iter().for_each(|number| *self.publishers.entry(*number).or_default() += 1);
        }
    }

    fn keep_visible(&self, docs: &mut Vec<DocId>, scores: &mut Vec<f32>) {
        let mut seen = [0_u64; BLOCK];
        self.segment.seen.get_vals(docs, &mut seen[..docs.len()]);
        let plain = self.sight.is_plain();
        let sees = |at: usize, docs: &[DocId]| if plain || seen[at] == 0 { seen[at] == 0 } else { self.sight.sees(&self.segment, docs[at]) };
        if seen[..docs.len()].iter().any(|seen| *seen != 0) {
            let kept: Vec<bool> = (0..docs.len()).map(|at| sees(at, docs)).collect();
            retain(docs, scores, &kept);
        }
    }

    /// A document that one facet alone keeps out counts for that facet.
    fn keep_filtered(&mut self, docs: &mut Vec<DocId>, scores: &mut Vec<f32>) {
        if self.filtered.is_empty() {
            return;
        }
        let mut failed = [0_u8; BLOCK];
        let values: Vec<Vec<u64>> = self
            .filtered
            .iter()
            .map(|(facet, passes)| {
                let mut numbers = vec![0; docs.len()];
                self.segment.facet(*facet).get_vals(docs, &mut numbers);
                numbers.iter().zip(&mut failed).for_each(|(number, failed)| *failed += u8::from(!passes.has(*number)));
                numbers
            })
            .collect();
        for ((facet, passes), numbers) in self.filtered.iter().zip(&values) {
            for (number, failed) in numbers.iter().zip(&failed) {
                if *failed == 0 || (*failed == 1 && !passes.has(*number)) {
                    match facet {
                        Facet::Publisher => *self.publishers.entry(*number).or_default() += 1,
                        _ => count(&mut self.counts[*facet as usize], *number),
                    }
                }
            }
        }
        let kept: Vec<bool> = failed[..docs.len()].iter().map(|failed| *failed == 0).collect();
        retain(docs, scores, &kept);
    }

    fn rank(&mut self, docs: &[DocId], scores: &[f32]) {
        let mut numbers = [0_u64; BLOCK];
        let numbers = &mut numbers[..docs.len()];
        let best = self.scored && self.sort == Sort::Best;
        let column = if best { &self.segment.worth } else { self.segment.order(self.sort) };
        column.get_vals(docs, numbers);
        for (at, doc) in docs.iter().enumerate() {
            let first = match scores.get(at) {
                Some(score) if self.alike => alike(*score, self.segment.worth.get_val(*doc)),
                Some(score) if best => mixed(*score, numbers[at]),
                // What was typed comes before what is like it, in every order.
                Some(score) => (u64::from(typed(*score) >= self.words), numbers[at]),
                None => (0, numbers[at]),
            };
            if first >= self.least {
                let rank = (first.0, first.1, self.segment.updated.get_val(*doc), self.segment.key.get_val(*doc));
                self.first.push((rank, DocAddress::new(self.place, *doc)));
            }
        }
        if self.first.len() > self.most * 2 + BLOCK {
            shorten(&mut self.first, self.most);
            self.least = self.first.iter().map(|(rank, _)| (rank.0, rank.1)).min().unwrap_or((0, 0));
        }
    }
}

fn count(counts: &mut [u32], number: u64) {
    if let Some(count) = usize::try_from(number).ok().and_then(|number| counts.get_mut(number)) {
        *count += 1;
    }
}

fn retain(docs: &mut Vec<DocId>, scores: &mut Vec<f32>, kept: &[bool]) {
    let mut at = kept.iter();
    docs.retain(|_| at.next().copied().unwrap_or(false));
    let mut at = kept.iter();
    scores.retain(|_| at.next().copied().unwrap_or(false));
}

impl SegmentCollector for Part {
    type Fruit = Gathered;

    fn collect(&mut self, doc: DocId, score: f32) {
        self.docs.push(doc);
        if self.scored {
            self.scores.push(score);
        }
        if self.docs.len() == BLOCK {
            self.flush();
        }
    }

    fn harvest(mut self) -> Gathered {
        self.flush();
        let segment = &self.segment;
        let counted = Facet::ALL.map(|facet| {
            if self.together.contains(&facet) {
                return labelled(segment, facet, &segment.combined().counted(facet, &self.combined));
            }
            let mut counted = labelled(segment, facet, &self.counts[facet as usize]);
            if facet == Facet::Publisher {
                for (handle, count) in frequent(&self.publishers).filter_map(|(number, count)| segment.handle(number).zip(Some(count))) {
                    let handle: Arc<str> = handle.into();
                    counted.entry(Arc::clone(&handle)).or_default().insert(handle, count as usize);
                }
            }
            counted
        });
        let mut first = self.first;
        shorten(&mut first, self.most);
        Gathered { worded: self.worded, total: self.total, counted, first, ..Gathered::default() }
    }
}
