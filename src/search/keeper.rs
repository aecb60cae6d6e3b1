use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use moka::sync::Cache;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

use super::answer::Results;
use super::current::{ASK_EVERY, Current};
use super::facets::Facet;
use super::fields::Fields;
use super::index::Index;
use super::query::{PAGE, Query};
use super::sight::Sight;
use super::suggest::{self, Suggestion};
use super::view::View;
use crate::db::Db;
use crate::error::{Error, Result};

/// Bytes of answers that are kept.
const KEPT: u64 = 10 << 20;
/// A page further down is found by one request at a time: each holds the place of everything before it, 40 bytes an algorithm.
const DEEP: usize = 1_000;

/// Keeps the index of a process, and what was found with it.
pub(super) struct Keeper {
    pub(super) data: PathBuf,
    pub(super) fields: Arc<Fields>,
    /// `None` until there is an index.
    current: RwLock<Option<Arc<Current>>>,
    /// One at a time brings it up to date.
    turn: Mutex<Option<Index>>,
    /// Answers, right for good: a view never changes.
    answers: Cache<(u64, Arc<Sight>, Query), Results>,
    /// What may be meant by what was typed.
    suggested: Cache<(u64, Arc<Sight>, Query), Arc<[Suggestion]>>,
    /// Of members, by how many writes this process had made.
    sights: Cache<(u64, u64, i64), Arc<Sight>>,
    /// How many algorithms are seen at all.
    visible: Cache<(u64, Arc<Sight>), usize>,
    /// Who has it finds a page far down.
    deep: Mutex<()>,
    /// Who has it opens the index.
    pub(super) opening: Mutex<()>,
    asked: Mutex<Option<Asked>>,
    /// Since when the index could not be written.
    pub(super) unwritable: Mutex<Option<Instant>>,
    /// Whether its files are to be read over now.
    pub(super) doubted: AtomicBool,
    pub(super) ended: Mutex<bool>,
    pub(super) bell: Condvar,
}

/// When the database was asked whether a view holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) view: u64,
    /// How many writes this process had made.
    pub(super) writes: u64,
    pub(super) at: Instant,
}

impl Keeper {
    pub(super) fn new(data: &Path) -> Self {
        let weight = |_: &(u64, Arc<Sight>, Query), results: &Results| u32::try_from(results.size()).unwrap_or(u32::MAX);
        Self {
            data: data.to_owned(),
            fields: Arc::new(Fields::new()),
            current: RwLock::default(),
            turn: Mutex::default(),
            answers: Cache::builder().weigher(weight).max_capacity(KEPT).build(),
            sights: Cache::builder().max_capacity(2_000).time_to_live(ASK_EVERY).build(),
            suggested: Cache::new(2_000),
            visible: Cache::new(1_000),
            deep: Mutex::default(),
            opening: Mutex::default(),
            asked: Mutex::default(),
            unwritable: Mutex::default(),
            doubted: AtomicBool::default(),
            ended: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    /// The answer to a query, worked out the first time.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn answer(&self, view: &Arc<View>, sight: &Arc<Sight>, query: Query) -> Result<Results> {
        let again = |error: Arc<Error>| Error::internal(format!("{error:?}"));
        let all = || view.total(sight, &Query::default());
        let visible = self.visible.try_get_with((view.number, Arc::clone(sight)), all).map_err(again)?;
        // What is asked for beyond the last page is the last page: not another answer for each number.
        let query = Query { page: query.page.min(visible.div_ceil(PAGE).max(1)), ..query };
        let key = (view.number, Arc::clone(sight), query);
        if let Some(results) = self.answers.get(&key) {
            return Ok(results);
        }
        let query = key.2.clone();
        let _alone = (query.page > DEEP).then(|| self.deep.lock());
        self.answers.try_get_with(key, || view.answer(sight, &query, visible)).map_err(again)
    }

    /// What may be meant by a query, worked out the first time.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn suggested(&self, view: &Arc<View>, sight: &Arc<Sight>, query: Query) -> Result<Arc<[Suggestion]>> {
        let key = (view.number, Arc::clone(sight), query);
        if let Some(suggested) = self.suggested.get(&key) {
            return Ok(suggested);
        }
        let everything = self.answer(view, sight, Query::default())?;
        let suggested: Arc<[Suggestion]> = suggest::suggestions(view, sight, &key.2, everything.choices(Facet::Task))?.into();
        self.suggested.insert(key, Arc::clone(&suggested));
        Ok(suggested)
    }

    /// The answer to a query, if it was worked out before.
    pub(super) fn answered(&self, view: &View, sight: &Arc<Sight>, query: &Query) -> Option<Results> {
        self.answers.get(&(view.number, Arc::clone(sight), query.clone()))
    }

    /// What a member finds beside what all find: as this process has written it, and as others had a moment ago.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn sight(&self, db: &Db, view: &View, user: i64) -> Result<Arc<Sight>> {
        // Taken before anything is read: what is written meanwhile is asked for again.
        let writes = db.writes();
        if let Some(sight) = self.sight_before(view, writes, user) {
            return Ok(sight);
        }
        let sight = Arc::new(db.read(|conn| Sight::of(conn, view, user))?);
        self.sights.insert((view.number, writes, user), Arc::clone(&sight));
        Ok(sight)
    }

    /// The same, if it is known.
    pub(super) fn sight_before(&self, view: &View, writes: u64, user: i64) -> Option<Arc<Sight>> {
        self.sights.get(&(view.number, writes, user))
    }

    /// The catalogue if it holds without asking.
    pub(super) fn held(&self, db: &Db) -> Option<Arc<View>> {
        let current = self.current()?;
        let asked = *self.asked.lock();
        let holds = asked.is_some_and(|asked| asked.view == current.view.number && asked.writes == db.writes() && asked.at.elapsed() < ASK_EVERY);
        holds.then(|| Arc::clone(&current.view))
    }

    /// Notes that the database was asked.
    pub(super) fn note(&self, asked: Asked) {
        *self.asked.lock() = Some(asked);
    }

    /// Where the index is, if there is one and nobody has its turn.
    pub(super) fn segments(&self) -> Option<PathBuf> {
        Some(self.free_turn()?.as_ref()?.segments.clone())
    }

    /// Waits for the turn.
    pub(super) fn turn(&self) -> MutexGuard<'_, Option<Index>> {
        self.turn.lock()
    }

    /// The turn, if nobody has it.
    pub(super) fn free_turn(&self) -> Option<MutexGuard<'_, Option<Index>>> {
        self.turn.try_lock()
    }

    pub(super) fn current(&self) -> Option<Arc<Current>> {
        self.current.read().clone()
    }

    /// Only who has the turn may.
    pub(super) fn put(&self, current: Option<Current>) -> Option<Arc<Current>> {
        let current = current.map(Arc::new);
        self.current.write().clone_from(&current);
        current
    }
}
