//! An entry on the pages of a gallery that runs.

use std::time::Duration;

use galleria::catalogue;
use galleria::versions::NO_CODE;
use serde_json::json;

use super::{import, line, many};
use crate::market::listed;
use crate::support::{Script, TestApp, eventually, eventually_within};

#[test]
fn a_running_server_finds_what_was_imported() {
    let app = TestApp::new();
    let (visitor, second) = (app.visitor(), app.another());
    assert_eq!(listed(&visitor.get("/market/algorithms?q=iris")), [""; 0]);
    import(app.place(), &[line("ann", "iris"), line("bob", "wine")]);
    for reader in [&visitor, &second.visitor()] {
        eventually_within(Duration::from_secs(5), "the entry is found", || listed(&reader.get("/market/algorithms?q=iris")) == ["ann/iris"]);
    }
    let row = visitor.get("/market/algorithms?task=Tabular+classification");
    assert_eq!(listed(&row).len(), 2);
    assert!(row.says("40 subscribers"), "{}", row.body);
}

#[test]
fn an_import_waits_for_servers_that_cannot_keep_up() {
    let app = TestApp::new();
    let visitor = app.visitor();
    visitor.get("/market/algorithms");
    import(app.place(), &many(16_000));
    // 8,000 entries and what came with the last thousand, of 16; how many seconds that takes is the machine's.
    let behind = app.state().catalogue.lag(app.db()).unwrap();
    assert!(behind <= 9, "{behind} of 16 changes are left");
    eventually_within(Duration::from_secs(120), "all are found", || visitor.get("/market/algorithms").says("16,000, free to use"));
    eventually("nobody waits for a server that keeps up", || app.read(catalogue::followers).is_empty());
}

#[test]
fn an_entry_says_that_its_code_is_not_here() {
    let app = TestApp::new();
    import(app.place(), &[line("ann", "iris")]);
    let visitor = app.visitor();
    let page = visitor.get("/algorithms/ann/iris");
    assert_eq!((page.status(), page.text("h1").as_str()), (200, "The iris"));
    assert!(page.says("Catalogue entry") && page.says(NO_CODE) && page.says("It is about."), "{}", page.body);
    assert!(!page.has_link("Code") && !page.says("Digest") && !page.says("Proof run"), "{}", page.body);
    let version = visitor.get("/algorithms/ann/iris/versions/1.2.0");
    assert!(version.says(NO_CODE) && version.says("clinical") && version.says("0.001 to 0.3"), "{}", version.body);
    assert!(!version.has_link("Read the code") && !version.says("sha256") && !version.says("Proof run"), "{}", version.body);
    for path in ["code", "code/1.2.0", "code/1.2.0/train.py", "versions/1.2.0/source.zip"] {
        assert_eq!(visitor.get(&format!("/algorithms/ann/iris/{path}")).status(), 404, "{path}");
    }
    let compared = visitor.get("/algorithms/ann/iris/compare");
    assert!(compared.status() == 200 && compared.says("Added"), "{}", compared.body);
    let publisher = visitor.get("/publishers/ann");
    assert!(publisher.says("Organisation") && !publisher.says("Official"), "{}", publisher.body);
}

#[test]
fn two_entries_are_compared_each_with_its_own_texts() {
    let app = TestApp::new();
    let mut other = line("ann", "wine");
    other["versions"][1]["constraints"] = "Only on Sundays.".into();
    import(app.place(), &[line("ann", "iris"), other]);
    let visitor = app.visitor();
    assert!(visitor.get("/algorithms/ann/iris/compare").says("clinical"));
    let page = visitor.get("/algorithms/ann/wine/compare");
    assert!(page.says("Only on Sundays.") && !page.says("clinical"), "{}", page.body);
}

#[test]
fn whoever_subscribes_is_counted_and_no_job_can_be_created() {
    let app = TestApp::new();
    let free = json!({"publisher": "ann", "name": "iris", "title": "The iris", "subscribers": 40, "likes": 7, "updated_at": "2026-01-01"});
    import(app.place(), std::slice::from_ref(&free));
    let eve = app.sign_in("eve");
    let note = eve.follow(&eve.post("/algorithms/ann/iris/subscription", &[]));
    assert!(note.says("Data Security and Privacy Risk"), "{}", note.body);
    let fields = [("step", "note"), ("accept_risk", "on"), ("accept_agreement", "on")];
    assert_eq!(eve.post("/algorithms/ann/iris/subscription/new", &fields).status(), 303);
    assert_eq!(eve.post("/algorithms/ann/iris/like", &[("on", "true")]).status(), 303);
    let subscribers = || app.visitor().get("/algorithms/ann/iris").texts("dl.facts dd")[0].clone();
    eventually("the page shows it", || subscribers() == "41");
    assert_eq!(import(app.place(), std::slice::from_ref(&free)), "1 lines: 0 new, 0 changed, 1 as they were");
    let mut grown = free;
    grown["subscribers"] = 50.into();
    import(app.place(), &[grown]);
    eventually("theirs and ours", || subscribers() == "51");

    let row = eve.get("/console/local/algorithms/subscriptions?open=ann/iris");
    assert!(row.says(NO_CODE) && !row.has_link("Create training job with version 1.0.0"), "{}", row.body);
    let form = eve.get("/console/local/jobs/new?algorithm=ann/iris&version=1.0.0");
    assert!(form.says(NO_CODE), "{}", form.body);
    let fields = [("algorithm", "ann/iris"), ("version", "1.0.0"), ("name", "try"), ("flavor", "cpu-1"), ("launch_id", "one")];
    let sent = eve.post("/console/local/jobs", &fields);
    assert!(sent.status() == 422 && sent.says(NO_CODE), "{} {}", sent.status(), sent.body);
    assert_eq!(eve.post("/algorithms/ann/iris/subscription/cancellation", &[]).status(), 303);
    eventually("and gone again", || subscribers() == "50");

    let output = app.place().command().args(["export", "ann/iris", "1.0.0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(NO_CODE), "{output:?}");
}

#[test]
fn the_api_says_the_same() {
    let app = TestApp::new();
    import(app.place(), &[line("ann", "iris")]);
    let script = Script::of(&app, "eve", &["read"]);
    let answer = script.get("algorithms/ann/iris");
    assert_eq!(answer.at("/versions/0/size"), 0, "{}", answer.page.body);
    assert_eq!((answer.text("/chosen/version"), answer.text("/chosen/entry_points/0/parameters/0/name")), ("1.2.0", "rate"));
}
