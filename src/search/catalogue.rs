use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use super::answer::Results;
use super::card::Card;
use super::keeper::Keeper;
use super::query::Query;
use super::sight::{self, Sight};
use super::similar;
use super::suggest::Suggestion;
use super::view::View;
use crate::algorithms::{Algorithm, Reader};
use crate::catalogue;
use crate::db::Db;
use crate::error::{Error, Result};

/// The algorithms of one database, ready to be searched: an index in the data folder, which may be lost at any time.
///
/// Holds what this process has written exactly, and what others have announced for at least a quarter of a second: an answer
/// asks the database for the catalogue's sequence first, unless that was done a moment ago and nothing was written here since.
/// Counters are as old at most. Only when more was announced than can be taken in while somebody waits, as by an import, or when
/// a large index is made anew or cannot be written, answers come from what is in it so far, say so, and leave out what is hidden
/// by now.
pub struct Catalogue {
    keeper: Arc<Keeper>,
    /// Keeps up while nobody asks.
    follower: Option<JoinHandle<()>>,
}

/// An algorithm as it was at a moment: until anything about it changes.
#[derive(Debug)]
pub struct Stamp {
    id: i64,
    announced: i64,
    touches: i64,
    /// The last catalogue that had it so: whoever asks again of the same one need not look it up.
    found_in: AtomicU64,
}

impl Stamp {
    /// Of this row.
    pub fn of(algorithm: &Algorithm) -> Self {
        Self { id: algorithm.id, announced: algorithm.announced, touches: algorithm.touches, found_in: AtomicU64::new(u64::MAX) }
    }
}

impl Catalogue {
    /// With its index beneath the data folder, which a thread opens and keeps up to date until the catalogue is dropped.
    pub fn following(db: &Db, data: &Path) -> Self {
        let keeper = Arc::new(Keeper::new(data));
        let (same, db) = (Arc::clone(&keeper), db.clone());
        let follower = std::thread::Builder::new().name("index".to_owned()).spawn(move || same.follow(&db));
        // Whoever asks brings the index up to date as well.
        let follower = follower.inspect_err(|error| tracing::warn!(%error, "nobody follows the catalogue")).ok();
        Self { keeper, follower }
    }

    /// What `reader` finds with `query`.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn search(&self, db: &Db, reader: Reader, query: Query) -> Result<Results> {
        let [results] = self.each(db, reader, [query])?;
        Ok(results)
    }

    /// What `reader` finds with each of `queries`, all at the same moment.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn each<const N: usize>(&self, db: &Db, reader: Reader, queries: [Query; N]) -> Result<[Results; N]> {
        let Seen { view, sight, behind } = self.seen(db, reader)?;
        let answer = || queries.into_iter().map(|query| self.keeper.answer(&view, &sight, query)).collect::<Result<Vec<Results>>>();
        let mut results = self.keeper.trusting(answer)?;
        if behind {
            results = results.into_iter().map(|results| results.now(db, reader)).collect::<Result<_>>()?;
        }
        results.try_into().map_err(|_| Error::internal("an answer is missing"))
    }

    /// The same when it is known already; it may be called on an async thread.
    pub fn at_once<const N: usize>(&self, db: &Db, reader: Reader, queries: &[Query; N]) -> Option<[Results; N]> {
        let view = self.keeper.held(db)?;
        let sight = match reader.user {
            Some(user) => self.keeper.sight_before(&view, db.writes(), user)?,
            None => Arc::default(),
        };
        let results: Vec<Results> = queries.iter().map(|query| self.keeper.answered(&view, &sight, query)).collect::<Option<_>>()?;
        results.try_into().ok()
    }

    /// What `reader` may see and may be typing: at most eight algorithms, publishers and tasks.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn suggest(&self, db: &Db, reader: Reader, text: &str) -> Result<Vec<Suggestion>> {
        let Seen { view, sight, behind } = self.seen(db, reader)?;
        let suggested = || self.keeper.suggested(&view, &sight, Query::default().with_text(text));
        let mut suggested = self.keeper.trusting(suggested)?.to_vec();
        // Titles may be of what is hidden by now.
        suggested.retain(|suggestion| !behind || !matches!(suggestion, Suggestion::Algorithm { .. }));
        Ok(suggested)
    }

    /// At most `limit` algorithms that `reader` may see and that are like this one, the most alike first.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn similar(&self, db: &Db, reader: Reader, id: i64, limit: usize) -> Result<Vec<Card>> {
        let Seen { view, sight, behind } = self.seen(db, reader)?;
        let similar = self.keeper.trusting(|| similar::to(&view, &sight, id, limit))?;
        if behind { sight::found_now(db, reader, &similar) } else { Ok(similar) }
    }

    /// Names the catalogue as it is, as [`Results::moment`] does, when that is known without asking the database.
    pub fn moment(&self, db: &Db) -> Option<u64> {
        self.keeper.held(db).map(|view| view.number)
    }

    /// Asks the database whether anything has changed, unless that was done a moment ago.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn look(&self, db: &Db) -> Result<()> {
        self.keeper.fresh(db).map(drop)
    }

    /// Whether the algorithm is as it was, as far as that is known without asking the database.
    pub fn is_still(&self, db: &Db, stamp: &Stamp) -> bool {
        let Some(view) = self.keeper.held(db) else { return false };
        if stamp.found_in.load(Ordering::Relaxed) == view.number {
            return true;
        }
        let known = self.keeper.trusting(|| Ok(view.stamp(stamp.id))).ok().flatten();
        let is_so = known == Some((stamp.announced.cast_unsigned(), stamp.touches.cast_unsigned()));
        if is_so {
            stamp.found_in.store(view.number, Ordering::Relaxed);
        }
        is_so
    }

    /// How many changes of the catalogue the index does not hold yet.
    ///
    /// # Errors
    /// Only the database's.
    pub fn lag(&self, db: &Db) -> Result<i64> {
        let sequence = db.read(catalogue::sequence)?;
        Ok(self.keeper.lag(sequence))
    }

    fn seen(&self, db: &Db, reader: Reader) -> Result<Seen> {
        let (view, behind) = self.keeper.fresh(db)?;
        let sight = match reader.user {
            Some(user) => self.keeper.trusting(|| self.keeper.sight(db, &view, user))?,
            None => Arc::default(),
        };
        Ok(Seen { view, sight, behind })
    }
}

/// What a reader finds at a moment.
struct Seen {
    view: Arc<View>,
    sight: Arc<Sight>,
    /// Not all that was announced is in it: what it shows may be hidden by now.
    behind: bool,
}

impl Drop for Catalogue {
    fn drop(&mut self) {
        self.keeper.end();
        if let Some(thread) = self.follower.take() {
            // It says itself what went wrong.
            drop(thread.join());
        }
    }
}
