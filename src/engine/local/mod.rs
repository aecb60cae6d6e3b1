//! The local engine: training on this machine, each attempt in a sandbox of its own under a supervisor that outlives us.
//!
//! Everything there is of an attempt is a folder, `<root>/attempts/<id>/`: `spec.json`, `supervisor.json`, `meter.json`,
//! `stop.json`, `exit.json`, the two logs, `metrics`, `usage`, and the four folders the job may write to. Server and supervisor share nothing else.

mod cgroup;
mod enclosure;
mod events;
mod folder;
mod gauge;
mod health;
mod loopback;
mod processes;
mod protocol;
mod python;
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
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

pub use supervisor::supervise;

use super::{AttemptId, Bundle, Capabilities, Chunk, Cursor, Engine, EngineError, Handle, Input, Observation, Spec, Staged, Stream, Usage};
use folder::{Folder, Order, Stop, private_folder};
use python::Python;
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
}

impl Settings {
    /// The defaults, with this root and supervisor. The user lies in a range that no distribution or systemd gives away.
    pub fn new(root: PathBuf, supervisor: Vec<OsString>) -> Self {
        Self { root, supervisor, cpus: None, memory: None, uid: 60_747, python: None }
    }
}

/// Runs attempts on this machine.
pub struct LocalEngine {
    settings: Settings,
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
        sweep(&settings.root);
        let python = Python::find(settings.python.as_deref());
        Ok(Self { settings, python })
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
        Order { spec, code, uid: self.settings.uid, python }
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
        Ok(Capabilities { cpus: self.cpus(), memory: self.memory(), health: self.health() })
    }

    fn stage(&self, bundle: &Bundle<'_>) -> Result<Staged, EngineError> {
        let target = self.staged(bundle.digest)?;
        if !target.exists() {
            unpack(bundle, &target).map_err(EngineError::while_doing("unpacking the code"))?;
        }
        Ok(Staged { digest: bundle.digest.to_owned() })
    }

    fn submit(&self, id: &AttemptId, spec: &Spec, staged: &Staged) -> Result<Handle, EngineError> {
        let handle = Handle(id.as_str().to_owned());
        let folder = self.folder(&handle);
        spec.check(self.cpus(), self.memory())?;
        let code = self.staged(&staged.digest)?;
        let start = || {
            folder.create(&self.order(spec, code))?;
            // Also after a crash between the folder and its supervisor; two supervisors settle it between themselves.
            if folder.watcher()?.is_none() { self.start(&folder) } else { Ok(()) }
        };
        start().map_err(EngineError::while_doing("starting the attempt"))?;
        Ok(handle)
    }

    fn observe(&self, handle: &Handle) -> Result<Observation, EngineError> {
        observe(&self.folder(handle)).map_err(EngineError::while_doing("looking at the attempt"))
    }

    fn logs(&self, handle: &Handle, cursor: Cursor) -> Result<Chunk, EngineError> {
        let folder = self.folder(handle);
        let read = || {
            // First, or what is written in between would be missed.
            let over = matches!(observe(&folder)?, Observation::Ended { .. } | Observation::Lost);
            let path = match cursor.stream {
                Stream::Job => folder.log(),
                Stream::System => folder.system_log(),
                Stream::Metrics => folder.metrics(),
                Stream::Usage => folder.usage(),
            };
            let bytes = read_from(&path, cursor.offset)?;
            let complete = over && bytes.len() < Chunk::LIMIT;
            let next = Cursor { offset: cursor.offset + bytes.len() as u64, ..cursor };
            Ok(Chunk { bytes, next, complete })
        };
        read().map_err(EngineError::while_doing("reading the log"))
    }

    fn stop(&self, handle: &Handle, grace: Duration) -> Result<(), EngineError> {
        let folder = self.folder(handle);
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        match folder.set_stop(&Stop { grace_ms }) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            done => done.map_err(EngineError::while_doing("asking the attempt to stop")),
        }
    }

    fn usage(&self, handle: &Handle) -> Result<Usage, EngineError> {
        let meter = self.folder(handle).meter().map_err(EngineError::while_doing("reading the meter"))?;
        Ok(Usage { running_ms: meter.running_ms, cpu_ms: meter.cpu_ms, peak_memory: meter.peak_memory, basis: meter.basis })
    }

    fn outputs(&self, handle: &Handle) -> Option<PathBuf> {
        Some(self.folder(handle).outputs()).filter(|path| path.is_dir())
    }

    fn forget(&self, handle: &Handle) -> Result<(), EngineError> {
        let folder = self.folder(handle);
        match observe(&folder).map_err(EngineError::while_doing("looking at the attempt"))? {
            Observation::Pending | Observation::Running { .. } => Err(EngineError::Refused("The attempt still runs.".to_owned())),
            Observation::Ended { .. } | Observation::Lost => {
                // A supervisor that was killed could not remove its groups.
                folder.group().into_iter().for_each(|group| cgroup::Cgroup::create(&group).remove());
                tree::remove(folder.path()).map_err(EngineError::while_doing("removing the attempt"))
            }
        }
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

/// At most a chunk from `offset`; nothing when there is no file or it is not that long.
fn read_from(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(Chunk::LIMIT as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
