use std::time::Duration;

use super::card;
use super::integrity::Rounds;
use super::keeper::Keeper;
use super::progress::Progress;
use super::soundness::guarded;
use crate::catalogue;
use crate::db::{Conn, Db};
use crate::error::Result;

/// How often the database is asked while nobody else asks.
const PAUSE: Duration = Duration::from_secs(1);
/// The same while others write much.
const SHORT_PAUSE: Duration = Duration::from_millis(100);
/// How often counters are read while nobody asks.
const COUNT_EVERY: Duration = Duration::from_secs(20);
/// Algorithms between one commit and the next, when there are many.
const STEP: i64 = 20_000;
/// With more than so many to take in a server says how far it has come.
const FAR: i64 = 1_000;

impl Keeper {
    /// Keeps up with the database until the catalogue ends.
    pub(super) fn follow(&self, db: &Db) {
        let (mut rounds, mut progress) = (Rounds::default(), Progress::new());
        loop {
            let mut rest = PAUSE;
            let done = guarded(|| {
                let done = if self.is_resting() { Ok(()) } else { self.catch_up(db, &mut progress) };
                rest = rounds.step(self);
                done
            });
            if let Err(error) = done {
                tracing::warn!(?error, "the search index");
            }
            let pause = if progress.is_said() { SHORT_PAUSE } else { PAUSE };
            let mut ended = self.ended.lock();
            if !*ended {
                // What wakes it says nothing: it looks for itself.
                self.bell.wait_for(&mut ended, pause.min(rest));
            }
            if *ended {
                drop(ended);
                progress.leave(db).unwrap_or_else(|error| tracing::warn!(?error, "the search index"));
                return;
            }
        }
    }

    /// Lets [`Keeper::follow`] end.
    pub(super) fn end(&self) {
        *self.ended.lock() = true;
        self.bell.notify_all();
    }

    fn has_ended(&self) -> bool {
        *self.ended.lock()
    }

    fn catch_up(&self, db: &Db, progress: &mut Progress) -> Result<()> {
        loop {
            // Said before a step, which may take seconds, and after it.
            let far = db.read(|conn| self.is_far_behind(conn))?;
            self.say(db, progress, far);
            // A connection for each step, so that others get theirs.
            let done = db.read(|conn| {
                let (writes, sequence) = (db.writes(), catalogue::sequence(conn)?);
                let current = self.opened(conn, sequence)?;
                if !current.view.mark.covers(sequence) {
                    return Ok(self.taken_in(conn, sequence, STEP)?.view.mark.covers(sequence));
                }
                if let Some(turn) = self.free_turn().filter(|_| current.overdue || current.counted_at.elapsed() > COUNT_EVERY) {
                    self.counted(conn, (sequence, writes), i64::MAX, turn)?;
                }
                Ok(true)
            })?;
            self.say(db, progress, far);
            if done || self.has_ended() {
                return Ok(());
            }
        }
    }

    fn is_far_behind(&self, conn: &mut Conn) -> Result<bool> {
        let sequence = catalogue::sequence(conn)?;
        let mark = &self.opened(conn, sequence)?.view.mark;
        Ok(!mark.covers(sequence) && card::is_far_behind(conn, mark.place, FAR)?)
    }

    fn say(&self, db: &Db, progress: &mut Progress, far: bool) {
        let reached = self.current().map_or(-1, |current| current.view.mark.reached());
        // An import goes on without it, after a while.
        progress.say(db, reached, far).unwrap_or_else(|error| tracing::warn!(?error, "nobody hears how far the search index has come"));
    }

    /// How many changes up to this one the index does not hold.
    pub(super) fn lag(&self, sequence: i64) -> i64 {
        let place = self.current().map_or((-1, 0), |current| current.view.mark.place);
        if place >= (sequence, i64::MAX) { 0 } else { (sequence - place.0).max(1) }
    }
}
