//! An entry on the pages of a gallery that runs.

use std::time::Duration;

use diesel::prelude::*;
use galleria::catalogue::{self, Follower};
use galleria::clock;
use galleria::schema::algorithms;
use galleria::versions::NO_CODE;
use serde_json::{Value, json};

use super::{import, line, many};
use crate::market::listed;
use crate::support::{Script, TestApp, eventually, eventually_within};

/// For thousands of entries, on a machine that does much else.
const LONG: Duration = Duration::from_secs(120);

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
fn an_import_waits_for_a_server_that_is_far_behind() {
    let app = TestApp::new();
    let slow = |sequence| {
        let follower = Follower { id: "slow".to_owned(), sequence, said_at: clock::now() };
        app.write(|conn| catalogue::say_followed(conn, &follower));
    };
    let come = || app.read(|conn| Ok(algorithms::table.filter(algorithms::name.like("entry-%")).count().get_result::<i64>(conn)?));
    let others: Vec<Value> = (0..2_000).map(|number| line("other", &format!("other-{number}"))).collect();
    slow(0);
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| import(app.place(), &many(12_000)));
        eventually_within(LONG, "as many as it may be ahead", || come() >= 9_000);
        slow(0);
        // As much as would have come in meanwhile if it did not wait.
        import(app.place(), &others);
        assert_eq!((come(), importing.is_finished()), (9_000, false));
        slow(app.read(catalogue::sequence));
        importing.join().unwrap();
    });
    assert_eq!(come(), 12_000);
}

#[test]
fn a_server_says_that_it_is_far_behind_until_it_has_kept_up_for_a_while() {
    let app = TestApp::new();
    assert!(app.read(catalogue::followers).is_empty());
    import(app.place(), &many(6_000));
    eventually_within(LONG, "it says so", || !app.read(catalogue::followers).is_empty());
    eventually_within(LONG, "nobody waits for it any more", || app.read(catalogue::followers).is_empty());
    assert!(app.visitor().get("/market/algorithms").says("6,000, free to use"));
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
