//! Environments: packages of a version, installed once by the real uv from a real index, in the real sandbox.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use galleria::engine::{Environment, Staged, Staging};
use galleria::jobs::{State, Typed};

use crate::jobs::settled;
use crate::support::training::{Lab, subscribe, typed};
use crate::support::{Client, Options, Page, TestApp, eventually, training};

/// Says which package it has, and tries to change it.
const TRAIN: &str = r#"import os, sys, six
print("six", six.__version__, "of", sys.prefix)
for path in (six.__file__, os.path.join(sys.prefix, "new"), "/opt/galleria/new"):
    try:
        open(path, "a").close()
        print("wrote", path)
    except OSError:
        print("kept")
"#;

fn needs_uv() {
    let found = Command::new("uv").arg("--version").output();
    assert!(found.is_ok_and(|uv| uv.status.success()), "uv must be on the PATH for this test; tests/run installs it");
}

/// A gallery with `lab/{name}` for each of these requirements, and a subscriber.
fn ground(options: Options, algorithms: &[(&str, &str)]) -> (TestApp, Client) {
    let app = options.start();
    let ann = app.user("ann");
    for (name, requirement) in algorithms {
        let environment = "python: \"3.11\"\ndependencies:\n  - -r requirements.txt\n";
        let needy = app.algorithm("lab", name).file("python_env.yaml", environment).file("requirements.txt", requirement);
        let needy = needy.file("train.py", TRAIN).publish();
        subscribe(&app, &ann, &needy);
    }
    let ann = app.sign_in("ann");
    (app, ann)
}

fn form(name: &str) -> String {
    format!("/console/local/jobs/new?algorithm=lab/{name}&version=1.0.0")
}

#[track_caller]
fn launch(ann: &Client, name: &str) -> String {
    let answer = ann.press(&ann.get(&form(name)), "Create training job", &[]);
    assert_eq!(answer.status(), 303, "{}", answer.body);
    answer.location().to_owned()
}

fn logs(ann: &Client, path: &str) -> Page {
    ann.get(&format!("{path}/logs"))
}

/// The events of a job that concern its environment.
fn about_environment(ann: &Client, path: &str) -> Vec<String> {
    let labels = ann.get(&format!("{path}/events")).texts(".event-list .strong");
    labels.into_iter().filter(|label| label.starts_with("Environment")).collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.file_name().into_string().unwrap()).collect());
    entries.unwrap_or_default()
}

#[test]
fn packages_are_installed_once_and_every_job_reads_them() {
    needs_uv();
    let (app, ann) = ground(Options::default().with_worker(), &[("needy", "six==1.16.0  # compat\n")]);
    let environments = app.config().data_dir.join("environments");
    let first = launch(&ann, "needy");
    let job = settled(&ann, &first);
    let log = logs(&ann, &first);
    assert_eq!(job.attr("main", "data-state"), "completed", "{}", log.body);
    assert!(log.says("six 1.16.0 of /opt/galleria/environment") && log.texts(".log-line").iter().filter(|line| line.ends_with("kept")).count() == 3);
    let said = log.texts(".log-system").join("\n");
    assert!(said.contains("+ six==1.16.0") && said.contains("The environment is ready; its lock is sha256 "), "{said}");
    assert!(said.find("+ six==1.16.0") < said.find("The command has started."), "{said}");
    assert!(ann.get(&format!("{first}/logs.txt")).body.contains("[system]  + six==1.16.0\n"));
    assert_eq!(about_environment(&ann, &first), ["Environment built"]);
    let ready = names(&environments.join("ready"));
    assert_eq!(ready.len(), 1);
    let digest = ready.first().unwrap();
    assert!(job.body.contains(&format!("title=\"{digest}\"")));
    let text = fs::read_to_string(app.config().data_dir.join("locks").join(format!("{digest}.txt"))).unwrap();
    assert!(text.contains("six==1.16.0") && text.contains("--hash=sha256:"));

    let builds = names(&environments.join("builds"));
    let second = launch(&ann, "needy");
    assert_eq!(settled(&ann, &second).attr("main", "data-state"), "completed");
    assert_eq!((about_environment(&ann, &second), names(&environments.join("builds"))), (vec!["Environment reused".to_owned()], builds.clone()));

    // Deleted to make room: the same lock again, and what a deleted job has left goes with it.
    fs::remove_dir_all(&environments).unwrap();
    let third = launch(&ann, "needy");
    assert_eq!(settled(&ann, &third).attr("main", "data-state"), "completed", "{}", logs(&ann, &third).body);
    assert_eq!((names(&environments.join("ready")), names(&environments.join("builds")).len()), (ready, 1));
    assert!(logs(&ann, &third).says("The versions are those of the first time."));
    ann.post(&format!("{third}/deletion"), &[]);
    eventually("its build is forgotten", || names(&environments.join("builds")).is_empty());
}

#[test]
fn two_at_once_are_one_build() {
    needs_uv();
    let (app, ann) = ground(Options::default().with_worker(), &[("one", "six==1.16.0\n"), ("two", "six==1.16.0\n")]);
    let paths = [launch(&ann, "one"), launch(&ann, "two")];
    let ends: Vec<String> = paths.iter().map(|path| settled(&ann, path).attr("main", "data-state")).collect();
    assert_eq!(ends, ["completed", "completed"]);
    let mut events: Vec<String> = paths.iter().flat_map(|path| about_environment(&ann, path)).collect();
    events.sort();
    assert_eq!(events, ["Environment built", "Environment reused"]);
    assert_eq!(names(&app.config().data_dir.join("environments/ready")).len(), 1);
}

#[test]
fn what_cannot_be_had_is_named_with_the_reason() {
    needs_uv();
    let list = [("nothing", "six\ngalleria-no-such-package-9d1c==1.0\n"), ("source", "docopt==0.6.2\n"), ("version", "six==99\n")];
    let (app, ann) = ground(Options::default().with_worker(), &list);
    let words = [
        "galleria-no-such-package-9d1c==1.0 cannot be had, there is no such package in the index.",
        "docopt==0.6.2 cannot be had, there is no wheel that fits this machine and its Python, and source code is not built here.",
        "six==99 cannot be had, there is no such version.",
    ];
    let paths = list.map(|(name, _)| launch(&ann, name));
    for (path, words) in paths.iter().zip(words) {
        let job = settled(&ann, path);
        assert_eq!(job.attr("main", "data-state"), "failed", "another attempt would fare the same");
        assert!(job.says(words), "{words}: {}", job.text("main"));
        assert!(logs(&ann, path).texts(".log-system").iter().any(|line| line.contains(words)), "the log says it as well");
        assert!(logs(&ann, path).texts(".log-system").iter().any(|line| line.contains("No solution found when resolving dependencies")));
        assert!(job.says("Not built"));
    }
    let environments = app.config().data_dir.join("environments");
    assert_eq!(names(&environments.join("ready")).len(), 0);
    for build in names(&environments.join("builds")) {
        assert!(!environments.join("builds").join(build).join("outputs").exists(), "what failed keeps no files");
    }
}

#[test]
fn an_index_that_is_not_there_is_said() {
    needs_uv();
    let options = Options::default().with_worker().env("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple").env("UV_INDEX_URL", "");
    let (_app, ann) = ground(options, &[("needy", "six==1.16.0\n")]);
    let path = launch(&ann, "needy");
    let job = settled(&ann, &path);
    assert_eq!(job.attr("main", "data-state"), "abnormal");
    assert!(job.says("the package index could not be reached."), "{}", logs(&ann, &path).text("main"));
}

/// The process that resolves for this test's index, if there is one.
fn builder(port: u16) -> Option<String> {
    let pids = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    let is = |pid: &String| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("pip\0compile") && String::from_utf8_lossy(&environment).contains(&format!(":{port}/simple"))
    };
    pids.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).find(is)
}

/// An index that takes a question and never answers, and the gallery that asks it.
struct Silent {
    app: TestApp,
    ann: Client,
    port: u16,
    /// The job whose packages are asked for.
    path: String,
    _open: (TcpListener, std::net::TcpStream),
}

fn silent() -> Silent {
    needs_uv();
    let index = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = index.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let (mut caller, _) = index.accept().unwrap();
        let mut request = [0; 4];
        caller.read_exact(&mut request).unwrap();
        assert_eq!(&request, b"GET ");
        (index, caller)
    });
    let options = Options::default().with_worker().env("UV_DEFAULT_INDEX", &format!("http://127.0.0.1:{port}/simple")).env("UV_INDEX_URL", "");
    let (app, ann) = ground(options, &[("needy", "six==1.16.0\n")]);
    let path = launch(&ann, "needy");
    Silent { app, ann, port, path, _open: asked.join().unwrap() }
}

#[test]
fn a_build_whose_supervisor_is_killed_leaves_nothing() {
    let Silent { app, ann, port, path, _open } = silent();
    let environments = app.config().data_dir.join("environments");
    let build = environments.join("builds").join(names(&environments.join("builds")).first().unwrap());
    let record: serde_json::Value = serde_json::from_slice(&fs::read(build.join("supervisor.json")).unwrap()).unwrap();
    let supervisor = nix::unistd::Pid::from_raw(record["pid"].as_i64().unwrap().try_into().unwrap());
    nix::sys::signal::kill(supervisor, nix::sys::signal::Signal::SIGKILL).unwrap();
    let job = settled(&ann, &path);
    assert_eq!(job.attr("main", "data-state"), "abnormal");
    assert!(job.says("What watched over the installation of its packages is gone."));
    eventually("nothing of it is alive", || builder(port).is_none());
    eventually("nothing of it is kept", || !build.join("outputs").exists());
    assert_eq!(names(&environments.join("ready")).len(), 0);
}

#[test]
fn a_build_is_contained_and_stop_ends_it_promptly() {
    let Silent { app, ann, port, path, _open } = silent();
    let page = ann.get(&path);
    assert_eq!(page.attr("main", "data-state"), "creating");
    assert!(page.says("Its Python packages are being installed"));
    eventually("its log is there while it goes on", || logs(&ann, &path).says("Packages for Python"));

    let pid = builder(port).expect("the build is a process of this machine");
    let root = format!("/proc/{pid}/root");
    if fs::read_dir(&root).is_ok() {
        let data = app.config().data_dir.display().to_string();
        let seen: Vec<_> = [data.as_str(), "/root/.ssh", "/etc/shadow", "/home/job/.config", "/srv"]
            .into_iter()
            .filter(|path| Path::new(&format!("{root}{path}")).exists())
            .collect();
        assert_eq!(seen, Vec::<&str>::new());
    }
    let environment = String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/environ")).unwrap()).into_owned();
    assert!(
        !["DATABASE_URL", "GALLERIA_DATA_DIR", "GALLERIA_ADMIN_PASSWORD", "CARGO"].iter().any(|word| environment.contains(word)),
        "{environment}"
    );

    let before = Instant::now();
    ann.press(&ann.get(&path), "Stop", &[]);
    let job = settled(&ann, &path);
    assert_eq!(job.attr("main", "data-state"), "terminated");
    assert!(before.elapsed() < Duration::from_secs(8) && builder(port).is_none(), "{:?}", before.elapsed());
    assert!(job.says("It was stopped before it started."));
    assert_eq!(names(&app.config().data_dir.join("environments/ready")).len(), 0);
}

#[test]
fn without_uv_the_region_says_so_and_the_form_refuses() {
    let (app, ann) = ground(Options::default().with_engines().env("GALLERIA_UV", "/no/such/uv"), &[("needy", "six==1.16.0\n")]);
    eventually("the region is checked", || app.state().engines.health("local").is_some());
    let regions = ann.get("/console");
    assert!(
        regions.says("Algorithms with dependencies cannot run here unless theirs are installed already: `/no/such/uv` was not found.")
            && regions.says("degraded")
    );
    assert!(regions.texts(".choice code").iter().any(|command| command.starts_with("python3 -m pip install") && command.ends_with(" uv")));
    let page = ann.get(&form("needy"));
    assert!(page.says("It needs Python packages (six==1.16.0). Algorithms with dependencies cannot run here"));
    assert!(!page.buttons().contains(&"Create training job".to_owned()));
    let fields = [("algorithm", "lab/needy"), ("version", "1.0.0"), ("name", "x"), ("flavor", "cpu-1")];
    let answer = ann.post("/console/local/jobs", &fields);
    assert_eq!(answer.status(), 422);
    assert!(answer.text("#version-error").contains("was not found"));
}

#[test]
fn what_was_installed_before_runs_without_uv() {
    needs_uv();
    let paths = std::env::var_os("PATH").unwrap();
    let uv = std::env::split_paths(&paths).map(|folder| folder.join("uv")).find(|uv| uv.is_file()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("uv");
    std::os::unix::fs::symlink(uv, &named).unwrap();
    let options = Options::default().with_worker().env("GALLERIA_UV", &named.display().to_string());
    let (app, ann) = ground(options, &[("needy", "six==1.16.0\n"), ("other", "six==1.17.0\n")]);
    let path = launch(&ann, "needy");
    assert_eq!(settled(&ann, &path).attr("main", "data-state"), "completed", "{}", logs(&ann, &path).body);

    fs::remove_file(&named).unwrap();
    let later = app.another();
    eventually("the region is checked", || later.state().engines.health("local").is_some());
    let ann = later.sign_in("ann");
    assert!(ann.get(&form("other")).says("It needs Python packages (six==1.17.0). Algorithms with dependencies cannot run here"));
    let path = launch(&ann, "needy");
    assert_eq!(settled(&ann, &path).attr("main", "data-state"), "completed", "{}", logs(&ann, &path).body);
    assert_eq!(about_environment(&ann, &path), ["Environment reused"]);
}

#[test]
fn a_failure_to_install_is_tried_again_as_another_attempt() {
    let app = TestApp::new();
    let ann = app.user("ann");
    let needy = app.algorithm("lab", "needy").file("python_env.yaml", "dependencies: [six]\n").publish();
    subscribe(&app, &ann, &needy);
    let lab = Lab::new(&app);
    lab.engine.stages(Staging::Underway("Being installed.".into()));
    let job = training::submit(&app, &ann, &needy, &Typed { retries: "1".into(), ..typed("l") });
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.job(job.id).reason.as_str()), (State::Creating, "Being installed."));
    lab.engine.stages(Staging::Failed("No index.".into()));
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.attempts(job.id).len()), (State::Abnormal, 2));
    assert_eq!(lab.events(job.id), ["Submitted", "Tried again", "Abnormal"]);

    lab.engine.stages(Staging::Impossible("No wheel.".into()));
    let job = training::submit(&app, &ann, &needy, &Typed { retries: "1".into(), ..typed("n") });
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.job(job.id).reason.as_str(), lab.attempts(job.id).len()), (State::Failed, "No wheel.", 1));

    let lock = "ab".repeat(32);
    let environment = Some(Environment { lock: lock.clone(), built: Some(Duration::from_millis(2_300)) });
    lab.engine.stages(Staging::Ready(Staged { digest: needy.versions[0].digest.clone(), environment }));
    let job = training::submit(&app, &ann, &needy, &typed("m"));
    lab.settle();
    assert_eq!(lab.attempts(job.id)[0].environment, Some(lock));
    assert_eq!(lab.events(job.id), ["Submitted", "Environment built", "Queued"]);
}
