//! How the index is brought up to date, by whoever asks and by who follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::card;
use super::current::{ASK_EVERY, Current};
use super::index::{Index, Mark, Wanted};
use super::keeper::{Asked, Keeper};
use super::soundness::guarded;
use super::view::View;
use crate::catalogue;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};

/// What this process changed is counted for the next answer, unless more than so many were touched lately: looking at each of them
/// takes some microseconds.
const FEW: usize = 5_000;
/// How long before a change is visible its time may have been taken, in seconds: while it waits for the database.
const LATENESS: i64 = 15;
/// How often counters are read further back, for what was later still or came from a clock that is behind.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How far back, in seconds.
const SWEEP: i64 = 180;
/// How often it is noted in the index up to when counters were read though none had changed, in seconds.
const NOTED_EVERY: i64 = 3_600;
/// Algorithms that are taken in while somebody waits.
const AT_ONCE: i64 = 5_000;
/// Algorithms that are read together.
const BATCH: i64 = 1_000;
/// How long an index that could not be written is left alone.
const REST: Duration = Duration::from_secs(5);

impl Keeper {
    /// The catalogue with everything that was announced before the call, unless that is too much or cannot be written: then true
    /// comes with it, and what it shows may be hidden by now.
    ///
    /// # Errors
    /// The database's, and the disk's as long as there is no index at all.
    pub(super) fn fresh(&self, db: &Db) -> Result<(Arc<View>, bool)> {
        match self.held(db) {
            Some(view) => Ok((view, false)),
            None => db.read(|conn| self.asked(db, conn)),
        }
    }

    fn asked(&self, db: &Db, conn: &mut Conn) -> Result<(Arc<View>, bool)> {
        // Taken before anything is read: what is written meanwhile is asked for again.
        let (writes, at) = (db.writes(), Instant::now());
        let sequence = catalogue::sequence(conn)?;
        let current = self.opened(conn, sequence)?;
        let current = self.brought_up(conn, &current, (sequence, writes)).unwrap_or_else(|error| {
            // What there is still serves.
            tracing::warn!(?error, "the search index is not brought up to date");
            current
        });
        let (view, behind) = (Arc::clone(&current.view), !current.view.mark.covers(sequence));
        if !behind && current.has_counted(writes) {
            self.note(Asked { view: view.number, writes, at });
        }
        Ok((view, behind))
    }

    fn brought_up(&self, conn: &mut Conn, current: &Arc<Current>, (sequence, writes): (i64, u64)) -> Result<Arc<Current>> {
        let mut current = Arc::clone(current);
        if self.is_resting() {
            return Ok(current);
        }
        if !current.view.mark.covers(sequence) {
            if card::is_far_behind(conn, current.view.mark.place, AT_ONCE)? {
                self.bell.notify_all();
                return Ok(current);
            }
            current = self.taken_in(conn, sequence, i64::MAX)?;
        }
        if !current.has_counted(writes) && current.touched < FEW {
            current = self.counted(conn, (sequence, writes), AT_ONCE, self.turn())?;
        } else if let Some(turn) = self.free_turn().filter(|_| !current.is_recent()) {
            // Whoever comes while another counts takes what there is.
            current = self.counted(conn, (sequence, writes), AT_ONCE, turn)?;
        }
        Ok(current)
    }

    /// Opens the index, unless that was done.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn opened(&self, conn: &mut Conn, sequence: i64) -> Result<Arc<Current>> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        // Whoever comes while another opens it waits for that alone, not for all that is taken in after it.
        let _opening = self.opening.lock();
        match self.current() {
            Some(current) => Ok(current),
            None => self.writable(conn, sequence, &mut self.turn()),
        }
    }

    /// Opens the index, unless it can be written.
    fn writable(&self, conn: &mut Conn, sequence: i64, turn: &mut Option<Index>) -> Result<Arc<Current>> {
        if let Some(current) = self.current().filter(|_| turn.as_ref().is_some_and(Index::is_open)) {
            return Ok(current);
        }
        let index = match turn {
            Some(index) => index,
            None => turn.insert(Index::at(&self.data, &self.fields)?),
        };
        let view = index.open(&Wanted { identity: &catalogue::identity(conn)?, sequence })?;
        let (now, counted) = (Instant::now(), view.mark.counted);
        // Counters are read with the first question.
        let counted_at = now.checked_sub(ASK_EVERY).unwrap_or(now);
        let took = Duration::ZERO;
        self.now(Current { view: Arc::new(view), counted, counted_at, took, touched: 0, swept_at: now, writes: None, overdue: false })
    }

    /// The next `most` algorithms that were announced up to `sequence`, taken in.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn taken_in(&self, conn: &mut Conn, sequence: i64, most: i64) -> Result<Arc<Current>> {
        let mut turn = self.turn();
        let current = self.writable(conn, sequence, &mut turn)?;
        let mut mark = current.view.mark.clone();
        let Some(index) = turn.as_mut().filter(|_| !mark.covers(sequence)) else {
            return Ok(current); // another request was first
        };
        let take = || {
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
            let view = Arc::new(index.commit(mark, Some(&current.view))?);
            Ok(Current { view, writes: None, ..(*current).clone() })
        };
        let taken = guarded(take);
        self.settled(&mut turn, taken)
    }

    /// The catalogue with the counters that were touched lately, if not more than `most` were.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub(super) fn counted(
        &self,
        conn: &mut Conn,
        (sequence, writes): (i64, u64),
        most: i64,
        mut turn: MutexGuard<'_, Option<Index>>,
    ) -> Result<Arc<Current>> {
        let current = self.writable(conn, sequence, &mut turn)?;
        let is_done = current.has_counted(writes) && current.is_recent() && !current.overdue;
        let Some(index) = turn.as_mut().filter(|_| !is_done) else {
            return Ok(current); // another request was first
        };
        let counted = guarded(|| self.count(conn, (&current, writes), index, most));
        self.settled(&mut turn, counted)
    }

    fn count(&self, conn: &mut Conn, (current, writes): (&Current, u64), index: &mut Index, most: i64) -> Result<Current> {
        let (now, at) = (clock::now(), Instant::now());
        let sweeps = current.swept_at.elapsed() > SWEEP_EVERY;
        let back = if sweeps { SWEEP } else { LATENESS };
        let since = current.counted.min(now) - chrono::Duration::seconds(back);
        let touched = card::touched_since(conn, since)?;
        let count = touched.len();
        // One that is not known yet will be announced.
        let changed: Vec<i64> = touched.into_iter().filter(|(id, touches)| current.view.is_touched(*id, *touches)).map(|(id, _)| id).collect();
        if i64::try_from(changed.len()).unwrap_or(i64::MAX) > most {
            self.bell.notify_all();
            return Ok(Current { counted_at: Instant::now(), took: at.elapsed(), touched: count, overdue: true, ..current.clone() });
        }
        for ids in changed.chunks(500) {
            index.put(card::of(conn, ids)?, |_| false)?;
        }
        let is_noted = now - current.view.mark.counted < chrono::Duration::seconds(NOTED_EVERY);
        let view = if changed.is_empty() && is_noted {
            Arc::clone(&current.view)
        } else {
            Arc::new(index.commit(Mark { counted: now, ..current.view.mark.clone() }, Some(&current.view))?)
        };
        let swept_at = if sweeps { at } else { current.swept_at };
        let (took, counted_at) = (at.elapsed(), Instant::now());
        Ok(Current { view, counted: now, counted_at, took, touched: count, swept_at, writes: Some(writes), overdue: false })
    }

    /// What was gathered and not made lasting must not become so with what comes next: after a failure the index is opened again,
    /// and until then what there was before serves.
    fn settled(&self, turn: &mut Option<Index>, current: Result<Current>) -> Result<Arc<Current>> {
        match current {
            Ok(current) => self.now(current),
            Err(error) => {
                if let Some(index) = turn {
                    index.close();
                }
                *self.unwritable.lock() = Some(Instant::now());
                self.doubt();
                Err(error)
            }
        }
    }

    fn now(&self, current: Current) -> Result<Arc<Current>> {
        self.put(Some(current)).ok_or_else(|| Error::internal("the search index is gone"))
    }

    /// Whether it is too early to try once more what has failed.
    pub(super) fn is_resting(&self) -> bool {
        self.unwritable.lock().is_some_and(|at| at.elapsed() < REST)
    }
}
