//! The worker: looks after every attempt that is not over. All it knows is in the database and with the engines.

mod bell;
mod failures;
mod pass;
mod proofs;
mod spec;
mod staging;
mod step;

pub use bell::Bell;
pub use pass::{Tick, Worker};

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a worker sleeps when nothing calls it: no longer than another process's submit may wait.
const POLL: Duration = Duration::from_millis(250);
/// The same while an attempt is under way.
const WATCH: Duration = Duration::from_millis(100);
/// How long it leaves a database alone that does not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// How often it removes what has run out by itself.
const SWEEP: Duration = Duration::from_secs(3600);

/// Runs a worker in a thread of its own until the bell says to end. Attempts go on without it.
pub fn spawn(worker: Worker, bell: Bell) -> std::io::Result<JoinHandle<()>> {
    bell.worked(Instant::now());
    std::thread::Builder::new().name("worker".to_owned()).spawn(move || run(&worker, &bell))
}

/// Ticks until the bell says to end.
pub fn run(worker: &Worker, bell: &Bell) {
    let mut swept: Option<Instant> = None;
    while !bell.is_over() {
        if swept.is_none_or(|last| last.elapsed() >= SWEEP) {
            worker.sweep(crate::clock::now()).unwrap_or_else(|error| tracing::warn!(%error, "ended sessions were not removed"));
            swept = Some(Instant::now());
        }
        let tick = worker.tick(crate::clock::now());
        if tick.is_ok() {
            bell.worked(Instant::now());
        }
        match tick {
            Ok(Tick::Worked) => {}
            Ok(Tick::Watching) => bell.wait(WATCH),
            Ok(Tick::Idle) => bell.wait(POLL),
            Err(error) => {
                tracing::error!(%error, cause = ?error, "the worker could not look after its attempts");
                bell.wait(PAUSE);
            }
        }
    }
    if let Err(error) = worker.release() {
        tracing::warn!(%error, "the worker's leases have to run out by themselves");
    }
}
