//! The local engine with its real sandbox, real supervisors and hostile jobs. As root and as an ordinary user alike.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bounds;
mod hostile;
mod stopping;
mod surroundings;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use galleria::engine::local::{LocalEngine, Settings};
use galleria::engine::{AttemptId, Bundle, Cause, Condition, Cursor, Engine, EngineError, Handle, Input, Observation, Spec, Staged, Staging, Stream};
use tempfile::TempDir;

const DIGEST: &str = "0123456789abcdef";

struct Lab {
    root: TempDir,
    engine: LocalEngine,
}

impl Lab {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let engine = LocalEngine::new(settings(root.path())).unwrap();
        Self { root, engine }
    }

    fn stage(&self) -> Staged {
        let unpack = |folder: &Path| fs::write(folder.join("train.py"), "print('trained')\n");
        let attempt = "a-1".parse().unwrap();
        match self.engine.stage(&Bundle { attempt: &attempt, digest: DIGEST, unpack: &unpack, packages: None }).unwrap() {
            Staging::Ready(staged) => staged,
            other => panic!("{other:?}"),
        }
    }

    fn submit(&self, spec: &Spec) -> Handle {
        self.submit_as("a-1", spec)
    }

    fn submit_as(&self, id: &str, spec: &Spec) -> Handle {
        self.engine.submit(&id.parse::<AttemptId>().unwrap(), spec, &self.stage()).unwrap()
    }

    /// Runs a command to its end: code, cause, log.
    fn run(&self, spec: &Spec) -> (i32, Cause, String) {
        let handle = self.submit(spec);
        let (code, cause) = self.end(&handle);
        (code, cause, self.log(&handle, Stream::Job))
    }

    fn end(&self, handle: &Handle) -> (i32, Cause) {
        eventually("the attempt ends", || match self.engine.observe(handle).unwrap() {
            Observation::Ended { code, cause } => Some((code, cause)),
            Observation::Lost => panic!("lost"),
            _ => None,
        })
    }

    fn log(&self, handle: &Handle, stream: Stream) -> String {
        let chunk = self.engine.logs(handle, Cursor { stream, offset: 0 }).unwrap();
        String::from_utf8_lossy(&chunk.bytes).into_owned()
    }

    fn wait_for_line(&self, handle: &Handle, line: &str) {
        eventually(line, || self.log(handle, Stream::Job).lines().any(|l| l == line).then_some(()));
    }

    fn supervisor(&self, handle: &Handle) -> i32 {
        let record = fs::read(self.attempt(handle).join("supervisor.json")).unwrap();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        record["pid"].as_i64().unwrap().try_into().unwrap()
    }

    fn attempt(&self, handle: &Handle) -> PathBuf {
        self.root.path().join("attempts").join(handle.as_str())
    }
}

fn settings(root: &Path) -> Settings {
    let supervisor = vec![OsString::from(env!("CARGO_BIN_EXE_galleria")), OsString::from("supervise")];
    Settings::new(root.to_owned(), supervisor)
}

/// Polls until there is an answer; a test that waits longer than this has failed.
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = look() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_job_runs_in_a_fresh_copy_and_leaves_its_outputs() {
    let lab = Lab::new();
    let spec = Spec::new("python train.py && echo 0.9 > $GALLERIA_OUTPUT_DIR/accuracy && echo changed > train.py && pwd");
    let (code, cause, log) = lab.run(&spec);
    assert_eq!((code, cause, log.as_str()), (0, Cause::Exited, "trained\n/work\n"));
    let handle: Handle = "a-1".parse().unwrap();
    let outputs = lab.engine.outputs(&handle).unwrap();
    assert_eq!(fs::read_to_string(outputs.join("accuracy")).unwrap(), "0.9\n");
    let staged = lab.root.path().join("staged").join(DIGEST).join("train.py");
    assert_eq!(fs::read_to_string(staged).unwrap(), "print('trained')\n", "the staged code is untouched");
    assert!(lab.log(&handle, Stream::System).contains("The command has started."));

    lab.engine.forget(&handle).unwrap();
    assert!(!lab.attempt(&handle).exists());
    assert_eq!(lab.engine.observe(&handle).unwrap(), Observation::Lost);
}

#[test]
fn exit_codes_are_the_commands_own() {
    let lab = Lab::new();
    for (id, command, code, cause) in [
        ("zero", "true", 0, Cause::Exited),
        ("three", "exit 3", 3, Cause::Exited),
        ("killed", "kill -9 $$", 137, Cause::Signalled(9)),
        ("segfault", "kill -SEGV $$", 139, Cause::Signalled(11)),
        ("missing", "no-such-program", 127, Cause::Exited),
        ("reserved", "exit 125", 125, Cause::Exited),
    ] {
        let handle = lab.submit_as(id, &Spec::new(command));
        assert_eq!(lab.end(&handle), (code, cause), "{command}");
    }
}

#[test]
fn the_environment_is_what_was_given_and_no_more() {
    let lab = Lab::new();
    let mut spec = Spec::new("env -u PWD -u SHLVL -u _ -u OLDPWD | sort | cut -d= -f1 | tr '\\n' ' '; echo $GIVEN");
    spec.env.insert("GIVEN".to_owned(), "it's \"quoted\" $HOME".to_owned());
    let (_, _, log) = lab.run(&spec);
    assert_eq!(log, "GALLERIA_OUTPUT_DIR GIVEN HOME LANG PATH PYTHONUNBUFFERED TMPDIR USER it's \"quoted\" $HOME\n");
}

#[test]
fn the_same_id_twice_is_one_attempt() {
    let lab = Lab::new();
    let first = lab.submit(&Spec::new("echo once; exit 4"));
    let second = lab.submit(&Spec::new("echo twice"));
    assert_eq!(first, second);
    assert_eq!(lab.end(&first), (4, Cause::Exited));
    let third = lab.submit(&Spec::new("echo thrice"));
    assert_eq!(lab.end(&third), (4, Cause::Exited));
    assert_eq!(lab.log(&first, Stream::Job), "once\n");
}

#[test]
fn what_cannot_start_says_why() {
    let lab = Lab::new();
    let input = Input { from: PathBuf::from("/no/such/data"), at: "/inputs/x".to_owned() };
    let (code, cause, _) = lab.run(&Spec { inputs: vec![input], ..Spec::new("true") });
    assert_eq!(code, 125);
    assert!(matches!(cause, Cause::SandboxFailed(why) if why.contains("/no/such/data")));
    let impossible = lab.engine.submit(&"a-2".parse().unwrap(), &Spec { cpus: 1e6, ..Spec::new("true") }, &lab.stage());
    assert!(matches!(impossible, Err(EngineError::Refused(_))));
}

#[test]
fn the_probe_says_how_the_engine_is() {
    let lab = Lab::new();
    let found = lab.engine.probe().unwrap();
    assert!(found.cpus >= 1.0 && found.memory > 1 << 28);
    assert!(found.health.iter().all(|finding| finding.condition != Condition::Missing), "{:?}", found.health);
    assert!(found.health.iter().any(|finding| finding.sentence == "A trial job ran in the sandbox."), "{:?}", found.health);
}

#[test]
fn a_server_that_died_before_it_started_the_supervisor_is_made_good() {
    let lab = Lab::new();
    let supervisor = vec![OsString::from("/bin/true")];
    let crashing = LocalEngine::new(Settings { supervisor, ..settings(lab.root.path()) }).unwrap();
    let handle = crashing.submit(&"a-1".parse().unwrap(), &Spec::new("exit 6"), &lab.stage()).unwrap();
    assert_eq!(lab.engine.observe(&handle).unwrap(), Observation::Pending);
    lab.submit(&Spec::new("exit 6"));
    assert_eq!(lab.end(&handle), (6, Cause::Exited));
}

#[test]
fn a_supervisor_that_dies_before_it_has_its_record_is_replaced() {
    let lab = Lab::new();
    let crashing = LocalEngine::new(Settings { supervisor: vec!["/bin/true".into()], ..settings(lab.root.path()) }).unwrap();
    let (id, spec): (AttemptId, _) = ("a-1".parse().unwrap(), Spec::new("exit 6"));
    let handle = crashing.submit(&id, &spec, &lab.stage()).unwrap();
    // It cannot take its lock.
    let lock = lab.attempt(&handle).join("lock");
    fs::create_dir(&lock).unwrap();
    assert!(matches!(lab.engine.submit(&id, &spec, &lab.stage()), Err(EngineError::Unavailable { .. })));
    fs::remove_dir(&lock).unwrap();
    lab.submit(&spec);
    assert_eq!(lab.end(&handle), (6, Cause::Exited));
}

#[test]
fn a_script_may_open_its_output_again() {
    let lab = Lab::new();
    assert_eq!(lab.run(&Spec::new("echo one > /dev/stderr; echo two | tee -a /dev/stderr >/dev/null")).2, "one\ntwo\n");
}
