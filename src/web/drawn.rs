//! Whole pages as visitors got them, for the next visitor who asks for the same.
//!
//! A page is kept under what it was drawn from, so it is never shown again once that has changed: a list under its view of the
//! catalogue, an algorithm's page under the sheet it was drawn from. No page is kept that was drawn for a member, or that says
//! something to one person alone, so no page of one viewer reaches another. What members find is kept without the frame around it,
//! for those who find exactly the same.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use askama::Template;
use chrono_tz::Tz;
use moka::sync::Cache;

use super::failure::Result;
use crate::error::Error;

/// Bytes of pages that are kept.
const BYTES: u64 = 16 << 20;
/// Bytes of what members find.
const PART_BYTES: u64 = 8 << 20;
/// How long a page is kept at most: it says how long ago things were.
const LONGEST: Duration = Duration::from_secs(20);

/// What a page was drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The catalogue as [`crate::search::Results::moment`] says.
    Catalogue(u64),
    /// An algorithm as [`super::kept::Sheet::number`] says.
    Sheet(u64),
}

/// All that a visitor's page depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shown {
    pub(super) source: Source,
    /// Path and query.
    pub(super) address: String,
    pub(super) theme: &'static str,
    pub(super) tz: Tz,
    /// htmx asks for a part of it.
    pub(super) partial: bool,
}

/// What [`crate::search::Results::number`] says, and the zone that times are shown in.
type Answer = (u64, Tz);

/// Bounded memory of one process.
pub struct Drawn {
    pages: Cache<Shown, Bytes>,
    parts: Cache<Answer, Arc<str>>,
}

impl Drawn {
    /// Empty.
    pub fn new() -> Self {
        let weight = |shown: &Shown, page: &Bytes| u32::try_from(page.len() + shown.address.len() + 200).unwrap_or(u32::MAX);
        let pages = Cache::builder().weigher(weight).max_capacity(BYTES).time_to_live(LONGEST).build();
        let weight = |_: &Answer, part: &Arc<str>| u32::try_from(part.len() + 200).unwrap_or(u32::MAX);
        Self { pages, parts: Cache::builder().weigher(weight).max_capacity(PART_BYTES).time_to_live(LONGEST).build() }
    }

    /// What was found, as HTML; drawn the first time.
    ///
    /// # Errors
    /// Only when the template cannot be drawn.
    pub fn part<T: Template>(&self, answer: Answer, template: impl FnOnce() -> T) -> Result<Arc<str>> {
        if let Some(part) = self.parts.get(&answer) {
            return Ok(part);
        }
        let part: Arc<str> = draw(&template())?.into();
        self.parts.insert(answer, Arc::clone(&part));
        Ok(part)
    }

    pub(super) fn get(&self, shown: &Shown) -> Option<Bytes> {
        self.pages.get(shown)
    }

    pub(super) fn keep(&self, shown: Shown, page: Bytes) {
        self.pages.insert(shown, page);
    }
}

impl Default for Drawn {
    fn default() -> Self {
        Self::new()
    }
}

/// As text.
///
/// # Errors
/// Only when the template cannot be drawn.
pub(super) fn draw(page: &impl Template) -> Result<String> {
    // Most pages are larger than the template alone says.
    let mut body = String::with_capacity(32 << 10);
    page.render_into(&mut body).map_err(Error::internal)?;
    Ok(body)
}
