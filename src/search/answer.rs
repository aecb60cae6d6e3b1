use std::sync::Arc;

use tantivy::query::AllQuery;

use super::card::Card;
use super::facets::{self, Choice, Facet};
use super::gather::{Gather, Gathered};
use super::loosen::{self, Loosening};
use super::marks::{self, Stretch};
use super::matching::{self, Words};
use super::nearest::{self, Meant};
use super::query::{PAGE, Query};
use super::sight::{self, Sight};
use super::tally;
use super::terms::Piece;
use super::view::View;
use super::worded::Worded;
use crate::algorithms::Reader;
use crate::db::Db;
use crate::error::Result;

/// A page of what was found.
#[derive(Clone)]
pub struct Results {
    cards: Arc<[Card]>,
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
    /// What was probably meant, when nothing was found as it was typed.
    pub meant: Option<Meant>,
    /// What was asked.
    pub query: Query,
    /// Names the catalogue as it was when this was found: what was found with the same number is of the same moment.
    pub moment: u64,
    /// Names this answer: what was found with the same number is the same.
    pub number: u64,
    /// The index does not hold all algorithms yet.
    pub building: bool,
    /// Words like those that were typed count as well.
    forgiving: bool,
    choices: Arc<[Vec<Choice>; Facet::ALL.len()]>,
}

impl Results {
    /// The algorithms of this page.
    pub fn cards(&self) -> impl ExactSizeIterator<Item = &Card> {
        self.cards.iter()
    }

    /// The values of a facet; each counts what all other facets let through.
    pub fn choices(&self, facet: Facet) -> &[Choice] {
        &self.choices[facet as usize]
    }

    /// The place of the first algorithm of this page among all, from 1; 0 when there is none.
    pub fn first(&self) -> usize {
        if self.cards.is_empty() { 0 } else { (self.page - 1) * PAGE + 1 }
    }

    /// The place of the last one.
    pub fn last(&self) -> usize {
        (self.page - 1) * PAGE + self.cards.len()
    }

    /// A title or summary in stretches: what was looked for, and the rest.
    pub fn marked<'a>(&self, text: &'a str) -> Vec<Stretch<'a>> {
        marks::stretches(&self.query, text, self.forgiving)
    }

    /// The same without what is hidden by now, when the index does not hold all that was announced.
    ///
    /// # Errors
    /// Only the database's.
    pub(super) fn now(self, db: &Db, reader: Reader) -> Result<Self> {
        let cards = sight::found_now(db, reader, &self.cards)?.into();
        // Of no moment that comes again: nothing that is drawn of it is shown twice.
        Ok(Self { cards, building: true, moment: View::next_number(), number: View::next_number(), ..self })
    }

    /// Bytes, about.
    pub(super) fn size(&self) -> usize {
        let choices: usize = self.choices.iter().map(|choices| choices.len() * 160).sum();
        2_000 + self.cards.len() * 800 + choices
    }
}

impl View {
    /// The answer to a query.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn answer(&self, sight: &Arc<Sight>, query: &Query, visible: usize) -> Result<Results> {
        let most = query.page.saturating_mul(PAGE);
        let mut found = self.gathered(sight, query, most.min(DEEPEST))?;
        let pages = found.total.div_ceil(PAGE).max(1);
        let page = query.page.min(pages);
        if (page * PAGE).min(found.total) > found.first.len() || most > DEEPEST {
            found = self.gathered(sight, query, page * PAGE)?;
        }
        let addresses = found.first.iter().skip((page - 1) * PAGE).take(PAGE);
        let cards = addresses.map(|(_, address)| self.card(*address)).collect::<Result<_>>()?;
        let choices = Facet::ALL.map(|facet| facets::choices(facet, query, &found.counted[facet as usize]));
        let loosenings = if found.total == 0 { loosen::ways(self, sight, query)? } else { Vec::new() };
        let meant = if found.typed == 0 && matching::can_forgive(query) { nearest::meant(self, sight, query)? } else { None };
        Ok(Results {
            cards,
            total: found.total,
            page,
            pages,
            visible,
            loosenings,
            meant,
            query: query.clone(),
            moment: self.number,
            number: Self::next_number(),
            building: self.mark.is_building(),
            forgiving: found.forgiving,
            choices: Arc::new(choices),
        })
    }

    /// What a query finds, with words like those that were typed when these find less than a page.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn gathered(&self, sight: &Arc<Sight>, query: &Query, most: usize) -> Result<Gathered> {
        if let Some(mut gathered) = tally::gathered(self, sight, query, most)? {
            if gathered.first.len() < most.min(gathered.total) {
                gathered.first = self.searcher.search(&AllQuery, &Gather::first(self, sight, query, most))?.first;
            }
            return Ok(gathered);
        }
        self.pass(sight, query, || Gather::new(self, sight, query, most))
    }

    /// How many a query finds.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn total(&self, sight: &Arc<Sight>, query: &Query) -> Result<usize> {
        let tallied = tally::gathered(self, sight, query, 0)?;
        let gathered = tallied.map_or_else(|| self.pass(sight, query, || Gather::total(self, sight, query)), Ok)?;
        Ok(gathered.total)
    }

    fn pass<'a>(&'a self, sight: &Sight, query: &Query, gather: impl Fn() -> Gather<'a>) -> Result<Gathered> {
        let found = |words: &dyn Fn(&Piece) -> Words| self.searcher.search(&matching::matches(self, query, words), &gather());
        let typed = found(&|_| Words::AsTyped)?;
        let forgivable: Vec<&Piece> = query.pieces.iter().filter(|piece| piece.mistakes() > 0).collect();
        if typed.worded >= PAGE || forgivable.is_empty() {
            return Ok(typed);
        }
        // The mistake is in a word that occurs nowhere, as far as the reader may see: not even this may tell of what is hidden.
        let unknown = self.unknown(sight, &forgivable)?;
        if !unknown.is_empty() && unknown.len() < forgivable.len() {
            let forgiven = found(&|piece| if unknown.contains(&piece) { Words::Forgiving } else { Words::AsTyped })?;
            if forgiven.worded >= PAGE {
                return Ok(Gathered { typed: typed.worded, forgiving: true, ..forgiven });
            }
        }
        let forgiven = found(&|_| Words::Forgiving)?;
        Ok(Gathered { typed: typed.worded, forgiving: true, ..forgiven })
    }

    /// Those of these words that occur in nothing that the reader may see.
    fn unknown<'p>(&self, sight: &Sight, pieces: &[&'p Piece]) -> Result<Vec<&'p Piece>> {
        let mut unknown = Vec::new();
        for piece in pieces {
            if !self.has(sight, &matching::one(self, piece))? {
                unknown.push(*piece);
            }
        }
        Ok(unknown)
    }

    /// How many a query finds with words as they were typed.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn typed(&self, sight: &Arc<Sight>, query: &Query) -> Result<usize> {
        Ok(self.searcher.search(&matching::matches(self, query, |_| Words::AsTyped), &Gather::total(self, sight, query))?.total)
    }

    /// Whether a query finds anything with words as they were typed.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn finds(&self, sight: &Arc<Sight>, query: &Query) -> Result<bool> {
        if query.narrowed().next().is_some() {
            return Ok(self.typed(sight, query)? > 0);
        }
        self.has(sight, &matching::all(self, query, |_| Words::AsTyped))
    }

    fn has(&self, sight: &Sight, words: &Worded) -> Result<bool> {
        for (segment, reader) in self.segments() {
            if words.finds(reader, |doc| !reader.is_deleted(doc) && sight.sees(segment, doc))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Places that are kept at once: of a page beyond the end it is only known afterwards which one it is.
const DEEPEST: usize = 100 * PAGE;
