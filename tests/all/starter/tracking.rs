//! Starters talk to MLflow where its client is installed and has a server, and never fail because of it.

use std::fs;
use std::path::Path;

use galleria::package::Environment;
use galleria::starter;

use super::{archive, environment, run_with};

/// Those that need no packages of their own, so that the client can be all there is.
const PLAIN: [&str; 4] = ["cancer-mlp", "digits-logistic", "penguins-ridge", "wine-kmeans"];

fn client() -> Environment {
    let dependencies = vec!["mlflow-skinny==2.22.0".to_owned()];
    Environment::Python { file: "python_env.yaml".into(), python: None, build: Vec::new(), dependencies }
}

/// Runs every plain starter with this tracking server; gives their metrics and logs.
fn run_all(uri: &str) -> Vec<(serde_json::Value, String)> {
    let programs = environment::programs(&client());
    let plain = starter::algorithms().iter().filter(|starter| PLAIN.contains(&starter.name));
    let trained = plain.map(|starter| {
        let archive = archive(starter);
        let manifest = galleria::package::read(&archive).expect("no faults").manifest;
        let entry = manifest.default_entry_point().expect("an entry point").clone();
        run_with(&archive, &entry, programs.as_deref(), &[], &[("MLFLOW_TRACKING_URI", uri), ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")])
    });
    trained.collect()
}

/// The newest value of a metric of each run in a folder that the client writes to.
fn tracked(store: &Path, name: &str) -> Vec<f64> {
    let runs = fs::read_dir(store.join("0")).expect("the default experiment").filter_map(Result::ok);
    let files = runs.filter_map(|run| fs::read_to_string(run.path().join("metrics").join(name)).ok());
    files.map(|text| text.lines().last().and_then(|line| line.split(' ').nth(1)).expect("a value").parse().expect("a number")).collect()
}

#[test]
fn what_they_reach_is_tracked() {
    let folder = tempfile::tempdir().expect("a folder");
    // The client makes its store where nothing is yet.
    let store = folder.path().join("runs");
    let trained = run_all(&format!("file:{}", store.display()));
    assert_eq!(trained.len(), PLAIN.len() + 1, "wine-kmeans has two versions");
    for name in ["accuracy", "rmse"] {
        let mut reached: Vec<f64> = trained.iter().filter_map(|(metrics, _)| metrics[name].as_f64()).collect();
        let mut tracked = tracked(&store, name);
        reached.sort_by(f64::total_cmp);
        tracked.sort_by(f64::total_cmp);
        // JSON is read to the last digit but one.
        let same = |(one, other): (&f64, &f64)| (one - other).abs() < 1e-12;
        assert!(tracked.len() == reached.len() && tracked.iter().zip(&reached).all(same), "{name}: {tracked:?} {reached:?}");
    }
    let seeds = fs::read_dir(store.join("0")).expect("runs").filter_map(Result::ok).filter(|run| run.path().join("params/seed").exists());
    assert_eq!(seeds.count(), trained.len(), "their hyperparameters are tracked too");
}

#[test]
fn a_server_that_is_gone_fails_nobody() {
    for (_, log) in run_all("http://127.0.0.1:9") {
        assert_eq!(log.matches("tracking is off from here on: ").count(), 1, "{log}");
    }
}
