use diesel::prelude::*;

use crate::algorithms::{Listing, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::publishers::Kind;
use crate::schema::{algorithms, publishers};

/// What a list shows of an algorithm that changes only when it is announced.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = algorithms)]
pub struct About {
    /// The algorithm's id.
    pub id: i64,
    /// Whose it is.
    pub publisher_id: i64,
    /// In URLs.
    pub name: String,
    /// On the screen.
    pub title: String,
    /// One line.
    pub summary: String,
    /// What it does.
    pub task: String,
    /// With what.
    pub framework: String,
    /// SPDX expression, or words.
    pub license: String,
    /// Whether everybody may read the code.
    pub open_source: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whether it stands in the market.
    pub state: Listing,
    /// The newest version; `None` when all are withdrawn.
    pub newest: Option<String>,
    /// Whether that one has constraints.
    pub constrained: bool,
    /// `none` or `gpu`.
    pub accelerator: String,
    /// Whether it runs on several nodes.
    pub distributed: bool,
    /// First published.
    pub created_at: Time,
    /// Last published or edited.
    pub updated_at: Time,
    /// The catalogue's sequence when this was last announced.
    pub announced: i64,
    /// Whose it is.
    #[diesel(embed)]
    pub publisher: Owner,
}

/// What a list shows of a publisher.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = publishers)]
pub struct Owner {
    /// In URLs.
    pub handle: String,
    /// On the screen.
    pub name: String,
    /// A person or an organisation.
    pub kind: Kind,
    /// Released by the operator of this gallery.
    pub official: bool,
    /// Nothing of theirs stands in the market since.
    pub suspended_at: Option<Time>,
}

impl About {
    /// Its own publishers find it, a draft too.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.state, Listing::Listed | Listing::Draft) && self.publisher.suspended_at.is_none()
    }

    /// Stands in the market, for whoever may see it.
    pub(super) fn stands(&self) -> bool {
        self.state == Listing::Listed && self.publisher.suspended_at.is_none()
    }
}

/// What changes with use.
#[derive(Debug, Clone, Copy, PartialEq, Queryable, Selectable)]
#[diesel(table_name = algorithms)]
pub struct Counters {
    /// Active subscriptions.
    pub subscribers: i64,
    /// Members who like it.
    pub likes: i64,
    /// Jobs that completed.
    pub completed: i64,
    /// Jobs that failed.
    pub failed: i64,
    /// Logarithm of its recent subscriptions.
    pub trend: f64,
    /// When any of these, or a comment, last changed.
    pub touched_at: Time,
}

impl Counters {
    /// Share of finished jobs that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        let finished = self.completed + self.failed;
        #[allow(clippy::cast_precision_loss)] // exact up to 2^53 jobs
        (finished > 0).then(|| self.completed as f64 / finished as f64)
    }
}

/// An algorithm in a list.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// What it is.
    pub about: &'a About,
    /// How it is used.
    pub counters: &'a Counters,
}

impl Card<'_> {
    /// Of its details.
    pub fn path(&self) -> String {
        format!("/algorithms/{}/{}", self.about.publisher.handle, self.about.name)
    }
}

/// Every algorithm that was announced after `sequence`, by id.
pub(super) fn announced_after(conn: &mut Conn, sequence: i64) -> Result<Vec<(About, Counters)>> {
    let changed = algorithms::table.inner_join(publishers::table).filter(algorithms::announced.gt(sequence));
    Ok(changed.order(algorithms::id).select((About::as_select(), Counters::as_select())).load(conn)?)
}

/// The counters of every algorithm that was touched since.
pub(super) fn touched_since(conn: &mut Conn, since: Time) -> Result<Vec<(i64, Counters)>> {
    let touched = algorithms::table.filter(algorithms::touched_at.ge(since)).order(algorithms::id);
    Ok(touched.select((algorithms::id, Counters::as_select())).load(conn)?)
}
