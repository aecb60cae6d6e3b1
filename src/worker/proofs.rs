//! Proof runs: begun when a version is to be seen by others, judged when they have ended.

use super::pass::Worker;
use crate::clock::Time;
use crate::engine::{Cursor, Engine, Handle, Stream};
use crate::error::{Error, Result};
use crate::jobs::{self, State};
use crate::metrics::{Curves, Sample};
use crate::releases::{self, Ran};
use crate::versions::ProofFacts;

/// Pieces of a record that are read at most.
const PIECES: usize = 1_000;

impl Worker {
    /// Begins what is due and judges what has ended; whether anything moved.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) fn prove(&self, at: Time) -> Result<bool> {
        let mut moved = false;
        for ran in self.db.read(releases::ended)? {
            moved |= done(self.judge(&ran, at), &ran)?;
        }
        if self.regions.is_empty() {
            return Ok(moved);
        }
        for version in self.db.read(releases::due)? {
            let ground = (self.regions.as_slice(), self.currency.as_str());
            moved |= done(self.db.write(|conn| releases::begin(conn, version, ground, &self.engines, at)), &version)?;
        }
        Ok(moved)
    }

    fn judge(&self, ran: &Ran, at: Time) -> Result<()> {
        let hardware = ran.job.hardware()?;
        let mut facts = ProofFacts {
            command: ran.job.command.clone(),
            parameters: ran.job.parameters()?,
            flavor: hardware.flavor.name,
            metered_ms: ran.job.metered_ms,
            cost_micros: ran.job.cost_micros,
            currency: ran.job.currency.clone(),
            ..ProofFacts::default()
        };
        if ran.job.state == State::Completed {
            self.record(ran, &mut facts)?;
        }
        self.db.write(|conn| releases::close(conn, ran, &facts, at))
    }

    /// What the engine kept of the run: the last value of each metric, and the most memory.
    fn record(&self, ran: &Ran, facts: &mut ProofFacts) -> Result<()> {
        let attempt = self.db.read(|conn| jobs::latest(conn, ran.job.id))?;
        let Some(engine) = self.engines.get(&ran.job.region) else { return Ok(()) };
        let handle: Handle = attempt.id.parse().map_err(Error::internal)?;
        let curves = Curves::of(&whole(engine.as_ref(), &handle, Stream::Metrics)?);
        facts.metrics = curves.all().iter().map(|curve| (curve.name.clone(), curve.last.y)).collect();
        let usage = whole(engine.as_ref(), &handle, Stream::Usage)?;
        facts.memory = Sample::all(&String::from_utf8_lossy(&usage)).iter().map(|sample| sample.memory).max();
        Ok(())
    }
}

/// A record to its end.
fn whole(engine: &dyn Engine, handle: &Handle, stream: Stream) -> Result<Vec<u8>> {
    let (mut bytes, mut cursor) = (Vec::new(), Cursor { stream, offset: 0 });
    for _ in 0..PIECES {
        let chunk = engine.logs(handle, cursor).map_err(|error| Error::Unavailable(error.into()))?;
        if chunk.bytes.is_empty() {
            break;
        }
        bytes.extend_from_slice(&chunk.bytes);
        cursor = chunk.next;
    }
    Ok(bytes)
}

/// One that fails is written to the log and does not keep the others waiting.
fn done(outcome: Result<()>, which: &impl std::fmt::Debug) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        // Another worker was faster.
        Err(Error::Conflict(_)) => Ok(false),
        Err(error @ Error::Full(_)) => Err(error),
        Err(error) => {
            tracing::error!(?which, ?error, "a proof run could not be looked after");
            Ok(false)
        }
    }
}
