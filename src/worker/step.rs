use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use super::pass::Worker;
use super::{failures, spec, staging};
use crate::billing::cost_micros;
use crate::clock::Time;
use crate::datasets;
use crate::engine::{Bundle, Engine, EngineError, Handle, Observation, Staged, Staging};
use crate::engines;
use crate::error::{Error, Result};
use crate::jobs::{self, Bill, EventKind, Open, Outcome, Seen, State};
use crate::package::{self, Archive};
use crate::versions;

/// How long a job may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(10);
/// How much time may pass before the meter of a running attempt is written again.
const METER_MS: i64 = 2_000;
/// How long an attempt outlives its region.
const DEADLINE: chrono::Duration = chrono::Duration::hours(1);
/// After which an engine is asked again to stop an attempt.
const ASK_AGAIN: chrono::Duration = chrono::Duration::seconds(5);
/// Milliseconds after which a supervisor has seen that a time is over: two of its looks.
const SUPERVISED_MS: i64 = 200;

/// Takes one attempt one step further.
pub(super) fn step(worker: &Worker, open: &Open, at: Time) -> Result<Outcome> {
    let one = One { worker, open, at };
    let Some(engine) = worker.engines.get(&open.job.region) else { return one.without_engine() };
    match (open.job.state, open.attempt.submitted_at, open.attempt.admitted_at) {
        (State::Creating, None, _) => one.stage(engine.as_ref()),
        (State::Pending, None, None) => one.admit(),
        (State::Pending, None, Some(_)) => one.submit(engine.as_ref()),
        _ => one.watch(engine.as_ref()),
    }
}

/// One attempt, looked at by one worker at one moment.
struct One<'a> {
    worker: &'a Worker,
    open: &'a Open,
    at: Time,
}

impl One<'_> {
    /// Brings the code, and the packages it imports, to the engine.
    fn stage(&self, engine: &dyn Engine) -> Result<Outcome> {
        match self.staging(engine)? {
            Ok(Staging::Ready(staged)) => self.staged(&staged),
            Ok(other) => self.not_yet(other),
            Err(outcome) => Ok(outcome),
        }
    }

    fn staged(&self, staged: &Staged) -> Result<Outcome> {
        let (job, at) = (self.open.job.id, self.at);
        self.worker.db.write(|conn| {
            if let Some(environment) = &staged.environment {
                let (kind, words) = staging::words(environment);
                jobs::equip(conn, &self.open.attempt, Some(&environment.lock))?;
                jobs::note(conn, job, kind, &words, at)?;
            }
            jobs::advance(conn, self.open, &Seen::Staged, &Seen::Staged.sentence(), self.known(), at)
        })
    }

    fn not_yet(&self, staging: Staging) -> Result<Outcome> {
        match staging {
            Staging::Failed(why) => self.move_on(&Seen::NotStaged, &why, self.known()),
            Staging::Impossible(why) => self.move_on(&Seen::NotToBeHad, &why, self.known()),
            Staging::Underway(words) => self.explain(&words),
            Staging::Ready(_) => Ok(Outcome::Same),
        }
    }

    /// How far the engine is with what the attempt needs; or what came of it that it can never be had.
    fn staging(&self, engine: &dyn Engine) -> Result<Result<Staging, Outcome>> {
        let version = self.worker.db.read(|conn| versions::by_id(conn, self.open.job.version_id))?;
        let attempt = self.open.attempt.id.parse().map_err(Error::internal)?;
        let packages = engines::packages(&version.manifest()?.environment);
        let damaged = Cell::new(false);
        let unpack = |folder: &Path| {
            let file = self.worker.archives.open(&version.digest).inspect_err(|_| damaged.set(true)).map_err(io::Error::other)?;
            package::unpack(Archive::in_file(&file)?, folder)
        };
        let bundle = Bundle { attempt: &attempt, digest: &version.digest, unpack: &unpack, packages: packages.as_ref() };
        match engine.stage(&bundle) {
            Ok(staging) => Ok(Ok(staging)),
            Err(error) if damaged.get() => {
                tracing::error!(job = self.open.job.id, digest = version.digest, ?error, "stored code cannot be read");
                self.refused("The stored code of this version is damaged or missing.").map(Err)
            }
            Err(error) => self.failed(error).map(Err),
        }
    }

    fn admit(&self) -> Result<Outcome> {
        let cpus = self.worker.engines.room(&self.open.job.region).map(|room| room.cpus);
        match self.worker.db.read(|conn| jobs::wait_of(conn, self.open, cpus))? {
            Some(why) => self.explain(&why),
            None => self.worker.db.write(|conn| jobs::admit(conn, self.open, cpus, self.at)),
        }
    }

    /// Hands the attempt to the engine. Done again after a crash, it adopts what is there.
    fn submit(&self, engine: &dyn Engine) -> Result<Outcome> {
        // Staged before; should something be gone since, it is had again through the same door.
        let staged = match self.staging(engine)? {
            Ok(Staging::Ready(staged)) => staged,
            Ok(other) => return self.not_yet(other),
            Err(outcome) => return Ok(outcome),
        };
        let job = &self.open.job;
        let (version, inputs) = self.worker.db.read(|conn| Ok((versions::by_id(conn, job.version_id)?, datasets::inputs_of(conn, job.id)?)))?;
        for (name, _, version) in &inputs {
            match self.worker.datasets.fetch(&version.digest) {
                Ok(_) => {}
                Err(error @ (Error::Unavailable(_) | Error::Full(_))) => return Err(error),
                Err(_) => return self.refused(&format!("The dataset for {name} is damaged or missing.")),
            }
        }
        let spec = spec::of(job, &version, &inputs, &self.worker.datasets)?;
        let id = self.open.attempt.id.parse().map_err(Error::internal)?;
        match engine.submit(&id, &spec, &staged) {
            Ok(_) => {
                let lock = staged.environment.as_ref().map(|environment| environment.lock.as_str());
                self.worker.db.write(|conn| {
                    jobs::equip(conn, &self.open.attempt, lock)?;
                    jobs::taken(conn, self.open, self.at)
                })?;
                Ok(Outcome::Moved(self.open.job.state))
            }
            Err(error) => self.failed(error),
        }
    }

    fn watch(&self, engine: &dyn Engine) -> Result<Outcome> {
        let handle: Handle = self.open.attempt.id.parse().map_err(Error::internal)?;
        let observation = match engine.observe(&handle) {
            Ok(observation) => observation,
            Err(error) => return self.failed(error),
        };
        let terminating = self.open.job.state == State::Terminating;
        match observation {
            Observation::Pending | Observation::Running { .. } if terminating => self.stop(engine, &handle),
            Observation::Pending => self.explain("It is being started."),
            Observation::Running { since } => self.running(engine, &handle, since),
            Observation::Ended { code, cause } => self.ended(engine, &handle, Seen::Ended { code, cause }),
            Observation::Lost if self.open.attempt.submitted_at.is_none() => self.advance(&Seen::NeverStarted),
            Observation::Lost => self.ended(engine, &handle, Seen::Lost),
        }
    }

    fn running(&self, engine: &dyn Engine, handle: &Handle, since: u64) -> Result<Outcome> {
        let since = i64::try_from(since).ok().and_then(chrono::DateTime::from_timestamp_millis);
        let bill = match self.bill(engine, handle) {
            Ok(bill) => Bill { since: since.map(|since| since.naive_utc()), ..bill },
            Err(error) => return self.failed(error),
        };
        match self.open.job.state {
            State::Running if self.is_over(bill) => self.move_on(&Seen::TimeOver, &Seen::TimeOver.sentence(), bill),
            State::Running if bill.metered_ms - self.open.attempt.metered_ms < METER_MS => self.explain(&Seen::Running.sentence()),
            State::Running => {
                self.worker.db.write(|conn| jobs::meter(conn, self.open, bill))?;
                Ok(Outcome::Same)
            }
            _ => self.move_on(&Seen::Running, &Seen::Running.sentence(), bill),
        }
    }

    /// Its time is over, and its supervisor has begun to end it: that looks ten times a second.
    fn is_over(&self, bill: Bill) -> bool {
        self.open.job.stop_after_ms.is_some_and(|limit| bill.metered_ms >= limit + SUPERVISED_MS)
    }

    /// What has ended is billed by its last figures; what is lost, by those of its last heartbeat as far as they are known.
    fn ended(&self, engine: &dyn Engine, handle: &Handle, seen: Seen) -> Result<Outcome> {
        match (self.bill(engine, handle), &seen) {
            (Ok(bill), _) => {
                let outcome = self.move_on(&seen, &seen.sentence(), bill)?;
                if outcome == Outcome::Moved(State::Failed) {
                    self.explain_failure(engine, handle, &seen)?;
                }
                Ok(outcome)
            }
            (Err(_), Seen::Lost) => self.advance(&seen),
            (Err(error), _) => self.failed(error),
        }
    }

    /// Where it failed, for its publisher: told by the end of its log, which the publisher does not see.
    fn explain_failure(&self, engine: &dyn Engine, handle: &Handle, seen: &Seen) -> Result<()> {
        let code = if let Seen::Ended { code, .. } = seen { *code } else { -1 };
        let failure = failures::tail(engine, handle).and_then(|log| jobs::of_log(&log)).unwrap_or_else(|| format!("exit code {code}"));
        self.worker.db.write(|conn| jobs::set_failure(conn, self.open.job.id, &failure))
    }

    fn stop(&self, engine: &dyn Engine, handle: &Handle) -> Result<Outcome> {
        let mut asked = self.worker.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.get(handle.as_str()).is_some_and(|last| self.at - *last < ASK_AGAIN) {
            return Ok(Outcome::Same);
        }
        match engine.stop(handle, GRACE) {
            Ok(()) => {
                asked.retain(|_, last| self.at - *last < ASK_AGAIN);
                asked.insert(handle.as_str().to_owned(), self.at);
                Ok(Outcome::Same)
            }
            Err(error) => self.failed(error),
        }
    }

    fn bill(&self, engine: &dyn Engine, handle: &Handle) -> Result<Bill, EngineError> {
        let metered_ms = i64::try_from(engine.usage(handle)?.running_ms).unwrap_or(i64::MAX);
        let cost_micros = cost_micros(self.open.job.price_micros, self.open.job.nodes, metered_ms);
        Ok(Bill { metered_ms, cost_micros, since: None })
    }

    /// The configuration has lost the region, or its engine cannot be had here.
    fn without_engine(&self) -> Result<Outcome> {
        let job = &self.open.job;
        let words = "The region of this job is not available on this server any more.";
        match self.worker.db.read(|conn| jobs::noted_at(conn, job.id, EventKind::EngineMissing))? {
            Some(since) if self.at - since > DEADLINE => self.move_on(&Seen::Lost, words, self.known()),
            Some(_) => self.explain(words),
            None => self.worker.db.write(|conn| {
                jobs::note(conn, job.id, EventKind::EngineMissing, words, self.at)?;
                jobs::explain(conn, job, words)
            }),
        }
    }

    /// The engine did not do what it was asked: for good, or not now.
    fn failed(&self, error: EngineError) -> Result<Outcome> {
        match error {
            EngineError::Refused(why) => self.refused(&why),
            EngineError::Unavailable { doing, source } => {
                tracing::warn!(job = self.open.job.id, attempt = self.open.attempt.id, doing, %source, "the engine is not available");
                self.explain("The engine does not answer at the moment. It is asked again.").map(|_| Outcome::Same)
            }
        }
    }

    fn refused(&self, why: &str) -> Result<Outcome> {
        self.move_on(&Seen::Refused, &format!("{} {why}", Seen::Refused.sentence()), self.known())
    }

    fn explain(&self, words: &str) -> Result<Outcome> {
        if self.open.job.reason == words {
            return Ok(Outcome::Same);
        }
        self.worker.db.write(|conn| jobs::explain(conn, &self.open.job, words)).map(|_| Outcome::Same)
    }

    fn known(&self) -> Bill {
        Bill { metered_ms: self.open.attempt.metered_ms, cost_micros: self.open.attempt.cost_micros, since: None }
    }

    fn advance(&self, seen: &Seen) -> Result<Outcome> {
        self.move_on(seen, &seen.sentence(), self.known())
    }

    fn move_on(&self, seen: &Seen, reason: &str, bill: Bill) -> Result<Outcome> {
        let outcome = self.worker.db.write(|conn| jobs::advance(conn, self.open, seen, reason, bill, self.at))?;
        if let Outcome::Moved(state) = &outcome {
            tracing::info!(event = "job", job = self.open.job.id, attempt = self.open.attempt.id, state = state.as_str());
        }
        Ok(outcome)
    }
}
