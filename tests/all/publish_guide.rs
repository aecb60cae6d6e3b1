//! **How to publish** and its JSON Schema, held against what is published.

use std::path::Path;
use std::process::Command;

use scraper::{Html, Selector};

use crate::support::TestApp;

/// Validates every file against the schema and says what is wrong, as an editor would.
const VALIDATE: &str = r"
import json, sys, jsonschema_rs, yaml
schema = json.load(open(sys.argv[1]))
for path in sys.argv[2:]:
    for error in jsonschema_rs.validator_for(schema).iter_errors(yaml.safe_load(open(path))):
        print(path, list(error.instance_path), error.message)
";

fn projects(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            projects(&entry, found);
        } else if entry.file_name().is_some_and(|name| name == "MLproject") {
            found.push(entry);
        }
    }
}

fn faults(schema: &Path, files: &[std::path::PathBuf]) -> String {
    let cache = std::env::var("GALLERIA_TEST_CACHE").map(std::path::PathBuf::from);
    let cache = cache.unwrap_or_else(|_| Path::new(&std::env::var("HOME").unwrap_or_default()).join(".cache/galleria-tests"));
    let python = cache.join("python/bin/python");
    let said = Command::new(&python).args(["-c", VALIDATE]).arg(schema).args(files).output().unwrap();
    assert!(said.status.success(), "{}: {}", python.display(), String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn editors_accept_every_starter_and_the_guides_own_example_and_see_mistakes() {
    let app = TestApp::new();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name)
    };
    let schema = app.visitor().get("/publish/mlproject.schema.json");
    assert_eq!(schema.status(), 200);
    let schema = write("schema.json", &schema.body);
    let mut files = Vec::new();
    projects(Path::new("starter"), &mut files);
    assert!(files.len() >= 10, "{files:?}");
    let guide = app.visitor().get("/publish/guide");
    let guide = Html::parse_document(&guide.body);
    let pre = Selector::parse("pre").unwrap();
    let mut examples = guide.select(&pre).map(|pre| pre.text().collect::<String>());
    let section = examples.find(|text| text.contains("galleria:")).unwrap();
    let example = format!("entry_points: {{main: {{command: echo}}}}\n{section}");
    files.push(write("guide.yaml", &example));
    assert_eq!(faults(&schema, &files), "", "{example}");
    let wrong = write("wrong.yaml", "entry_points: {main: {command: echo}}\ngalleria: {titel: x, metrics: [{name: a, goal: up}]}\n");
    let said = faults(&schema, &[wrong]);
    assert!(said.contains("titel") && said.contains("metrics"), "{said}");
}
