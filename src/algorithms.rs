//! Algorithms: what stands in the gallery, and who may see it.

mod access;
mod change;
mod shelves;

pub use access::{Access, Mine, Reader, Ties, find, judge, judge_with, readable, standing};
pub use change::{allowed, announce, set_listing, set_visibility, touch};
pub use shelves::{Favorite, Released, favorites, favorites_count, released, released_count};

use diesel::prelude::*;

use crate::clock::Time;
use crate::schema::algorithms;
use crate::users::Topic;

crate::text_enum! {
    /// Who may see an algorithm.
    pub enum Visibility { Public = "public" / "Public", Users = "users" / "Specific users", Private = "private" / "Only to me" }
}

crate::text_enum! {
    /// Whether it stands in the market.
    pub enum Listing { Draft = "draft" / "Draft", Listed = "listed" / "Listed", Delisted = "delisted" / "Delisted" }
}

/// A row of `algorithms`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = algorithms)]
pub struct Algorithm {
    /// In no URL: those have publisher and name.
    pub id: i64,
    /// Whose it is.
    pub publisher_id: i64,
    /// In URLs; never changes.
    pub name: String,
    /// On the screen.
    pub title: String,
    /// One line.
    pub summary: String,
    /// Markdown; empty: the newest version's README.
    pub description: String,
    /// Markdown: what you get.
    pub delivery: String,
    /// Markdown: what you may not do or expect.
    pub restrictions: String,
    /// What it does, such as "Tabular classification".
    pub task: String,
    /// Such as "scikit-learn".
    pub framework: String,
    /// SPDX expression, or the publisher's words.
    pub license: String,
    /// Whether everybody may read and download the code.
    pub open_source: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whether it stands in the market.
    pub state: Listing,
    /// Number of the newest version that is not withdrawn.
    pub newest: Option<String>,
    /// Whether that version has constraints to accept.
    pub constrained: bool,
    /// `none` or `gpu`.
    pub accelerator: String,
    /// Whether it runs on several nodes.
    pub distributed: bool,
    /// Active subscriptions of others than its publisher.
    pub subscribers: i64,
    /// Members who like it.
    pub likes: i64,
    /// Jobs that completed.
    pub completed: i64,
    /// Jobs that failed.
    pub failed: i64,
    /// Logarithm of its recent subscriptions, comparable at any time.
    pub trend: f64,
    /// First published.
    pub created_at: Time,
    /// Last published or edited.
    pub updated_at: Time,
    /// When anything that lists show last changed, or a comment, other than by an import.
    pub touched_at: Time,
    /// How often a counter or a comment has changed.
    pub touches: i64,
    /// The catalogue's sequence when it was last announced.
    pub announced: i64,
}

impl Algorithm {
    /// As far as it matters to who is tied to it.
    pub fn topic(&self) -> Topic {
        Topic { algorithm: self.id, publisher: self.publisher_id }
    }
}

/// Tasks as they are stored, each by itself: publishers name several with commas between them.
pub fn each_task(stored: &str) -> impl Iterator<Item = &str> {
    stored.split(',').map(str::trim).filter(|task| !task.is_empty())
}

impl Algorithm {
    /// What it does, each by itself.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        each_task(&self.task)
    }

    /// Share of finished jobs that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        let finished = self.completed + self.failed;
        #[allow(clippy::cast_precision_loss)] // exact up to 2^53 jobs
        (finished > 0).then(|| self.completed as f64 / finished as f64)
    }
}
