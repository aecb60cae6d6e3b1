//! Every starter algorithm is a faultless upload that beats its baseline and listens to its hyperparameters.

mod environment;
mod jobs;
mod tracking;

use galleria::package::{self, EntryPoint};
use galleria::starter::{self, Starter};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Every algorithm, and a hyperparameter that must change its figures.
const TRIED: [(&str, (&str, &str)); 10] = [
    ("cancer-mlp", ("epochs", "3")),
    ("co2-forecast", ("trend", "damped")),
    ("concrete-boosting", ("depth", "2")),
    ("digits-cnn", ("epochs", "2")),
    ("digits-logistic", ("epochs", "3")),
    ("factbook-topics", ("epochs", "3")),
    ("penguins-ridge", ("terms", "linear")),
    ("satellite-forest", ("trees", "20")),
    ("shuttle-isolation", ("trees", "20")),
    ("wine-kmeans", ("clusters", "2")),
];

fn archive(starter: &Starter) -> Vec<u8> {
    package::pack(starter.files.iter().copied()).expect("packs")
}

/// Whether gigabytes may come over the network.
pub fn long_run() -> bool {
    let wanted = std::env::var_os("GALLERIA_TEST_LONG").is_some_and(|value| value == "1");
    if !wanted {
        println!("left out: it needs GALLERIA_TEST_LONG=1, as tests/run --long sets");
    }
    wanted
}

/// Runs an entry point in a fresh copy, with Python from `programs` if given; gives the metrics and the log.
fn run(archive: &[u8], entry: &EntryPoint, programs: Option<&Path>, given: &[(&str, &str)]) -> (serde_json::Value, String) {
    run_with(archive, entry, programs, given, &[])
}

/// The same with more in its environment.
fn run_with(
    archive: &[u8],
    entry: &EntryPoint,
    programs: Option<&Path>,
    given: &[(&str, &str)],
    more: &[(&str, &str)],
) -> (serde_json::Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, outputs) = (folder.path().join("project"), folder.path().join("outputs"));
    package::unpack(archive, &project).expect("unpacks");
    let given: BTreeMap<String, String> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let command = entry.compose(&entry.check(&given).expect("valid values"));
    let mut shell = Command::new("bash");
    shell.args(["-c", &command]).current_dir(&project).env("GALLERIA_OUTPUT_DIR", &outputs).env_remove("MLFLOW_TRACKING_URI");
    shell.envs(more.iter().copied());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = programs.map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
    shell.env("PATH", std::env::join_paths(places).expect("a PATH"));
    let done = shell.output().expect("bash and python3");
    let log = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command}\n{log}\n{}", String::from_utf8_lossy(&done.stderr));
    assert_outputs(&outputs);
    let metrics = std::fs::read(outputs.join("metrics.json")).expect("metrics.json");
    (serde_json::from_slice(&metrics).expect("JSON"), log)
}

fn assert_outputs(outputs: &Path) {
    let files = || std::fs::read_dir(outputs).expect("outputs").filter_map(Result::ok);
    let has =
        |start: &str| files().any(|item| item.file_name().to_string_lossy().starts_with(start) && item.metadata().is_ok_and(|file| file.len() > 100));
    assert!(has("model.") && has("predictions.csv"));
    assert_eq!(files().filter(|item| item.path().extension().is_some_and(|end| end == "svg")).count(), 1);
}

/// Every figure `x` stands beside `baseline_x`, what is reached without learning anything.
fn assert_beats_baseline(metrics: &serde_json::Value) {
    let pair = |name: &str| Some((metrics[name].as_f64()?, metrics[format!("baseline_{name}")].as_f64().expect("a baseline")));
    match (pair("accuracy").or_else(|| pair("average_precision")), pair("rmse")) {
        (Some((reached, baseline)), None) => assert!(reached > baseline + 0.1, "{metrics}"),
        (None, Some((error, baseline))) => assert!(error < baseline * 0.8, "{metrics}"),
        _ => panic!("{metrics}"),
    }
}

/// Every version of an algorithm, with its defaults and with one hyperparameter changed.
fn assert_learns(name: &str) {
    let (_, other) = TRIED.into_iter().find(|(tried, _)| *tried == name).expect("is tried");
    for starter in starter::algorithms().iter().filter(|starter| starter.name == name) {
        let archive = archive(starter);
        let manifest = package::read(&archive).expect("no faults").manifest;
        let entry = manifest.default_entry_point().expect("an entry point");
        let programs = environment::programs(&manifest.environment);
        let started = Instant::now();
        let (metrics, log) = run(&archive, entry, programs.as_deref(), &[]);
        println!("{}/{name} {}: {:.1?} {metrics}", starter.publisher, starter.version, started.elapsed());
        assert_beats_baseline(&metrics);
        assert!(log.lines().any(|line| line.starts_with("epoch=1 ") || line.starts_with("step=1 ")), "{log}");
        let changed = run(&archive, entry, programs.as_deref(), &[other]).0;
        assert_ne!(changed, metrics, "{other:?}");
        assert_eq!(changed, run(&archive, entry, programs.as_deref(), &[other]).0, "the same seed gives the same result");
    }
}

#[test]
fn they_are_faultless_uploads_with_everything_filled() {
    for starter in starter::algorithms() {
        let read = package::read(&archive(starter)).unwrap_or_else(|faults| panic!("{}/{}: {faults:?}", starter.publisher, starter.name));
        let about = &read.manifest.about;
        assert_eq!(read.manifest.name.as_deref(), Some(starter.name));
        for text in [&about.title, &about.summary, &about.delivery, &about.restrictions, &about.task, &about.framework, &about.license, &about.notes]
        {
            assert!(text.is_some(), "{}", starter.name);
        }
        assert!(read.readme.is_some_and(|readme| readme.len() > 1_000 && !readme.contains('@')));
        for parameter in &read.manifest.entry_points[0].parameters {
            let bounded = parameter.min.is_some() && parameter.max.is_some() || !parameter.choices.is_empty();
            assert!(parameter.description.is_some() && parameter.default.is_some(), "{}", parameter.name);
            assert!(!parameter.kind.is_number() || bounded, "{}", parameter.name);
        }
        let stored = serde_json::to_string(&read.manifest).expect("JSON");
        assert_eq!(serde_json::from_str::<package::Manifest>(&stored).expect("JSON"), read.manifest);
    }
}

#[test]
fn all_four_ways_of_subscribing_can_be_walked() {
    let publishers = starter::publishers();
    let mut ways = BTreeSet::new();
    for starter in starter::algorithms() {
        let publisher = publishers.iter().find(|publisher| publisher.handle == starter.publisher).expect("a publisher");
        let read = package::read(&archive(starter)).expect("no faults");
        ways.insert((publisher.official, read.manifest.about.has_constraints()));
    }
    assert_eq!(ways.len(), 4);
    let wines: Vec<_> = starter::algorithms().iter().filter(|starter| starter.name == "wine-kmeans").collect();
    assert_eq!(wines.iter().map(|wine| wine.version).collect::<Vec<_>>(), ["1.0.0", "1.1.0"]);
    let constraints = |starter: &Starter| package::read(&archive(starter)).expect("no faults").manifest.about.constraints;
    assert_ne!(constraints(wines[0]), constraints(wines[1]));
}

#[test]
fn what_people_train_is_covered() {
    let about = |starter: &Starter| package::read(&archive(starter)).expect("no faults").manifest.about;
    let tasks: BTreeSet<String> = starter::algorithms().iter().filter_map(|starter| about(starter).task).collect();
    let wanted = ["Anomaly detection", "Clustering", "Image classification", "Regression", "Tabular classification", "Text classification"];
    for task in wanted.into_iter().chain(["Time series forecasting"]) {
        assert!(tasks.contains(task), "{task}: {tasks:?}");
    }
    let names: BTreeSet<&str> = starter::algorithms().iter().map(|starter| starter.name).collect();
    assert_eq!(names, TRIED.into_iter().map(|(name, _)| name).collect(), "each has a test below");
}

#[test]
fn plain_python_learns() {
    for name in ["digits-logistic", "wine-kmeans", "cancer-mlp", "penguins-ridge"] {
        assert_learns(name);
    }
}

#[test]
fn satellite_forest_learns() {
    assert_learns("satellite-forest");
}

#[test]
fn shuttle_isolation_learns() {
    assert_learns("shuttle-isolation");
}

#[test]
fn concrete_boosting_learns() {
    assert_learns("concrete-boosting");
}

#[test]
fn co2_forecast_learns() {
    assert_learns("co2-forecast");
}

#[test]
fn factbook_topics_learns() {
    assert_learns("factbook-topics");
}

/// Its environment is several gigabytes: `tests/run --long` builds it, nothing else does.
#[test]
fn long_digits_cnn_learns() {
    if long_run() {
        assert_learns("digits-cnn");
    }
}
