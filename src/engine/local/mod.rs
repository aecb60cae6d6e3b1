//! The local engine: training on this machine, each attempt in a sandbox of its own under a supervisor that outlives us.
//!
//! Everything there is of an attempt is a folder, `<root>/attempts/<id>/`: `spec.json`, `supervisor.json`, `meter.json`,
//! `stop.json`, `exit.json`, the two logs, `metrics`, `usage`, and the four folders the job may write to. Server and supervisor share nothing else.

mod cgroup;
mod enclosure;
mod environments;
mod events;
mod folder;
mod gauge;
mod health;
mod loopback;
mod processes;
mod protocol;
mod python;
mod reading;
mod relay;
mod reports;
mod sandbox;
mod staging;
mod supervisor;
mod system_log;
mod tree;
mod view;
mod watch;

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

pub use environments::Uv;
pub use supervisor::supervise;

use super::{
    AttemptId, Bundle, Capabilities, Chunk, Cursor, Engine, EngineError, Handle, Input, Observation, Packages, Spec, Staged, Staging, Stream, Usage,
};
use environments::{ENVIRONMENT, Environments};
use folder::{Folder, Order, Stop, private_folder};
use python::Python;
use reading::read_from;
use staging::{sweep, unpack};

/// The working folder of a job, as it sees it: its own copy of the code.
pub const WORK: &str = "/work";
/// What a job leaves here are its outputs; also in its `GALLERIA_OUTPUT_DIR`.
pub const OUTPUTS: &str = "/outputs";
/// A job's home.
pub const HOME: &str = "/home/job";
/// The port of a job's own loopback at which it finds the tracking server.
pub const TRACKING_PORT: u16 = 5000;

/// How long a supervisor may take to say that it is there.
const STARTUP: Duration = Duration::from_secs(30);

/// How a local engine is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder for staged code and attempts; made if it is not there. No job ever sees more of it than its own part.
    pub root: PathBuf,
    /// The program and arguments that end up in [`supervise`]; the arguments it is to get are added to them.
    pub supervisor: Vec<OsString>,
    /// Processors for attempts; all of the machine's if none is given.
    pub cpus: Option<f64>,
    /// Bytes of memory for attempts; all of the machine's if none is given.
    pub memory: Option<u64>,
    /// The user and group jobs run as when the server is root; it should own nothing and be nobody else's.
    pub uid: u32,
    /// The Python for jobs that bring no environment; if none is given the system's, else the first `python3` there is.
    pub python: Option<PathBuf>,
    /// The folder for environments; several engines may share it. It may be deleted while no job runs.
    pub environments: PathBuf,
    /// The folder for their locks, which stay.
    pub locks: PathBuf,
    /// What builds environments.
    pub uv: Uv,
}

impl Settings {
    /// The defaults, with this root and supervisor. The user lies in a range that no distribution or systemd gives away.
    pub fn new(root: PathBuf, supervisor: Vec<OsString>) -> Self {
        let (environments, locks) = (root.join("environments"), root.join("locks"));
        Self { root, supervisor, cpus: None, memory: None, uid: 60_747, python: None, environments, locks, uv: Uv::default() }
    }
}

/// Runs attempts on this machine.
pub struct LocalEngine {
    settings: Settings,
    environments: Environments,
    python: Option<Python>,
}

impl LocalEngine {
    /// Prepares the root folder and looks for a Python.
    ///
    /// # Errors
    /// When the root folder cannot be made.
    pub fn new(settings: Settings) -> io::Result<Self> {
        private_folder(&settings.root.join("attempts"))?;
        private_folder(&settings.root.join("staged"))?;
        let settings = Settings { root: settings.root.canonicalize()?, ..settings };
        let environments = Environments::new(&settings)?;
        sweep(&settings.root, &environments.builds());
        let python = Python::find(settings.python.as_deref());
        Ok(Self { settings, environments, python })
    }

    fn folder(&self, handle: &Handle) -> Folder {
        Folder::of(&self.settings.root, handle)
    }

    fn staged(&self, digest: &str) -> Result<PathBuf, EngineError> {
        match !digest.is_empty() && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            true => Ok(self.settings.root.join("staged").join(digest)),
            false => Err(EngineError::Refused(format!("{digest:?} is not a digest."))),
        }
    }

    fn order(&self, spec: &Spec, code: PathBuf) -> Order {
        let mut spec = spec.clone();
        let trees = self.python.iter().flat_map(|python| &python.trees);
        spec.inputs.extend(trees.map(|tree| Input { from: tree.clone(), at: tree.to_string_lossy().into_owned() }));
        let mut python = self.python.as_ref().map(|python| python.program.clone());
        // A virtual environment knows itself only by its own folder, so that is better than a link from another one.
        if let Some(bin) = python.as_deref().and_then(Python::own_folder) {
            spec.path.push(bin.to_string_lossy().into_owned());
            python = None;
        }
        Order { spec, code, uid: self.settings.uid, python, build: None }
    }

    /// Starts the supervisor of an attempt that has none. It leaves us at once, so that it is nobody's zombie.
    fn start(&self, folder: &Folder) -> io::Result<()> {
        let (program, args) = self.settings.supervisor.split_first().ok_or(ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(args).arg(folder.path()).env_clear().current_dir("/").process_group(0);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("the supervisor did not start: {status}"))) }
    }
}

impl Engine for LocalEngine {
    fn probe(&self) -> Result<Capabilities, EngineError> {
        let (uv, no_packages) = self.environments.uv().health();
        let mut health = self.health();
        health.push(uv);
        Ok(Capabilities { cpus: self.cpus(), memory: self.memory(), no_packages, health })
    }

    fn stage(&self, bundle: &Bundle<'_>) -> Result<Staging, EngineError> {
        let target = self.staged(bundle.digest)?;
        if !target.exists() {
            unpack(bundle, &target).map_err(EngineError::while_doing("unpacking the code"))?;
        }
        let ready = |environment| Staging::Ready(Staged { digest: bundle.digest.to_owned(), environment });
        match bundle.packages {
            None => Ok(ready(None)),
            Some(packages) => Ok(self.equip(bundle.attempt, packages)?.map_or_else(|staging| staging, |environment| ready(Some(environment)))),
        }
    }

    fn has(&self, packages: &Packages) -> Result<bool, EngineError> {
        self.equipped(packages).map_err(EngineError::while_doing("looking for the environment"))
    }

    fn submit(&self, id: &AttemptId, spec: &Spec, staged: &Staged) -> Result<Handle, EngineError> {
        let handle = Handle(id.as_str().to_owned());
        let folder = self.folder(&handle);
        spec.check(self.cpus(), self.memory())?;
        let code = self.staged(&staged.digest)?;
        let mut spec = spec.clone();
        if let Some(environment) = &staged.environment {
            spec.inputs.push(Input { from: self.environments.ready(&environment.lock), at: ENVIRONMENT.to_owned() });
            spec.path.insert(0, format!("{ENVIRONMENT}/bin"));
        }
        let start = || {
            folder.create(&self.order(&spec, code))?;
            // Also after a crash between the folder and its supervisor; two supervisors settle it between themselves.
            if folder.watcher()?.is_none() { self.start(&folder) } else { Ok(()) }
        };
        start().map_err(EngineError::while_doing("starting the attempt"))?;
        Ok(handle)
    }

    fn observe(&self, handle: &Handle) -> Result<Observation, EngineError> {
        let look = || match observe(&self.folder(handle))? {
            // Its environment is being built, or nobody here knows it.
            Observation::Lost => match observe(&self.environments.folder(handle.as_str()))? {
                Observation::Pending | Observation::Running { .. } => Ok(Observation::Pending),
                Observation::Ended { .. } | Observation::Lost => Ok(Observation::Lost),
            },
            known => Ok(known),
        };
        look().map_err(EngineError::while_doing("looking at the attempt"))
    }

    fn logs(&self, handle: &Handle, cursor: Cursor) -> Result<Chunk, EngineError> {
        let folder = self.folder(handle);
        // First, or what is written in between would be missed.
        let over = matches!(self.observe(handle)?, Observation::Ended { .. } | Observation::Lost);
        let read = || {
            let bytes = match cursor.stream {
                Stream::Job => read_from(&[&folder.log()], cursor.offset)?,
                // The build writes its lines as the supervisor does, and has ended before that one begins.
                Stream::System => read_from(&[&self.environments.folder(handle.as_str()).log(), &folder.system_log()], cursor.offset)?,
                Stream::Metrics => read_from(&[&folder.metrics()], cursor.offset)?,
                Stream::Usage => read_from(&[&folder.usage()], cursor.offset)?,
            };
            let complete = over && bytes.len() < Chunk::LIMIT;
            let next = Cursor { offset: cursor.offset + bytes.len() as u64, ..cursor };
            Ok(Chunk { bytes, next, complete })
        };
        read().map_err(EngineError::while_doing("reading the log"))
    }

    fn stop(&self, handle: &Handle, grace: Duration) -> Result<(), EngineError> {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        for folder in [self.folder(handle), self.environments.folder(handle.as_str())] {
            match folder.set_stop(&Stop { grace_ms }) {
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                done => done.map_err(EngineError::while_doing("asking the attempt to stop"))?,
            }
        }
        Ok(())
    }

    fn usage(&self, handle: &Handle) -> Result<Usage, EngineError> {
        let meter = self.folder(handle).meter().map_err(EngineError::while_doing("reading the meter"))?;
        Ok(Usage { running_ms: meter.running_ms, cpu_ms: meter.cpu_ms, peak_memory: meter.peak_memory, basis: meter.basis })
    }

    fn outputs(&self, handle: &Handle) -> Option<PathBuf> {
        Some(self.folder(handle).outputs()).filter(|path| path.is_dir())
    }

    fn forget(&self, handle: &Handle) -> Result<(), EngineError> {
        if matches!(self.observe(handle)?, Observation::Pending | Observation::Running { .. }) {
            return Err(EngineError::Refused("The attempt still runs.".to_owned()));
        }
        for folder in [self.environments.folder(handle.as_str()), self.folder(handle)] {
            // A supervisor that was killed could not remove its groups.
            folder.group().into_iter().for_each(|group| cgroup::Cgroup::create(&group).remove());
            tree::remove(folder.path()).map_err(EngineError::while_doing("removing the attempt"))?;
        }
        Ok(())
    }
}

fn observe(folder: &Folder) -> io::Result<Observation> {
    let ended = |exit: folder::Exit| Observation::Ended { code: exit.code, cause: exit.cause };
    if let Some(exit) = folder.exit()? {
        return Ok(ended(exit));
    }
    let alive = match folder.watcher()? {
        Some(watcher) => watcher.is_alive(),
        None => is_young(folder.path())?,
    };
    if alive {
        return Ok(folder.meter()?.since.map_or(Observation::Pending, |since| Observation::Running { since }));
    }
    // It may have written its record between our two looks.
    Ok(folder.exit()?.map_or(Observation::Lost, ended))
}

/// Whether a supervisor that has not spoken yet may still come. A missing folder is not young.
fn is_young(folder: &Path) -> io::Result<bool> {
    match fs::metadata(folder.join("spec.json")).and_then(|meta| meta.modified()) {
        Ok(made) => Ok(made.elapsed().is_ok_and(|age| age < STARTUP)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}
