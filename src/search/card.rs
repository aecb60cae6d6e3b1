use std::collections::HashMap;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::fields::DESCRIPTION;
use crate::algorithms::{Listing, Visibility, each_task};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::publishers::Kind;
use crate::schema::{algorithms, publishers, versions};

/// What a list shows of an algorithm that changes only when it is announced.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
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

/// Who finds an algorithm, from the most to the fewest. In the index it is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    /// Whoever comes.
    All = 0,
    /// Its publishers and those it names.
    Named = 1,
    /// Its publishers.
    Own = 2,
}

impl About {
    /// What it does, each by itself.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        each_task(&self.task)
    }

    /// `None`: nobody finds it.
    pub(super) fn seen(&self) -> Option<Seen> {
        match (self.state, self.visibility) {
            _ if self.publisher.suspended_at.is_some() => None,
            (Listing::Listed, Visibility::Public) => Some(Seen::All),
            (Listing::Listed, Visibility::Users) => Some(Seen::Named),
            (Listing::Listed | Listing::Draft, _) => Some(Seen::Own),
            (Listing::Delisted, _) => None,
        }
    }
}

/// What changes with use.
#[derive(Debug, Clone, Copy, PartialEq, Queryable, Selectable, Serialize, Deserialize)]
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
    /// How often any of these, or a comment, has changed.
    pub touches: i64,
}

impl Counters {
    /// Share of finished jobs that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        let finished = self.completed + self.failed;
        #[allow(clippy::cast_precision_loss)] // exact up to 2^53 jobs
        (finished > 0).then(|| self.completed as f64 / finished as f64)
    }
}

/// An algorithm in a list, as the index keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Card {
    /// What it is.
    pub about: About,
    /// How it is used.
    pub counters: Counters,
}

impl Card {
    /// Of its details.
    pub fn path(&self) -> String {
        format!("/algorithms/{}/{}", self.about.publisher.handle, self.about.name)
    }
}

/// All that the index is made from.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = algorithms)]
pub(super) struct Entry {
    #[diesel(embed)]
    pub(super) about: About,
    #[diesel(embed)]
    pub(super) counters: Counters,
    /// Markdown; the newest version's README when there is none, as on its page.
    pub(super) description: String,
}

/// Where in what was announced somebody is: after this algorithm of this sequence.
pub(super) type Place = (i64, i64);

/// The next `limit` algorithms that were announced after `place` and up to `sequence`, in the order of announcement.
pub(super) fn announced_after(conn: &mut Conn, (announced, id): Place, sequence: i64, limit: i64) -> Result<Vec<Entry>> {
    // As two pieces, each of which is one of the index.
    let entries = algorithms::table.inner_join(publishers::table).select(Entry::as_select());
    let same = entries.filter(algorithms::announced.eq(announced)).filter(algorithms::id.gt(id));
    let mut found: Vec<Entry> = same.order(algorithms::id).limit(limit).load(conn)?;
    let missing = limit - i64::try_from(found.len()).unwrap_or(limit);
    if missing > 0 {
        let later = entries.filter(algorithms::announced.gt(announced)).filter(algorithms::announced.le(sequence));
        found.extend(later.order((algorithms::announced, algorithms::id)).limit(missing).load::<Entry>(conn)?);
    }
    described(conn, found)
}

diesel::define_sql_function! {
    /// So many characters of a text, from the first one at 1.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer, count: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}

/// With READMEs in place of descriptions that are not there.
fn described(conn: &mut Conn, mut entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let bare = |entry: &&mut Entry| entry.description.trim().is_empty();
    let ids: Vec<i64> = entries.iter_mut().filter(bare).map(|entry| entry.about.id).collect();
    if ids.is_empty() {
        return Ok(entries);
    }
    let newest = versions::table.inner_join(algorithms::table).filter(algorithms::newest.eq(versions::number.nullable()));
    let readmes = newest.filter(versions::algorithm_id.eq_any(ids)).filter(versions::readme.ne(""));
    // Only what is looked through: of a thousand at once the whole would be half a gigabyte.
    let readmes: Vec<(i64, String)> = readmes.select((versions::algorithm_id, substr(versions::readme, 1, i32::from(DESCRIPTION)))).load(conn)?;
    let mut readmes: HashMap<i64, String> = readmes.into_iter().collect();
    for entry in entries.iter_mut().filter(bare) {
        entry.description = readmes.remove(&entry.about.id).unwrap_or_default();
    }
    Ok(entries)
}

/// Whether more than `many` algorithms were announced after `place`.
pub(super) fn is_far_behind(conn: &mut Conn, (announced, id): Place, many: i64) -> Result<bool> {
    let same = algorithms::table.filter(algorithms::announced.eq(announced)).filter(algorithms::id.gt(id)).select(algorithms::id);
    let same = same.order(algorithms::id).limit(many + 1).load::<i64>(conn)?.len();
    let left = many - i64::try_from(same).unwrap_or(many);
    if left < 0 {
        return Ok(true);
    }
    let later = algorithms::table.filter(algorithms::announced.gt(announced)).order((algorithms::announced, algorithms::id));
    Ok(later.select(algorithms::id).offset(left).first::<i64>(conn).optional()?.is_some())
}

/// How often every algorithm that was touched since then has been touched, by id.
pub(super) fn touched_since(conn: &mut Conn, since: Time) -> Result<Vec<(i64, i64)>> {
    // Put in order here: asked for it, SQLite goes through the whole table in that order instead of the index.
    let mut touched: Vec<(i64, i64)> = touched(since).load(conn)?;
    touched.sort_unstable();
    Ok(touched)
}

#[auto_type(no_type_alias)]
fn touched(since: Time) -> _ {
    algorithms::table.filter(algorithms::touched_at.ge(since)).select((algorithms::id, algorithms::touches))
}

/// These algorithms as they are.
pub(super) fn of(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Entry>> {
    let entries = algorithms::table.inner_join(publishers::table).select(Entry::as_select());
    let found = entries.filter(algorithms::id.eq_any(ids)).order(algorithms::id).load(conn)?;
    described(conn, found)
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;
    use diesel::sqlite::Sqlite;

    use super::*;
    use crate::clock;
    use crate::config::Address;
    use crate::db::Db;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn what_was_touched_lately_is_found_without_reading_every_algorithm() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Address::Sqlite(folder.path().join("g.db")), 1).unwrap();
        let query = diesel::debug_query::<Sqlite, _>(&touched(clock::now())).to_string();
        let query = format!("EXPLAIN QUERY PLAN {}", query.split(" -- binds").next().unwrap());
        let plan: Vec<Step> = db.read(|conn| Ok(crate::per_backend!(conn, c => diesel::sql_query(query).load(c))?)).unwrap();
        assert!(plan.iter().all(|step| step.detail.contains("INDEX algorithms_by_touch (touched_at>?)")), "{}", plan[0].detail);
    }
}
