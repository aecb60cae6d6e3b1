use std::fmt;
use std::sync::Arc;

use tantivy::index::{InvertedIndexReader, SegmentReader};
use tantivy::postings::TermInfo;
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, PhraseQuery, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, TERMINATED, Term};

use super::levels::Levels;
use super::like::Like;

/// A way in which a word may occur.
#[derive(Clone)]
pub(super) enum Way {
    /// As it is.
    Whole(Term),
    /// As the beginning of a longer one, of three letters at least: too many begin with fewer.
    Beginning(Term),
    /// As several in a row.
    Row(PhraseQuery),
    /// As a word like it.
    Like(Field, Arc<Like>),
}

impl fmt::Debug for Way {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(term) => write!(to, "{term:?}"),
            Self::Beginning(term) => write!(to, "{term:?}…"),
            Self::Row(row) => write!(to, "{row:?}"),
            Self::Like(field, _) => write!(to, "like in {field:?}"),
        }
    }
}

/// Finds what has every one of some words, each in one of its ways, and what has an exact name; a document's score is the sum of
/// each word's best way, and of the exact name.
///
/// The same as a conjunction of disjunctions, which the index can do itself, a document at a time through a heap of all ways. Here
/// a byte of each document has one way after the other written into it, the best one last: with words that are in a tenth of all
/// documents that takes a quarter of the time.
#[derive(Debug, Clone)]
pub(super) struct Worded {
    words: Arc<[Word]>,
    exact: Option<(Term, Score)>,
}

/// The ways of a word, each with its score, from the least to the most.
#[derive(Debug)]
struct Word(Vec<(Way, Score)>);

impl Worded {
    /// Of words with the ways of each, which are fewer than 256, and what an exact name adds.
    pub(super) fn new(words: Vec<Vec<(Way, Score)>>, exact: Option<(Term, Score)>) -> Self {
        let words = words.into_iter().map(|mut ways| {
            ways.sort_by(|a, b| a.1.total_cmp(&b.1));
            Word(ways)
        });
        Self { words: words.collect(), exact }
    }

    /// Whether it finds a document of a segment that `sees` lets through. Of one word the first such document is enough; with
    /// several all are found first.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn finds(&self, reader: &SegmentReader, sees: impl Fn(DocId) -> bool) -> tantivy::Result<bool> {
        let [word] = &*self.words else { return Ok(any(&mut *self.scorer(reader, 1.0)?, &sees)) };
        for (_, occurrences) in word.occurrences(reader)? {
            let found = match occurrences {
                Occurrences::Documents(mut documents) => any(&mut *documents, &sees),
                Occurrences::Terms(index, terms) => {
                    let mut found = false;
                    for term in terms {
                        found = found || any(&mut index.read_postings_from_terminfo(&term, IndexRecordOption::Basic)?, &sees);
                    }
                    found
                }
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn found(&self, reader: &SegmentReader) -> tantivy::Result<Vec<(DocId, Score)>> {
        // What is nowhere is known before anything is read.
        let mut occurrences = Vec::new();
        for word in self.words.iter() {
            let ways = word.occurrences(reader)?;
            if ways.is_empty() {
                return Ok(Vec::new());
            }
            occurrences.push(ways);
        }
        let words: Vec<Levels> = occurrences.into_iter().map(|ways| Levels::of(ways, reader.max_doc())).collect::<tantivy::Result<_>>()?;
        let scores = |doc: DocId| self.words.iter().zip(&words).map(|(word, levels)| word.score(levels.at(doc))).sum();
        Ok(Levels::all(&words).into_iter().map(|doc| (doc, scores(doc))).collect())
    }

    /// What has the exact name, beside what has all words.
    fn named(&self, reader: &SegmentReader, found: &mut Vec<(DocId, Score)>) -> tantivy::Result<()> {
        let Some((term, score)) = &self.exact else { return Ok(()) };
        let Some(mut named) = reader.inverted_index(term.field())?.read_postings(term, IndexRecordOption::Basic)? else { return Ok(()) };
        let worded = found.len();
        while named.doc() != TERMINATED {
            match found[..worded].binary_search_by_key(&named.doc(), |(doc, _)| *doc) {
                Ok(at) => found[at].1 += score,
                Err(_) => found.push((named.doc(), *score)),
            }
            named.advance();
        }
        if found.len() > worded {
            found.sort_unstable_by_key(|(doc, _)| *doc);
        }
        Ok(())
    }
}

impl Query for Worded {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Worded {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut found = self.found(reader)?;
        self.named(reader, &mut found)?;
        Ok(if found.is_empty() { Box::new(EmptyScorer) } else { Box::new(Found { found, at: 0, boost }) })
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        let score = if scorer.seek(doc) == doc { scorer.score() } else { 0.0 };
        Ok(Explanation::new("the best way of each word", score))
    }
}

impl Word {
    /// Where each way occurs, if it does, with its place among the ways from 1.
    fn occurrences(&self, reader: &SegmentReader) -> tantivy::Result<Vec<(u8, Occurrences)>> {
        let mut found = Vec::new();
        for (level, (way, _)) in (1..=u8::MAX).zip(&self.0) {
            found.extend(way.occurrences(reader)?.map(|occurrences| (level, occurrences)));
        }
        Ok(found)
    }

    fn score(&self, level: u8) -> Score {
        usize::from(level).checked_sub(1).and_then(|at| self.0.get(at)).map_or(0.0, |(_, score)| *score)
    }
}

/// Whether it has a document that `sees` lets through.
fn any(documents: &mut (impl DocSet + ?Sized), sees: &impl Fn(DocId) -> bool) -> bool {
    while documents.doc() != TERMINATED && !sees(documents.doc()) {
        documents.advance();
    }
    documents.doc() != TERMINATED
}

/// Where a way occurs in a segment.
pub(super) enum Occurrences {
    Terms(Arc<InvertedIndexReader>, Vec<TermInfo>),
    Documents(Box<dyn Scorer>),
}

impl Way {
    fn occurrences(&self, reader: &SegmentReader) -> tantivy::Result<Option<Occurrences>> {
        let (field, terms) = match self {
            Self::Row(row) => {
                let rows = row.weight(EnableScoring::disabled_from_schema(reader.schema()))?.scorer(reader, 1.0)?;
                return Ok((rows.doc() != TERMINATED).then_some(Occurrences::Documents(rows)));
            }
            Self::Whole(term) => (term.field(), reader.inverted_index(term.field())?.get_term_info(term)?.into_iter().collect()),
            Self::Beginning(term) => (term.field(), beginning(reader, term)?),
            Self::Like(field, like) => (*field, like.known(reader, *field)?.iter().map(|(_, term)| term.clone()).collect()),
        };
        Ok(if terms.is_empty() { None } else { Some(Occurrences::Terms(reader.inverted_index(field)?, terms)) })
    }
}

/// Words with this beginning, which stand side by side.
fn beginning(reader: &SegmentReader, term: &Term) -> tantivy::Result<Vec<TermInfo>> {
    let start = term.serialized_value_bytes();
    let mut end = start.to_vec();
    // No byte of a text is the highest one.
    end.last_mut().into_iter().for_each(|last| *last += 1);
    let index = reader.inverted_index(term.field())?;
    let mut stream = index.terms().range().ge(start).lt(end).into_stream()?;
    let mut terms = Vec::new();
    while stream.advance() {
        terms.push(stream.value().clone());
    }
    Ok(terms)
}

/// What was found in a segment, in the order of its documents; never nothing.
struct Found {
    found: Vec<(DocId, Score)>,
    at: usize,
    boost: Score,
}

impl DocSet for Found {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let rest = self.found.get(self.at..).unwrap_or_default();
        self.at += rest.partition_point(|(doc, _)| *doc < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.found.get(self.at).map_or(TERMINATED, |(doc, _)| *doc)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.found.len()).unwrap_or(u32::MAX)
    }
}

impl Scorer for Found {
    fn score(&mut self) -> Score {
        self.found.get(self.at).map_or(0.0, |(_, score)| score * self.boost)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tantivy::collector::DocSetCollector;
    use tantivy::query::{BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, TermQuery};
    use tantivy::schema::{STRING, Schema, TEXT};
    use tantivy::{Index, Searcher, TantivyDocument};

    use super::*;
    use crate::search::like::Likes;
    use crate::search::terms::read;

    /// Sets of letters as words, so that every beginning and many mistakes occur.
    fn word(mut number: u64) -> String {
        let mut word = String::new();
        while word.len() < 4 || !number.is_multiple_of(7) {
            word.push(char::from(b'a' + u8::try_from(number % 3).unwrap()));
            number = number / 3 + 5 * word.len() as u64;
        }
        word
    }

    /// What a query finds, with its scores, in a segment.
    fn scores(query: &dyn Query, searcher: &Searcher) -> Vec<BTreeMap<DocId, i64>> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(searcher)).unwrap();
        let of = |reader: &SegmentReader| {
            let mut found = BTreeMap::new();
            let mut add = |doc: DocId, score: Score| {
                found.insert(doc, (score * 100.0).round() as i64);
            };
            weight.for_each(reader, &mut add).unwrap();
            found
        };
        searcher.segment_readers().iter().map(of).collect()
    }

    /// The same as the index itself puts it together.
    fn theirs([title, summary, exact]: [Field; 3], first: &str, second: &str) -> BooleanQuery {
        let text = |field: Field, word: &str| Term::from_field_text(field, word);
        let scored = |query: Box<dyn Query>, score: f32| -> Box<dyn Query> { Box::new(ConstScoreQuery::new(query, score)) };
        let term = |field, word: &str| -> Box<dyn Query> { Box::new(TermQuery::new(text(field, word), IndexRecordOption::Basic)) };
        let mut all: [Vec<Box<dyn Query>>; 2] = [Vec::new(), Vec::new()];
        for (field, weight) in [(title, 8.0), (summary, 2.0)] {
            all[0].push(scored(term(field, first), 100.0 + weight));
            all[0].push(scored(Box::new(FuzzyTermQuery::new_prefix(text(field, &first[..3]), 0, true)), 60.0 + weight));
            let mistakes = if second.len() < 8 { 1 } else { 2 };
            all[1].push(scored(Box::new(FuzzyTermQuery::new(text(field, second), mistakes, true)), weight));
            all[1].push(scored(Box::new(PhraseQuery::new(vec![text(field, first), text(field, second)])), 200.0 + weight));
        }
        let all = all.map(|ways| (Occur::Must, Box::new(DisjunctionMaxQuery::new(ways)) as Box<dyn Query>));
        let both: Box<dyn Query> = Box::new(BooleanQuery::new(all.into_iter().collect()));
        BooleanQuery::new(vec![(Occur::Should, both), (Occur::Should, scored(term(exact, first), 1_000.0))])
    }

    #[test]
    fn it_finds_what_the_index_itself_would_find_with_the_same_scores() {
        let mut schema = Schema::builder();
        let (title, summary, exact) =
            (schema.add_text_field("title", TEXT), schema.add_text_field("summary", TEXT), schema.add_text_field("exact", STRING));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 20_000_000).unwrap();
        for number in 0..3_000_u64 {
            let text = |from: u64, words: u64| (0..words).map(|at| word(number * 7 + from + at * 13)).collect::<Vec<_>>().join(" ");
            let mut document = TantivyDocument::default();
            document.add_text(title, text(1, 3));
            document.add_text(summary, text(5, 9));
            document.add_text(exact, word(number % 90));
            writer.add_document(document).unwrap();
            if number == 1_700 {
                writer.commit().unwrap();
            }
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        assert_eq!(searcher.segment_readers().len(), 2);
        let mut most = 0;
        for number in 0..60_u64 {
            let (first, second) = (word(number), word(number * 31 + 2));
            let text = |field: Field, word: &str| Term::from_field_text(field, word);
            let like = Likes::default().to(&read(&format!("{second} ")).pieces[0]).unwrap();
            let ways = |field: Field, weight: f32| {
                let row = PhraseQuery::new(vec![text(field, &first), text(field, &second)]);
                [
                    vec![(Way::Whole(text(field, &first)), 100.0 + weight), (Way::Beginning(text(field, &first[..3])), 60.0 + weight)],
                    vec![(Way::Like(field, Arc::clone(&like)), weight), (Way::Row(row), 200.0 + weight)],
                ]
            };
            let [titles, summaries] = [ways(title, 8.0), ways(summary, 2.0)];
            let words = titles.into_iter().zip(summaries).map(|(one, other)| one.into_iter().chain(other).collect()).collect();
            let ours = Worded::new(words, Some((text(exact, &first), 1_000.0)));
            let theirs = theirs([title, summary, exact], &first, &second);
            assert_eq!(scores(&ours, &searcher), scores(&theirs, &searcher), "{first} {second}");
            let found = searcher.search(&ours, &DocSetCollector).unwrap();
            assert_eq!(found, searcher.search(&theirs, &DocSetCollector).unwrap());
            most = most.max(found.len());
        }
        assert!(most > 100, "the words say nothing: {most}");
    }
}
