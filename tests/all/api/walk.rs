//! The whole API as Schemathesis sees it: what the OpenAPI document promises, asked for with values nobody would think of.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{TestApp, eventually};

#[track_caller]
fn schemathesis() -> PathBuf {
    let cache = std::env::var("GALLERIA_TEST_CACHE").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|_| PathBuf::from(std::env::var("HOME").unwrap_or_default()).join(".cache/galleria-tests"));
    let tool = cache.join("python/bin/schemathesis");
    assert!(tool.exists(), "{} is missing: tests/run installs it", tool.display());
    tool
}

#[test]
fn schemathesis_finds_nothing() {
    let app = TestApp::options().with_worker().start();
    let (ann, _) = super::ground(&app);
    let job = ann.ask("POST", "jobs", Some(&super::order()), Some("one"));
    let path = format!("jobs/{}", job.at("/id"));
    eventually("the job ends", || ann.get(&path).at("/ended_at").is_string());

    let folder = tempfile::tempdir().unwrap();
    let seed = std::env::var("GALLERIA_TEST_SEED").unwrap_or_else(|_| "1".to_owned());
    let mut walk = Command::new(schemathesis());
    walk.current_dir(folder.path()).arg("--config-file").arg(std::fs::canonicalize("tests/schemathesis.toml").unwrap());
    walk.arg("run").arg(format!("{}/api/v1/openapi.json", app.url()));
    walk.args(["--header", &format!("Authorization: Bearer {}", ann.token())]);
    walk.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "30", "--continue-on-failure", "--no-color", "--seed", &seed]);
    let said = walk.output().unwrap();
    assert!(said.status.success(), "{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
}
