use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::answer::Results;
use super::card;
use super::facets::Facet;
use super::fields::Fields;
use super::index::Index;
use super::query::Query;
use super::sight::Sight;
use super::suggest::{self, Suggestion};
use super::view::View;
use crate::catalogue;
use crate::clock::{self, Time};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};

/// How long what was asked of the database holds, while this process writes nothing.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// Of the time, the part that goes into reading counters is one in so many.
const SPARED: u32 = 20;
/// How long before a change is visible its time may have been taken, in seconds: while it waits for the database.
const LATENESS: i64 = 15;
/// How often counters are read further back, for what was later still or came from a clock that is behind.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How far back, in seconds.
const SWEEP: i64 = 180;
/// Algorithms that are taken in while somebody waits.
pub(super) const AT_ONCE: i64 = 5_000;
/// Algorithms that are read together.
const BATCH: i64 = 1_000;
/// How often an index that gives no answers is opened again.
const DISTRUST_EVERY: Duration = Duration::from_secs(60);
/// Bytes of answers that are kept.
const KEPT: u64 = 24 << 20;

/// Keeps the index of a process, and what was found with it.
pub(super) struct Keeper {
    data: PathBuf,
    fields: Arc<Fields>,
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
    /// When the index was last opened again because an answer failed.
    distrusted: Mutex<Option<Instant>>,
    pub(super) ended: Mutex<bool>,
    pub(super) bell: Condvar,
}

pub(super) struct Current {
    pub(super) view: Arc<View>,
    /// Up to when counters were read.
    counted: Time,
    pub(super) counted_at: Instant,
    /// How long reading them took.
    took: Duration,
    swept_at: Instant,
    /// How many writes this process had made when sequence and counters were asked for.
    writes: Option<u64>,
}

impl Current {
    fn is_recent(&self) -> bool {
        self.counted_at.elapsed() < ASK_EVERY.max(self.took * SPARED)
    }

    /// Whether it holds without asking.
    fn holds(&self, db: &Db) -> bool {
        self.writes == Some(db.writes()) && self.is_recent()
    }
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
            distrusted: Mutex::default(),
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
        let key = (view.number, Arc::clone(sight), query);
        if let Some(results) = self.answers.get(&key) {
            return Ok(results);
        }
        let query = key.2.clone();
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
        self.current().filter(|current| current.holds(db)).map(|current| Arc::clone(&current.view))
    }

    /// The catalogue with everything that was announced before the call, unless that is too much.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn fresh(&self, db: &Db) -> Result<Arc<View>> {
        match self.held(db) {
            Some(view) => Ok(view),
            None => db.read(|conn| self.asked(db, conn)),
        }
    }

    fn asked(&self, db: &Db, conn: &mut Conn) -> Result<Arc<View>> {
        // Taken before anything is read: what is written meanwhile is asked for again.
        let writes = db.writes();
        let sequence = catalogue::sequence(conn)?;
        let current = self.opened(conn, sequence)?;
        if !current.view.mark.covers(sequence) {
            if card::is_far_behind(conn, current.view.mark.place, AT_ONCE)? {
                self.bell.notify_all();
                return Ok(Arc::clone(&current.view));
            }
            return self.taken_in(conn, sequence, i64::MAX);
        }
        if !current.is_recent() {
            // Whoever comes while another counts takes what there is.
            if let Some(turn) = self.free_turn() {
                return self.counted(conn, writes, AT_ONCE, turn);
            }
        }
        Ok(Arc::clone(&current.view))
    }

    /// Opens the index, unless that was done.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn opened(&self, conn: &mut Conn, sequence: i64) -> Result<Arc<Current>> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        let mut turn = self.turn();
        if let Some(current) = self.current() {
            return Ok(current); // another request was first
        }
        let (index, mark) = Index::open(&self.data, &self.fields, &catalogue::identity(conn)?, sequence)?;
        let (now, counted) = (Instant::now(), mark.counted);
        let view = Arc::new(index.view(mark, None)?);
        *turn = Some(index);
        // Counters are read with the first question.
        let counted_at = now.checked_sub(ASK_EVERY).unwrap_or(now);
        Ok(self.put(Current { view, counted, counted_at, took: Duration::ZERO, swept_at: now, writes: None }))
    }

    /// The next `most` algorithms that were announced up to `sequence`, taken in.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn taken_in(&self, conn: &mut Conn, sequence: i64, most: i64) -> Result<Arc<View>> {
        let mut turn = self.turn();
        let current = self.opened_before()?;
        let mut mark = current.view.mark.clone();
        let Some(index) = turn.as_mut().filter(|_| !mark.covers(sequence)) else {
            return Ok(Arc::clone(&current.view)); // another request was first
        };
        let mut take = || {
            let mut taken = 0;
            while taken < most && !mark.covers(sequence) {
                let entries = card::announced_after(conn, mark.place, sequence, BATCH)?;
                let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
                mark.place = match entries.last() {
                    Some(last) if count == BATCH => (last.about.announced, last.about.id),
                    _ => (sequence, i64::MAX),
                };
                let (building, begun) = (current.view.mark.is_building(), mark.begun);
                index.put(entries, |entry| building && entry.about.announced <= begun)?;
                taken += count;
            }
            mark.counted = current.counted;
            Ok(Arc::new(index.commit(mark.clone(), Some(&current.view))?))
        };
        let view = take();
        self.settled(&mut turn, view, |view| Current { view, writes: None, ..*current })
    }

    /// The catalogue with the counters that were touched lately, if not more than `most` were.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn counted(&self, conn: &mut Conn, writes: u64, most: i64, mut turn: MutexGuard<'_, Option<Index>>) -> Result<Arc<View>> {
        let current = self.opened_before()?;
        let Some(index) = turn.as_mut().filter(|_| !current.is_recent()) else {
            return Ok(Arc::clone(&current.view)); // another request was first
        };
        let (now, at) = (clock::now(), Instant::now());
        let sweeps = current.swept_at.elapsed() > SWEEP_EVERY;
        let back = if sweeps { SWEEP } else { LATENESS };
        let since = current.counted.min(now) - chrono::Duration::seconds(back);
        let touched = card::touched_since(conn, since)?;
        // One that is not known yet will be announced.
        let changed: Vec<i64> = touched.into_iter().filter(|(id, touched)| current.view.is_touched(*id, *touched)).map(|(id, _)| id).collect();
        if i64::try_from(changed.len()).unwrap_or(i64::MAX) > most {
            self.bell.notify_all();
            return Ok(Arc::clone(&current.view));
        }
        let mut take = || {
            for ids in changed.chunks(500) {
                index.put(card::of(conn, ids)?, |_| false)?;
            }
            let mark = super::index::Mark { counted: now, ..current.view.mark.clone() };
            if changed.is_empty() { Ok(Arc::clone(&current.view)) } else { Ok(Arc::new(index.commit(mark, Some(&current.view))?)) }
        };
        let view = take();
        let swept_at = if sweeps { at } else { current.swept_at };
        let took = at.elapsed();
        self.settled(&mut turn, view, |view| Current { view, counted: now, counted_at: Instant::now(), took, swept_at, writes: Some(writes) })
    }

    /// What was gathered and not made lasting must not become so with what comes next: after a failure the index is opened again.
    fn settled(&self, turn: &mut Option<Index>, view: Result<Arc<View>>, current: impl FnOnce(Arc<View>) -> Current) -> Result<Arc<View>> {
        if view.is_err() {
            *turn = None;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        let current = self.put(current(view?));
        Ok(Arc::clone(&current.view))
    }

    /// An answer out of a view. If it fails, or what reads the index gives up on it, the index is opened again, which makes it anew
    /// should it be damaged; once a minute at most, as that reads all of it.
    ///
    /// # Errors
    /// Those of `answer`.
    pub(super) fn trusting<T>(&self, view: &View, answer: impl FnOnce() -> Result<T>) -> Result<T> {
        // Nothing that is half done outlives it: a view never changes, and an answer is kept once it is whole.
        let answer = std::panic::catch_unwind(AssertUnwindSafe(answer));
        let answer = answer.unwrap_or_else(|_| Err(Error::internal("the search index cannot be read")));
        if matches!(answer, Err(Error::Internal(_))) {
            self.distrust(view);
        }
        answer
    }

    fn distrust(&self, view: &View) {
        let (mut turn, mut distrusted) = (self.turn(), self.distrusted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let recently = distrusted.is_some_and(|at| at.elapsed() < DISTRUST_EVERY);
        if !recently && current.as_ref().is_some_and(|current| current.view.number == view.number) {
            tracing::warn!("the search index is opened again");
            (*turn, *current, *distrusted) = (None, None, Some(Instant::now()));
        }
    }

    fn opened_before(&self) -> Result<Arc<Current>> {
        self.current().ok_or_else(|| Error::Unavailable("the search index is being opened again".into()))
    }

    fn turn(&self) -> MutexGuard<'_, Option<Index>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn, if nobody has it.
    pub(super) fn free_turn(&self) -> Option<MutexGuard<'_, Option<Index>>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    pub(super) fn current(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, current: Current) -> Arc<Current> {
        let current = Arc::new(current);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&current));
        current
    }
}
