use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tantivy::columnar::{Cardinality, Column, ColumnValues, StrColumn};
use tantivy::index::{SegmentId, SegmentReader};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED, TantivyDocument, Term};

use super::card::Card;
use super::combined::Combined;
use super::facets::Facet;
use super::fields::{AND, BETWEEN, Fields, column, facet_column};
use super::index::Mark;
use super::like::Likes;
use super::orders::Sort;
use super::rank::Rank;
use super::tally::Tally;
use crate::error::{Error, Result};

/// The index as it was at one moment.
pub(super) struct View {
    pub(super) searcher: Searcher,
    pub(super) fields: Arc<Fields>,
    pub(super) mark: Mark,
    /// Another one for each view of this process.
    pub(super) number: u64,
    /// Words like those that were looked for last.
    pub(super) likes: Likes,
    /// Of each segment.
    segments: Vec<Arc<Segment>>,
}

/// Numbers of a segment's documents, which never change: those of deleted ones are in it too.
pub(super) struct Segment {
    id: SegmentId,
    pub(super) seen: Numbers,
    pub(super) owner: Numbers,
    pub(super) key: Numbers,
    pub(super) updated: Numbers,
    pub(super) worth: Numbers,
    touches: Numbers,
    announced: Numbers,
    orders: [Numbers; 4],
    facets: Vec<(StrColumn, Numbers)>,
    /// Of each facet but [`Facet::Publisher`], which has too many values, in the order of its numbers.
    labels: Vec<Vec<Labels>>,
    documents: u32,
    tally: OnceLock<Tally>,
    combined: OnceLock<Combined>,
}

pub(super) type Numbers = Arc<dyn ColumnValues<u64>>;

/// A value of a facet: its key and how it is written.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) key: Arc<str>,
    pub(super) text: Arc<str>,
}

/// What one number of a facet's column stands for.
pub(super) type Labels = Box<[Label]>;

static VIEWS: AtomicU64 = AtomicU64::new(0);

impl View {
    /// What is in an index; segments that were in an earlier view too are not read again.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn new(searcher: Searcher, fields: Arc<Fields>, mark: Mark, before: Option<&Self>) -> Result<Self> {
        let known: HashMap<SegmentId, &Arc<Segment>> =
            before.into_iter().flat_map(|view| &view.segments).map(|segment| (segment.id, segment)).collect();
        let segment = |reader: &SegmentReader| match known.get(&reader.segment_id()) {
            Some(segment) => Ok(Arc::clone(segment)),
            None => Segment::of(reader).map(Arc::new),
        };
        let segments = searcher.segment_readers().iter().map(segment).collect::<Result<_>>()?;
        Ok(Self { searcher, fields, mark, number: Self::next_number(), likes: Likes::default(), segments })
    }

    /// One that no view has.
    pub(super) fn next_number() -> u64 {
        VIEWS.fetch_add(1, Ordering::Relaxed)
    }

    /// The numbers of a segment, by its place in the searcher.
    pub(super) fn segment(&self, place: usize) -> Option<&Arc<Segment>> {
        self.segments.get(place)
    }

    /// Every segment, and what is gone of it.
    pub(super) fn segments(&self) -> impl Iterator<Item = (&Arc<Segment>, &SegmentReader)> {
        self.segments.iter().zip(self.searcher.segment_readers())
    }

    /// What a list shows of an algorithm.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn card(&self, address: DocAddress) -> Result<Card> {
        let document: TantivyDocument = self.searcher.doc(address)?;
        let bytes = document.get_first(self.fields.card).and_then(|value| value.as_bytes()).unwrap_or_default();
        serde_json::from_slice(bytes).map_err(Error::internal)
    }

    /// Where the algorithm of this id is.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn find(&self, id: i64) -> Result<Option<DocAddress>> {
        self.first(&self.fields.key(id))
    }

    /// The first document with this term.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn first(&self, term: &Term) -> Result<Option<DocAddress>> {
        for (number, reader) in (0..).zip(self.searcher.segment_readers()) {
            let Some(mut postings) = reader.inverted_index(term.field())?.read_postings(term, IndexRecordOption::Basic)? else { continue };
            while postings.doc() != TERMINATED && reader.is_deleted(postings.doc()) {
                postings.advance();
            }
            if postings.doc() != TERMINATED {
                return Ok(Some(DocAddress::new(number, postings.doc())));
            }
        }
        Ok(None)
    }

    /// When an algorithm was announced, and how often it was touched, as far as that is known.
    pub(super) fn stamp(&self, id: i64) -> Option<(u64, u64)> {
        let address = self.find(id).ok().flatten()?;
        let segment = self.segment(address.segment_ord as usize)?;
        Some((segment.announced.get_val(address.doc_id), segment.touches.get_val(address.doc_id)))
    }

    /// Whether it knows the algorithm, and not as it is after so many touches.
    pub(super) fn is_touched(&self, id: i64, touches: i64) -> bool {
        self.stamp(id).is_some_and(|(_, known)| known != touches.cast_unsigned())
    }
}

impl Segment {
    fn of(reader: &SegmentReader) -> Result<Self> {
        let number = |name: &str| -> Result<Numbers> { Ok(plain(reader.fast_fields().u64(name)?)) };
        let facets: Vec<(StrColumn, Numbers)> = Facet::ALL
            .into_iter()
            .map(|facet| {
                let column = reader.fast_fields().str(&facet_column(facet))?;
                let column = column.ok_or_else(|| Error::internal("the index has no facets"))?;
                let numbers = plain(column.ords().clone());
                Ok((column, numbers))
            })
            .collect::<Result<_>>()?;
        let labels =
            Facet::ALL.into_iter().zip(&facets).map(|(facet, (column, _))| if facet == Facet::Publisher { Ok(Vec::new()) } else { labels(column) });
        Ok(Self {
            id: reader.segment_id(),
            seen: number(column::SEEN)?,
            owner: number(column::OWNER)?,
            key: number(column::ID)?,
            updated: number(column::UPDATED)?,
            worth: number(column::WORTH)?,
            touches: number(column::TOUCHES)?,
            announced: number(column::ANNOUNCED)?,
            orders: [number(column::SUBSCRIBERS)?, number(column::TREND)?, number(column::LIKES)?, number(column::CREATED)?],
            labels: labels.collect::<Result<_>>()?,
            facets,
            documents: reader.max_doc(),
            tally: OnceLock::new(),
            combined: OnceLock::new(),
        })
    }

    /// Documents, with those that are gone.
    pub(super) fn documents(&self) -> u32 {
        self.documents
    }

    /// What the list of everything says of it.
    pub(super) fn tally(&self) -> &Tally {
        self.tally.get_or_init(|| Tally::of(self))
    }

    /// What facets of few values say of its documents.
    pub(super) fn combined(&self) -> &Combined {
        self.combined.get_or_init(|| Combined::of(self))
    }

    /// How a document stands in an order, when nothing was searched for.
    pub(super) fn rank(&self, sort: Sort, doc: u32) -> Rank {
        (0, self.order(sort).get_val(doc), self.updated.get_val(doc), self.key.get_val(doc))
    }

    /// What a list is ordered by first.
    pub(super) fn order(&self, sort: Sort) -> &Numbers {
        match sort {
            Sort::Best | Sort::Subscribers => &self.orders[0],
            Sort::Trending => &self.orders[1],
            Sort::Likes => &self.orders[2],
            Sort::Published => &self.orders[3],
            Sort::Updated => &self.updated,
        }
    }

    /// The value of a facet as a number within this segment.
    pub(super) fn facet(&self, facet: Facet) -> &Numbers {
        &self.facets[facet as usize].1
    }

    /// The values of a facet by their numbers.
    pub(super) fn labels(&self, facet: Facet) -> &[Labels] {
        &self.labels[facet as usize]
    }

    /// The number of a publisher's handle.
    pub(super) fn publisher(&self, handle: &str) -> Option<u64> {
        self.facets[Facet::Publisher as usize].0.dictionary().term_ord(handle).ok().flatten()
    }

    /// The publisher's handle of this number.
    pub(super) fn handle(&self, number: u64) -> Option<String> {
        let mut handle = String::new();
        let found = self.facets[Facet::Publisher as usize].0.ord_to_str(number, &mut handle);
        found.is_ok_and(|found| found).then_some(handle)
    }
}

/// Every document has each number once.
fn plain(column: Column<u64>) -> Numbers {
    if column.get_cardinality() == Cardinality::Full { Arc::clone(&column.values) } else { column.first_or_default_col(0) }
}

fn labels(column: &StrColumn) -> Result<Vec<Labels>> {
    let mut labels = Vec::with_capacity(column.num_terms());
    let mut stream = column.dictionary().stream()?;
    while stream.advance() {
        let value = std::str::from_utf8(stream.key()).unwrap_or_default();
        let label = |value: &str| {
            let (key, text) = value.split_once(BETWEEN).unwrap_or((value, value));
            Label { key: key.into(), text: text.into() }
        };
        labels.push(value.split(AND).map(label).collect());
    }
    Ok(labels)
}
