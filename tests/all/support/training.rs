use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::prelude::*;
use galleria::clock::{self, Time};
use galleria::consents;
use galleria::engine::{
    AttemptId, Bundle, Capabilities, Cause, Chunk, Cursor, Engine, EngineError, Handle, Observation, Packages, Spec, Staged, Staging, Usage,
};
use galleria::engines::{Engines, Room};
use galleria::jobs::{self, Attempt, Job, Launch, Submitted, Typed};
use galleria::schema;
use galleria::subscriptions;
use galleria::users::User;
use galleria::worker::{Tick, Worker};

use super::{Published, TestApp};

/// An engine that does what the test says, and writes down what it was asked.
#[derive(Default)]
pub struct Scripted {
    inner: Mutex<Script>,
}

#[derive(Default)]
struct Script {
    taken: BTreeMap<String, Spec>,
    submits: usize,
    stops: Vec<String>,
    forgotten: Vec<String>,
    now: BTreeMap<String, Observation>,
    ran_ms: BTreeMap<String, u64>,
    down: bool,
    refuses: Option<String>,
    staging: Option<Staging>,
}

impl Scripted {
    fn with<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.inner.lock().unwrap())
    }

    /// What it says of an attempt from now on, after so many milliseconds of running.
    pub fn says(&self, attempt: &str, observation: Observation, ran_ms: u64) {
        self.with(|script| {
            script.now.insert(attempt.into(), observation);
            script.ran_ms.insert(attempt.into(), ran_ms);
        });
    }

    /// Whether it answers.
    pub fn set_down(&self, down: bool) {
        self.with(|script| script.down = down);
    }

    /// Refuses every submit with these words.
    pub fn refuse(&self, words: &str) {
        self.with(|script| script.refuses = Some(words.into()));
    }

    /// What it says of packages from now on.
    pub fn stages(&self, staging: Staging) {
        self.with(|script| script.staging = Some(staging));
    }

    /// What it was given for an attempt.
    pub fn spec(&self, attempt: &str) -> Option<Spec> {
        self.with(|script| script.taken.get(attempt).cloned())
    }

    /// How often it was given anything.
    pub fn submits(&self) -> usize {
        self.with(|script| script.submits)
    }

    /// The attempts it was asked to stop.
    pub fn stops(&self) -> Vec<String> {
        self.with(|script| script.stops.clone())
    }

    /// The attempts it has thrown away.
    pub fn forgotten(&self) -> Vec<String> {
        self.with(|script| script.forgotten.clone())
    }

    fn answers(&self) -> Result<(), EngineError> {
        match self.with(|script| script.down) {
            true => Err(EngineError::Unavailable { doing: "testing".into(), source: io::Error::other("down") }),
            false => Ok(()),
        }
    }
}

impl Engine for Scripted {
    fn probe(&self) -> Result<Capabilities, EngineError> {
        self.answers()?;
        Ok(Capabilities { cpus: 2.0, memory: 8 << 30, no_packages: None, health: Vec::new() })
    }

    fn stage(&self, bundle: &Bundle<'_>) -> Result<Staging, EngineError> {
        self.answers()?;
        let folder = tempfile::tempdir().unwrap();
        let unavailable = |source| EngineError::Unavailable { doing: "unpacking".into(), source };
        (bundle.unpack)(folder.path()).map_err(unavailable)?;
        assert!(folder.path().join("MLproject").exists() || folder.path().join("train.py").exists());
        let ready = Staging::Ready(Staged { digest: bundle.digest.into(), environment: None });
        Ok(self.with(|script| script.staging.clone()).filter(|_| bundle.packages.is_some()).unwrap_or(ready))
    }

    fn has(&self, _: &Packages) -> Result<bool, EngineError> {
        self.answers().map(|()| false)
    }

    fn submit(&self, id: &AttemptId, spec: &Spec, _: &Staged) -> Result<Handle, EngineError> {
        self.answers()?;
        self.with(|script| {
            if let Some(words) = &script.refuses {
                return Err(EngineError::Refused(words.clone()));
            }
            script.submits += 1;
            script.taken.entry(id.as_str().into()).or_insert_with(|| spec.clone());
            script.now.entry(id.as_str().into()).or_insert(Observation::Pending);
            Ok(id.as_str().parse().unwrap())
        })
    }

    fn observe(&self, handle: &Handle) -> Result<Observation, EngineError> {
        self.answers()?;
        Ok(self.with(|script| script.now.get(handle.as_str()).cloned().unwrap_or(Observation::Lost)))
    }

    fn logs(&self, _: &Handle, cursor: Cursor) -> Result<Chunk, EngineError> {
        self.answers()?;
        Ok(Chunk { bytes: Vec::new(), next: cursor, complete: false })
    }

    fn stop(&self, handle: &Handle, _: Duration) -> Result<(), EngineError> {
        self.answers()?;
        self.with(|script| script.stops.push(handle.as_str().into()));
        Ok(())
    }

    fn usage(&self, handle: &Handle) -> Result<Usage, EngineError> {
        self.answers()?;
        let running_ms = self.with(|script| script.ran_ms.get(handle.as_str()).copied().unwrap_or(0));
        Ok(Usage { running_ms, ..Usage::default() })
    }

    fn outputs(&self, _: &Handle) -> Option<PathBuf> {
        None
    }

    fn forget(&self, handle: &Handle) -> Result<(), EngineError> {
        self.answers()?;
        self.with(|script| script.forgotten.push(handle.as_str().into()));
        Ok(())
    }
}

/// An attempt that ended with this code.
pub fn exited(code: i32) -> Observation {
    Observation::Ended { code, cause: Cause::Exited }
}

/// An attempt that ended otherwise.
pub fn ended(code: i32, cause: Cause) -> Observation {
    Observation::Ended { code, cause }
}

/// An attempt that runs.
pub fn running() -> Observation {
    Observation::Running { since: u64::try_from(clock::now().and_utc().timestamp_millis()).unwrap() }
}

/// A gallery whose region has a scripted engine with two CPUs, and a worker to be ticked by hand.
pub struct Lab<'a> {
    /// The gallery.
    pub app: &'a TestApp,
    /// Its engine.
    pub engine: Arc<Scripted>,
    worker: Worker,
}

impl<'a> Lab<'a> {
    /// On this gallery.
    pub fn new(app: &'a TestApp) -> Self {
        let engine = Arc::new(Scripted::default());
        let worker = worker_on(app, &engine);
        Self { app, engine, worker }
    }

    /// Another worker on the same database and engine.
    pub fn another(&self) -> Self {
        Self { app: self.app, engine: Arc::clone(&self.engine), worker: worker_on(self.app, &self.engine) }
    }

    /// A worker whose configuration has lost the region.
    pub fn without_region(&self) -> Self {
        let worker = Worker::new(self.app.db().clone(), Engines::default(), Path::new(&self.app.config().data_dir));
        Self { app: self.app, engine: Arc::clone(&self.engine), worker }
    }

    /// One tick now.
    pub fn tick(&self) -> Tick {
        self.tick_at(clock::now())
    }

    /// One tick at a moment.
    pub fn tick_at(&self, at: Time) -> Tick {
        self.worker.tick(at).unwrap()
    }

    /// Ticks until nothing moves any more.
    pub fn settle(&self) {
        for _ in 0..50 {
            if self.tick() != Tick::Worked {
                return;
            }
        }
        panic!("the worker never comes to rest");
    }

    /// The job as it is now.
    pub fn job(&self, id: i64) -> Job {
        self.app.read(|conn| Ok(schema::jobs::table.find(id).select(Job::as_select()).first(conn)?))
    }

    /// Its attempts.
    pub fn attempts(&self, job: i64) -> Vec<Attempt> {
        self.app.read(|conn| jobs::attempts_of(conn, job))
    }

    /// Id of its newest attempt.
    pub fn attempt(&self, job: i64) -> String {
        self.attempts(job).last().unwrap().id.clone()
    }

    /// The labels of its events, the first one first.
    pub fn events(&self, job: i64) -> Vec<&'static str> {
        self.app.read(|conn| jobs::events(conn, job)).iter().rev().map(|event| event.kind.label()).collect()
    }
}

fn worker_on(app: &TestApp, engine: &Arc<Scripted>) -> Worker {
    let engine: Arc<dyn Engine> = Arc::clone(engine) as Arc<dyn Engine>;
    Worker::new(app.db().clone(), Engines::one("local", engine, Some(2)), Path::new(&app.config().data_dir))
}

/// A worker that looks after a gallery's jobs on its real engines until it is dropped, as a server's own does.
pub struct Working {
    bell: galleria::worker::Bell,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Working {
    /// On this gallery.
    pub fn on(app: &TestApp) -> Self {
        let state = app.state();
        let bell = galleria::worker::Bell::default();
        let worker = Worker::new(app.db().clone(), state.engines.clone(), &app.config().data_dir);
        Self { thread: Some(galleria::worker::spawn(worker, bell.clone()).unwrap()), bell }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.bell.end();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Gives a member an active subscription, with everything accepted.
pub fn subscribe(app: &TestApp, user: &User, algorithm: &Published) {
    let (note, at) = (&app.config().note, clock::now());
    app.write(|conn| {
        let access = galleria::algorithms::readable(conn, galleria::algorithms::Reader::of(Some(user)), algorithm.algorithm.id)?;
        for version in &algorithm.versions {
            for text in consents::missing(conn, user.id, &access, version, note)? {
                consents::give(conn, user.id, version.id, &text, at)?;
            }
            subscriptions::subscribe(conn, user.id, &access, version, note, at)?;
        }
        Ok(())
    });
}

/// Enough for every flavor of a test.
const ROOM: Room = Room { cpus: 2, memory: u64::MAX, gpus: 0 };

/// What a form would send for a job on one CPU.
pub fn typed(launch: &str) -> Typed {
    Typed { launch_id: launch.into(), name: "a job".into(), flavor: "cpu-1".into(), ..Typed::default() }
}

/// Submits through the domain, as the page does.
#[track_caller]
pub fn submit(app: &TestApp, user: &User, algorithm: &Published, typed: &Typed) -> Job {
    let version = algorithm.versions.last().unwrap();
    let (manifest, files) = (version.manifest().unwrap(), version.files().unwrap());
    let region = app.config().region("local").unwrap();
    let launch = Launch {
        region,
        room: Some(ROOM),
        no_packages: None,
        currency: "USD",
        version,
        manifest: &manifest,
        files: &files,
        datasets: &[],
        store: None,
    };
    let new = launch.check(typed).unwrap();
    match app.write(|conn| jobs::submit(conn, user, &new, &app.config().note, clock::now())) {
        Submitted::Job(job) | Submitted::Earlier(job) => *job,
        Submitted::AcceptFirst => panic!("something must be accepted first"),
    }
}
