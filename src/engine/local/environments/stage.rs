//! An attempt's environment as the engine sees it: there, being built, or not to be had.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::words::failure;
use super::{Build, PLACE, Uv};
use crate::engine::local::folder::Folder;
use crate::engine::local::python::Python;
use crate::engine::local::{LocalEngine, observe, tree};
use crate::engine::{AttemptId, Cause, EngineError, Environment, Limits, Network, Observation, Packages, Spec, Staging};

/// What runs in the sandbox of a build.
const SCRIPT: &str = include_str!("build.sh");
/// How long a build may take.
const TIME: Duration = Duration::from_secs(30 * 60);
/// Its other bounds. Everything it downloads is in its own folder and counts.
const LIMITS: Limits = Limits { processes: 512, disk: 20 << 30, outputs: 20 << 30, log: 128 << 10 };
const CPUS: f64 = 2.0;
const MEMORY: u64 = 2 << 30;
/// After which a build without a supervisor gets one: the server ended between the two.
const ALONE: Duration = Duration::from_secs(2);

/// The environment, or what stands in its way.
type Equipped = Result<Environment, Staging>;

impl LocalEngine {
    /// The environment with these packages. One that is not there is begun to be built, once for each attempt.
    pub(in crate::engine::local) fn equip(&self, id: &AttemptId, packages: &Packages) -> Result<Equipped, EngineError> {
        let Some(python) = &self.python else {
            return Ok(Err(Staging::Failed("There is no Python here that packages could be installed for.".to_owned())));
        };
        let environments = &self.environments;
        let build = Build::new(packages, &python.tag, notes(packages, python), &environments.root, &environments.locks);
        let folder = environments.folder(id.as_str());
        if let Some(found) = self.found(&folder, &build).map_err(EngineError::while_doing("looking for the environment"))? {
            return Ok(found);
        }
        let uv = environments.uv.find().map_err(|why| EngineError::Refused(format!("Its packages cannot be installed: {why}")))?;
        self.begin(&folder, build, python, uv).map_err(EngineError::while_doing("starting to build the environment"))?;
        Ok(Err(underway()))
    }

    /// Whether the environment with these packages is there.
    pub(in crate::engine::local) fn equipped(&self, packages: &Packages) -> io::Result<bool> {
        let Some(python) = &self.python else { return Ok(false) };
        let build = Build::new(packages, &python.tag, String::new(), &self.environments.root, &self.environments.locks);
        Ok(build.ready()?.is_some())
    }

    /// What there is of it; nothing, when a build has to begin.
    fn found(&self, folder: &Folder, build: &Build) -> io::Result<Option<Equipped>> {
        if !folder.path().exists() {
            return Ok(build.ready()?.map(|lock| Ok(Environment { lock, built: None })));
        }
        match observe(folder)? {
            Observation::Pending | Observation::Running { .. } => {
                if folder.watcher()?.is_none() && fs::metadata(folder.path())?.modified()?.elapsed().is_ok_and(|age| age > ALONE) {
                    self.start(folder)?;
                }
                Ok(Some(Err(underway())))
            }
            Observation::Ended { code: 0, cause: Cause::Exited } => {
                let Some(lock) = build.ready()? else {
                    // The environments were deleted since: it is built again.
                    return tree::remove(folder.path()).map(|()| None);
                };
                let built = Some(folder.meter()?.running_ms).filter(|ms| *ms > 0).map(Duration::from_millis);
                Ok(Some(Ok(Environment { lock, built })))
            }
            Observation::Ended { cause, .. } => {
                let failure = failure(folder, &cause, &build.requirements);
                Ok(Some(Err(if failure.lasting { Staging::Impossible(failure.sentence) } else { Staging::Failed(failure.sentence) })))
            }
            Observation::Lost => {
                let left = folder.clone();
                // Room, not correctness, and perhaps a lot of it.
                thread::spawn(move || Folder::writable().iter().for_each(|(name, _)| drop(tree::remove(&left.path().join(name)))));
                Ok(Some(Err(Staging::Failed("What watched over the installation of its packages is gone.".to_owned()))))
            }
        }
    }

    fn begin(&self, folder: &Folder, build: Build, python: &Python, uv: PathBuf) -> io::Result<()> {
        let uv_itself = self.environments.uv();
        let own = [("PLACE", PLACE), ("UV_CACHE_DIR", "/opt/galleria/cache"), ("PYTHON", &python.program.to_string_lossy()), ("TAG", &python.tag)];
        let mut env = uv_itself.environment();
        env.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let spec = Spec {
            env,
            cpus: CPUS.min(self.cpus()),
            memory: MEMORY.min(self.memory()),
            limits: LIMITS,
            stop_after: Some(TIME),
            inputs: uv_itself.inputs(uv),
            path: vec![Uv::folder()],
            network: Network::Host,
            ..Spec::new(SCRIPT)
        };
        let mut order = self.order(&spec, PathBuf::new());
        order.build = Some(build);
        folder.create(&order)?;
        self.start(folder)
    }
}

fn underway() -> Staging {
    Staging::Underway("Its Python packages are being installed; the log shows how far it is.".to_owned())
}

/// What the log of a build begins with.
fn notes(packages: &Packages, python: &Python) -> String {
    let list = packages.requirements.join(", ");
    let mut notes = format!("Packages for Python {}: {list}\n", python.version);
    let two = |version: &str| version.splitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
    let asked = packages.python.as_deref().filter(|asked| asked.starts_with(|c: char| c.is_ascii_digit()));
    if let Some(asked) = asked.filter(|asked| !two(&python.version).starts_with(&two(asked))) {
        notes += &format!("It asks for Python {asked}; this machine has {}, which is used.\n", python.version);
    }
    if !packages.left_out.is_empty() {
        notes += &format!("Left out, for only conda installs them: {}\n", packages.left_out.join(", "));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_conda_installs_is_said() {
        let python = Python { program: "/usr/bin/python3".into(), version: "3.11".into(), tag: String::new(), trees: Vec::new() };
        let packages = Packages { requirements: vec!["six".into()], left_out: vec!["numpy=1.14.3".into(), "r-base".into()], python: None };
        assert_eq!(notes(&packages, &python).lines().last(), Some("Left out, for only conda installs them: numpy=1.14.3, r-base"));
    }

    #[test]
    fn another_python_than_asked_for_is_said() {
        let python = Python { program: "/usr/bin/python3".into(), version: "3.11".into(), tag: String::new(), trees: Vec::new() };
        let said = |asked: &str| {
            notes(&Packages { requirements: vec!["six".into()], python: Some(asked.into()), ..Packages::default() }, &python).lines().count() == 2
        };
        assert!(said("3.10") && said("3.6.1") && said("2") && said("3.1"));
        assert!(!said("3.11") && !said("3.11.4") && !said("3") && !said(">=3.9"));
    }
}
