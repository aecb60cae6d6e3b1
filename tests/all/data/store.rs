//! Archives and datasets behind an object store: what one machine has taken in, another one finds.

use std::fs;
use std::path::{Path, PathBuf};

use super::{FORM, PROJECT, READER, SALES, ended, uploaded};
use crate::subscriptions::subscribe;
use crate::support::TestApp;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

#[test]
fn a_machine_that_has_nothing_yet_brings_what_it_needs_from_the_store() {
    let shared = tempfile::tempdir().unwrap();
    let app = TestApp::options().env("GALLERIA_STORE", &format!("file://{}", shared.path().display())).with_worker().start();
    let project = PROJECT.replace("galleria:\n", "galleria:\n  open_source: true\n");
    let reader = app.algorithm("lab", "reader").official().mlproject(&project).file("train.py", READER).file("sample.csv", "a\n1\n").publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &reader);
    let dataset = uploaded(&ann, "sales", "sales.csv", SALES);
    assert_eq!((files(&shared.path().join("archives")).len(), files(&shared.path().join("datasets")).len()), (1, 1));

    // As on a machine that was not there when they came in.
    let data = app.config().data_dir.clone();
    let empty = || ["archives", "datasets"].iter().for_each(|kind| fs::remove_dir_all(data.join(kind)).unwrap());
    empty();
    let job = ann.press(&ann.get(FORM), "Create training job", &[("input.table", "sales@1")]).location().to_owned();
    assert!(ended(&ann, &job, "completed").contains("read 1,20 from /inputs/table/sales.csv"));
    empty();
    assert_eq!(ann.get(&format!("{}/versions/1/file", dataset.path)).body.as_bytes(), SALES);
    assert!(ann.get("/algorithms/lab/reader/code/1.0.0/train.py").says("GALLERIA_INPUT_TABLE"));

    // What is not what its digest says is never used.
    empty();
    for blob in files(&shared.path().join("archives")) {
        fs::remove_file(&blob).unwrap();
        fs::write(&blob, "something else").unwrap();
    }
    assert_eq!(ann.get("/algorithms/lab/reader/code/1.0.0/sample.csv").status(), 500);
    assert!(files(&data.join("archives")).is_empty(), "damaged bytes are not kept");
}

#[test]
fn a_store_that_cannot_be_used_is_said_at_the_start() {
    for (address, words) in
        [("nowhere", "is not an address such as"), ("s4://bucket", "cannot be used"), ("s3://me:secret@bucket", "into the environment")]
    {
        let place = TestApp::options().env("GALLERIA_STORE", address).place();
        let said = place.command().args(["config", "check"]).output().unwrap();
        let text = String::from_utf8_lossy(&said.stderr).into_owned() + &String::from_utf8_lossy(&said.stdout);
        assert!(!said.status.success() && text.contains("GALLERIA_STORE: store:") && text.contains(words), "{address}: {text}");
    }
}
