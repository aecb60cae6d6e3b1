use std::collections::HashSet;

use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::{TantivyDocument, Term};

use super::card::{Card, Entry, Seen};
use super::facets::{Facet, key};
use super::words;
use crate::clock::Time;
use crate::error::{Error, Result};

/// Moves with every change of what is in the index or how: an index of another version is made anew.
pub(super) const VERSION: u32 = 5;

/// What stands for a task or framework that nobody named; found by nobody either.
const UNSTATED: &str = "Other";

/// Letters of a description that are looked at.
pub(super) const DESCRIPTION: u16 = 4_000;

/// Between a value's key and how it is written, in the column of a facet: values of one key stand side by side.
pub(super) const BETWEEN: char = '\u{1f}';
/// Between the values of what has several of a facet: they make one number together, which stands for each of them.
pub(super) const AND: char = '\u{1e}';

/// What is looked up in, and how much a hit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Title,
    Name,
    Publisher,
    Purpose,
    Summary,
    Description,
}

impl Text {
    pub(super) const ALL: [Self; 6] = [Self::Title, Self::Name, Self::Publisher, Self::Purpose, Self::Summary, Self::Description];

    pub(super) const fn weight(self) -> f32 {
        match self {
            Self::Title => 8.0,
            Self::Name => 7.0,
            Self::Publisher => 4.0,
            Self::Purpose => 3.0,
            Self::Summary => 2.0,
            Self::Description => 1.0,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Name => "name",
            Self::Publisher => "by",
            Self::Purpose => "purpose",
            Self::Summary => "summary",
            Self::Description => "description",
        }
    }
}

/// Numbers that are compared without asking the index: they lie side by side.
pub(super) mod column {
    pub const SEEN: &str = "seen";
    pub const OWNER: &str = "owner";
    pub const ID: &str = "id";
    pub const SUBSCRIBERS: &str = "subscribers";
    pub const LIKES: &str = "likes";
    pub const TREND: &str = "trend";
    pub const UPDATED: &str = "updated";
    pub const CREATED: &str = "created";
    pub const TOUCHES: &str = "touches";
    pub const ANNOUNCED: &str = "announced";
    pub const WORTH: &str = "worth";
}

/// The fields of the index.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    pub(super) id: Field,
    pub(super) card: Field,
    pub(super) exact: Field,
    /// Beginnings of title and name; of the publisher; of everything else.
    pub(super) begins: [Field; 3],
    /// The publisher of what not everybody sees.
    pub(super) hidden_of: Field,
    pub(super) handle: Field,
    texts: [Field; Text::ALL.len()],
    facets: [Field; Facet::ALL.len()],
    numbers: Vec<Field>,
}

const NUMBERS: [&str; 10] = [
    column::SEEN,
    column::OWNER,
    column::SUBSCRIBERS,
    column::LIKES,
    column::TREND,
    column::UPDATED,
    column::CREATED,
    column::TOUCHES,
    column::ANNOUNCED,
    column::WORTH,
];

/// Of a facet's column.
pub(super) fn facet_column(facet: Facet) -> String {
    format!("facet_{}", facet as usize)
}

impl Fields {
    pub(super) fn new() -> Self {
        let mut schema = Schema::builder();
        let words =
            TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false).set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let words = TextOptions::default().set_indexing_options(words);
        let id = schema.add_u64_field(column::ID, INDEXED | FAST);
        let card = schema.add_bytes_field("card", STORED);
        let exact = schema.add_text_field("exact", STRING);
        let begins =
            [schema.add_text_field("begins", STRING), schema.add_text_field("begins_by", STRING), schema.add_text_field("begins_else", STRING)];
        let hidden_of = schema.add_u64_field("hidden_of", INDEXED);
        let handle = schema.add_text_field("handle", STRING);
        let texts = Text::ALL.map(|text| schema.add_text_field(text.name(), words.clone()));
        let column = TextOptions::default().set_fast("raw");
        let facets = Facet::ALL.map(|facet| schema.add_text_field(&facet_column(facet), column.clone()));
        let numbers = NUMBERS.iter().map(|name| schema.add_u64_field(name, FAST)).collect();
        Self { schema: schema.build(), id, card, exact, begins, hidden_of, handle, texts, facets, numbers }
    }

    pub(super) fn text(&self, text: Text) -> Field {
        self.texts[text as usize]
    }

    /// What an algorithm's document is found by.
    #[allow(clippy::cast_sign_loss)] // ids are positive
    pub(super) fn key(&self, id: i64) -> Term {
        Term::from_field_u64(self.id, id as u64)
    }

    /// What the hidden algorithms of a publisher are found by.
    #[allow(clippy::cast_sign_loss)]
    pub(super) fn hidden_of(&self, publisher: i64) -> Term {
        Term::from_field_u64(self.hidden_of, publisher as u64)
    }

    /// The document of an algorithm; `None` when nobody finds it.
    ///
    /// # Errors
    /// None that is known.
    #[allow(clippy::cast_sign_loss)]
    pub(super) fn document(&self, entry: Entry) -> Result<Option<TantivyDocument>> {
        let Some(seen) = entry.about.seen() else { return Ok(None) };
        let Entry { about, counters, description } = entry;
        let mut document = TantivyDocument::default();
        document.add_u64(self.id, about.id as u64);
        document.add_text(self.handle, &about.publisher.handle);
        if seen != Seen::All {
            document.add_u64(self.hidden_of, about.publisher_id as u64);
        }
        let mut names =
            vec![words::squashed(&about.title), words::squashed(&about.name), words::squashed(&format!("{}{}", about.publisher.handle, about.name))];
        names.dedup();
        names.iter().filter(|name| !name.is_empty()).for_each(|name| document.add_text(self.exact, name));
        let stated = about.tasks().chain([&*about.framework]).filter(|text| *text != UNSTATED);
        let shortened = description.char_indices().nth(usize::from(DESCRIPTION)).map_or(&*description, |(end, _)| &description[..end]);
        let texts: [Vec<&str>; 6] = [
            vec![&about.title],
            vec![&about.name],
            vec![&about.publisher.handle, &about.publisher.name],
            stated.collect(),
            vec![&about.summary],
            vec![shortened],
        ];
        for (field, texts) in self.begins.into_iter().zip([&texts[..2], &texts[2..3], &texts[3..]]) {
            words::beginnings(texts.iter().flatten().copied()).iter().for_each(|word| document.add_text(field, word));
        }
        for (field, texts) in self.texts.into_iter().zip(&texts) {
            texts.iter().for_each(|text| document.add_pre_tokenized_text(field, words::tokens(text)));
        }
        for (facet, field) in Facet::ALL.into_iter().zip(self.facets) {
            document.add_text(field, number(facet, &facet.values(&about)));
        }
        let numbers = numbers(&about, &counters, seen);
        self.numbers.iter().zip(numbers).for_each(|(field, number)| document.add_u64(*field, number));
        document.add_bytes(self.card, &serde_json::to_vec(&Card { about, counters }).map_err(Error::internal)?);
        Ok(Some(document))
    }
}

/// What becomes a number in the column of a facet.
fn number(facet: Facet, values: &[&str]) -> String {
    match facet {
        Facet::Publisher => values.concat(),
        _ => {
            let mut seen = HashSet::new();
            let different = values.iter().map(|text| (key(text), text)).filter(|(key, _)| seen.insert(key.clone()));
            different.map(|(key, text)| format!("{key}{BETWEEN}{text}")).collect::<Vec<_>>().join(AND.encode_utf8(&mut [0; 4]))
        }
    }
}

#[allow(clippy::cast_sign_loss)] // none of them is negative
fn numbers(about: &super::About, counters: &super::Counters, seen: Seen) -> [u64; 10] {
    [
        seen as u64,
        about.publisher_id as u64,
        counters.subscribers.max(0) as u64,
        counters.likes.max(0) as u64,
        ordered(counters.trend),
        moment(about.updated_at),
        moment(about.created_at),
        counters.touches.max(0) as u64,
        about.announced.max(0) as u64,
        worth(counters),
    ]
}

/// A moment as a number that is larger the later it is; exact.
#[allow(clippy::cast_sign_loss)]
pub(super) fn moment(at: Time) -> u64 {
    at.and_utc().timestamp_micros().max(0) as u64
}

/// A number whose order is that of the figures.
fn ordered(figure: f64) -> u64 {
    let bits = figure.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// What use says of an algorithm, from 0 to 1,000: subscribers most, then completed runs and how many of them there are to one that fails.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn worth(counters: &super::Counters) -> u64 {
    // Ten thousand subscribers or a hundred thousand runs are as good as any more.
    let share = |count: i64, most: f64| ((count.max(0) as f64).ln_1p() / most.ln_1p()).min(1.0);
    // As if there had been two good runs and two bad ones: the first run proves little.
    let success = (counters.completed.max(0) as f64 + 2.0) / (counters.completed.max(0) + counters.failed.max(0) + 4) as f64;
    (650.0 * share(counters.subscribers, 10_000.0) + 200.0 * share(counters.completed, 100_000.0) + 150.0 * success) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_their_order() {
        let figures = [f64::MIN, -2.5, -0.1, 0.0, 0.1, 2.5, f64::MAX];
        assert!(figures.map(ordered).is_sorted());
    }
}
