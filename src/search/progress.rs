use std::time::{Duration, Instant};

use crate::catalogue::{self, Follower};
use crate::clock;
use crate::db::Db;
use crate::error::Result;

/// How long a server goes on saying how far it has come after it was far behind.
const GOES_ON: Duration = Duration::from_secs(10);
/// Days after which a server that said nothing more is gone for good.
const GONE_AFTER: i64 = 1;

/// What a server that is far behind says of how far its index has come: an import waits for it, so that what it brings is found
/// soon after its end. Of a server that keeps up there is nothing to say, and nothing is written.
pub(super) struct Progress {
    id: String,
    said: Option<Said>,
}

struct Said {
    sequence: i64,
    /// When it was last far behind.
    far: Instant,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { id: format!("{:032x}", rand::random::<u128>()), said: None }
    }

    /// Whether it was far behind a moment ago.
    pub(super) fn is_said(&self) -> bool {
        self.said.is_some()
    }

    /// After each step, `sequence` being what is in the index, and `far` whether that was far behind before it.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn say(&mut self, db: &Db, sequence: i64, far: bool) -> Result<()> {
        let Some(far) = (if far { Some(Instant::now()) } else { self.said.as_ref().map(|said| said.far) }) else { return Ok(()) };
        if far.elapsed() > GOES_ON {
            return self.leave(db);
        }
        if self.said.as_ref().is_none_or(|said| said.sequence != sequence) {
            let follower = Follower { id: self.id.clone(), sequence, said_at: clock::now() };
            db.write_aside(|conn| catalogue::say_followed(conn, &follower))?;
        }
        self.said = Some(Said { sequence, far });
        Ok(())
    }

    /// Has nothing more to say.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn leave(&mut self, db: &Db) -> Result<()> {
        if self.said.take().is_some() {
            db.write_aside(|conn| catalogue::unsay_followed(conn, &self.id, clock::now() - chrono::Duration::days(GONE_AFTER)))?;
        }
        Ok(())
    }
}
