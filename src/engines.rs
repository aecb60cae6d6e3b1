//! The engines of the configured regions, and their health as last seen.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::config::{Config, EngineKind, Flavor, memory_of_machine};
use crate::engine::local::{LocalEngine, Settings, Uv};
use crate::engine::{Condition, Engine, Finding, Packages};
use crate::package::Environment;

/// How long what was seen of an engine's health is believed.
const FRESH: Duration = Duration::from_secs(60);

/// One engine for each region that has one in this release.
#[derive(Clone, Default)]
pub struct Engines {
    by_region: Arc<BTreeMap<String, Arc<Place>>>,
}

/// What the jobs of a region may have together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How many CPUs.
    pub cpus: u32,
    /// Bytes of memory.
    pub memory: u64,
    /// How many GPUs.
    pub gpus: u32,
}

impl Room {
    /// Of this machine. The sandbox has no devices, so no GPU either.
    fn here() -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
        Self { cpus, memory: memory_of_machine().unwrap_or(u64::MAX), gpus: 0 }
    }

    /// Why a flavor is more than there is, in a sentence; `None` when it is not.
    pub fn lacks(&self, flavor: &Flavor) -> Option<String> {
        let gib = |bytes: u64| (bytes as f64 / f64::from(1 << 30) * 10.0).floor() / 10.0;
        if flavor.cpus > self.cpus {
            return Some(format!("Has {} CPUs; this region has {} in all.", flavor.cpus, self.cpus));
        }
        if flavor.memory > self.memory {
            return Some(format!("Has {} GiB of memory; this region has {} in all.", gib(flavor.memory), gib(self.memory)));
        }
        let gpus = if self.gpus == 0 { "none".to_owned() } else { format!("{} in all", self.gpus) };
        (flavor.gpus > self.gpus).then(|| format!("Has {} GPUs; this region has {gpus}.", flavor.gpus))
    }
}

/// The engine of one region.
struct Place {
    make: Box<dyn Fn() -> Option<Arc<dyn Engine>> + Send + Sync>,
    made: OnceLock<Option<Arc<dyn Engine>>>,
    room: Option<Room>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    health: Option<Health>,
    at: Option<Instant>,
    asking: bool,
}

/// How an engine is, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The worst of the findings.
    pub condition: Condition,
    /// Everything that was seen.
    pub findings: Vec<Finding>,
    /// Why algorithms with dependencies cannot run there, in a sentence; `None` when they can.
    pub no_packages: Option<String>,
}

impl Health {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self.condition {
            Condition::Ok => "healthy",
            Condition::Degraded => "degraded",
            Condition::Missing => "cannot run jobs",
        }
    }

    /// Whether jobs can run at all.
    pub fn works(&self) -> bool {
        self.condition != Condition::Missing
    }

    fn missing(sentence: &str) -> Self {
        let finding = Finding { condition: Condition::Missing, sentence: sentence.to_owned(), remedy: None };
        Self { condition: Condition::Missing, findings: vec![finding], no_packages: None }
    }
}

impl Engines {
    /// The engines of a configuration. `supervisor` is the command that ends up in [`crate::engine::local::supervise`].
    ///
    /// Nothing is started before an engine is first asked for.
    pub fn of(config: &Config, supervisor: &[OsString]) -> Self {
        let regions = config.regions.iter().filter(|region| region.engine == EngineKind::Local);
        let by_region = regions.map(|region| {
            let settings = local(config, &region.id, supervisor);
            (region.id.clone(), Arc::new(Place::new(Some(Room::here()), move || start(settings.clone()))))
        });
        Self { by_region: Arc::new(by_region.collect()) }
    }

    /// One given engine for one region, with so many CPUs for all its jobs together.
    pub fn one(region: &str, engine: Arc<dyn Engine>, cpus: Option<u32>) -> Self {
        let room = cpus.map(|cpus| Room { cpus, memory: u64::MAX, gpus: u32::MAX });
        let place = Place::new(room, move || Some(Arc::clone(&engine)));
        Self { by_region: Arc::new(BTreeMap::from([(region.to_owned(), Arc::new(place))])) }
    }

    /// The engine of a region; `None` when the configuration has no such region, or its engine cannot be had.
    pub fn get(&self, region: &str) -> Option<&Arc<dyn Engine>> {
        self.by_region.get(region)?.engine()
    }

    /// What the jobs of a region may have together; `None` when its engine queues by itself.
    pub fn room(&self, region: &str) -> Option<Room> {
        self.by_region.get(region)?.room
    }

    /// Why the packages of a version cannot be had in a region, in a sentence; `None` when they can, or nobody knows yet.
    ///
    /// What was installed once can be had, whatever has become of what installs.
    pub fn no_packages(&self, region: &str, environment: &Environment) -> Option<String> {
        let packages = packages(environment)?;
        let why = self.health(region)?.no_packages?;
        let there = self.get(region).is_some_and(|engine| engine.has(&packages).is_ok_and(|there| there));
        (!there).then_some(why)
    }

    /// How the engine of a region was when it was last asked; `None` while it is asked for the first time.
    ///
    /// Never waits: what is older than a minute is asked anew in the background.
    pub fn health(&self, region: &str) -> Option<Health> {
        match self.by_region.get(region) {
            None => Some(Health::missing("This release has no engine for this region.")),
            Some(place) => Place::health(place),
        }
    }
}

/// The packages to be installed; none when a version asks for none, whatever its environment file says of Python itself.
pub fn packages(environment: &Environment) -> Option<Packages> {
    let requirements = environment.dependencies().to_vec();
    let (python, left_out) = (environment.python().map(str::to_owned), environment.left_out().to_vec());
    (!requirements.is_empty()).then_some(Packages { requirements, python, left_out })
}

/// The local engine of a region: its attempts are its own, environments are everybody's.
fn local(config: &Config, region: &str, supervisor: &[OsString]) -> Settings {
    let settings = Settings::new(config.data_dir.join("engines").join(region), supervisor.to_vec());
    let uv = Uv { program: config.uv.clone(), variables: config.package_index.clone() };
    Settings { environments: config.data_dir.join("environments"), locks: config.data_dir.join("locks"), uv, ..settings }
}

fn start(settings: Settings) -> Option<Arc<dyn Engine>> {
    match LocalEngine::new(settings) {
        Ok(engine) => Some(Arc::new(engine)),
        Err(error) => {
            tracing::error!(%error, "the local engine cannot be prepared");
            None
        }
    }
}

impl Place {
    fn new(room: Option<Room>, make: impl Fn() -> Option<Arc<dyn Engine>> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), made: OnceLock::new(), room, seen: Mutex::default() }
    }

    fn engine(&self) -> Option<&Arc<dyn Engine>> {
        self.made.get_or_init(|| (self.make)()).as_ref()
    }

    fn health(place: &Arc<Self>) -> Option<Health> {
        let mut seen = place.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = seen.at.is_none_or(|at| at.elapsed() > FRESH);
        if stale && !seen.asking {
            seen.asking = true;
            let place = Arc::clone(place);
            std::thread::spawn(move || place.ask());
        }
        seen.health.clone()
    }

    fn ask(&self) {
        let health = match self.engine().map(|engine| engine.probe()) {
            None => Health::missing("The engine could not be prepared; the server's log says why."),
            Some(Err(error)) => Health::missing(&error.to_string()),
            Some(Ok(capabilities)) => {
                let condition = capabilities.health.iter().map(|finding| finding.condition).max().unwrap_or(Condition::Ok);
                Health { condition, findings: capabilities.health, no_packages: capabilities.no_packages }
            }
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen { health: Some(health), at: Some(Instant::now()), asking: false };
    }
}
