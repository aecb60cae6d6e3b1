//! Every starter algorithm is a faultless upload that beats its baseline and listens to its hyperparameters.

use galleria::package::{self, EntryPoint};
use galleria::starter::{self, Starter};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

fn archive(starter: &Starter) -> Vec<u8> {
    package::pack(starter.files.iter().copied()).expect("packs")
}

/// Runs an entry point in a fresh copy; gives the metrics and the log.
fn run(archive: &[u8], entry: &EntryPoint, given: &[(&str, &str)]) -> (serde_json::Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, outputs) = (folder.path().join("project"), folder.path().join("outputs"));
    package::unpack(archive, &project).expect("unpacks");
    let given: BTreeMap<String, String> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let command = entry.compose(&entry.check(&given).expect("valid values"));
    let mut shell = Command::new("bash");
    shell.args(["-c", &command]).current_dir(&project).env("GALLERIA_OUTPUT_DIR", &outputs).env_remove("MLFLOW_TRACKING_URI");
    let done = shell.output().expect("bash and python3");
    let log = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command}\n{log}\n{}", String::from_utf8_lossy(&done.stderr));
    assert_outputs(&outputs);
    let metrics = std::fs::read(outputs.join("metrics.json")).expect("metrics.json");
    (serde_json::from_slice(&metrics).expect("JSON"), log)
}

fn assert_outputs(outputs: &Path) {
    let size = |name: &str| std::fs::metadata(outputs.join(name)).map(|file| file.len()).unwrap_or(0);
    assert!(size("model.json") > 100 && size("predictions.csv") > 100);
    let plots =
        std::fs::read_dir(outputs).expect("outputs").filter_map(Result::ok).filter(|item| item.path().extension().is_some_and(|end| end == "svg"));
    assert_eq!(plots.count(), 1);
}

fn assert_beats_baseline(metrics: &serde_json::Value) {
    let figure = |name: &str| metrics[name].as_f64();
    match (figure("accuracy"), figure("rmse")) {
        (Some(accuracy), _) => assert!(accuracy > figure("baseline_accuracy").expect("a baseline") + 0.1, "{metrics}"),
        (None, Some(rmse)) => assert!(rmse < figure("baseline_rmse").expect("a baseline") * 0.8, "{metrics}"),
        _ => panic!("{metrics}"),
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
    let mut ways = std::collections::BTreeSet::new();
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
fn they_beat_the_baseline_and_listen_to_hyperparameters() {
    for starter in starter::algorithms() {
        let archive = archive(starter);
        let manifest = package::read(&archive).expect("no faults").manifest;
        let entry = manifest.default_entry_point().expect("an entry point");
        let started = Instant::now();
        let (metrics, log) = run(&archive, entry, &[]);
        println!("{}/{} {}: {:.1?} {metrics}", starter.publisher, starter.name, starter.version, started.elapsed());
        assert_beats_baseline(&metrics);
        assert!(log.lines().any(|line| line.starts_with("epoch=1 ") || line.starts_with("step=1 ")), "{log}");
        let other = match starter.name {
            "wine-kmeans" => ("clusters", "2"),
            "penguins-ridge" => ("terms", "linear"),
            _ => ("epochs", "3"),
        };
        let changed = run(&archive, entry, &[other]).0;
        assert_ne!(changed, metrics, "{other:?}");
        assert_eq!(changed, run(&archive, entry, &[other]).0, "the same seed gives the same result");
    }
}
