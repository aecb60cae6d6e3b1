//! What is found while the index lags behind what was written: nothing that is hidden by now.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use diesel::prelude::*;
use galleria::algorithms::{self, Reader, Visibility};
use galleria::clock;
use galleria::schema::algorithms::dsl;
use galleria::search::Query;

use super::index::segments;
use super::{MARKET, search};
use crate::catalog::{import, many};
use crate::market::listed;
use crate::support::{TestApp, eventually, eventually_within};

const SAYS: &str = "The search index is not up to date.";
/// For thousands of algorithms, on a machine that does much else.
const LONG: Duration = Duration::from_secs(120);

/// Puts a file in the place of the index's folder, so that nothing more can be written; where the folder is now.
fn block(app: &TestApp) -> PathBuf {
    eventually("the index is up to date", || app.visitor().get("/readyz").body.contains(": 0 changes"));
    let (folder, away) = (segments(app), segments(app).with_file_name("away"));
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "in the way").unwrap();
    away
}

#[test]
fn an_index_that_cannot_be_written_still_serves_and_shows_nothing_that_is_hidden() {
    let app = TestApp::new();
    let secret = app.algorithm("ann", "iris").text("title", "Flowers of the garden").publish().algorithm;
    let wheat = app.algorithm("ann", "wheat").text("title", "Flowers of the field").publish().algorithm;
    let (visitor, before) = (app.visitor(), format!("{MARKET}?sort=published"));
    assert_eq!(listed(&visitor.get(&before)), ["ann/wheat", "ann/iris"]);
    let away = block(&app);
    app.write(|conn| algorithms::touch(conn, wheat.id, clock::now()));
    assert_eq!(listed(&visitor.get(&before)), ["ann/wheat", "ann/iris"], "reading works");
    app.write(|conn| algorithms::set_visibility(conn, secret.id, Visibility::Private, &[], clock::now()));
    assert!(visitor.get("/readyz").body.contains("search index: 1 changes behind"), "{}", visitor.get("/readyz").body);
    for path in [before.as_str(), "/", "/publishers/ann", "/market/algorithms?q=flowers"] {
        for _ in 0..2 {
            let page = visitor.get(path);
            assert_eq!((page.status(), page.body.contains("of the garden")), (200, false), "{path}");
            assert!(page.body.contains("of the field"), "{path}");
        }
    }
    assert!(visitor.get(MARKET).says(SAYS));
    let suggested = app.state().catalogue.suggest(app.db(), Reader::default(), "flow").unwrap();
    assert!(!format!("{suggested:?}").contains("garden"), "{suggested:?}");
    let similar = app.state().catalogue.similar(app.db(), Reader::default(), wheat.id, 4).unwrap();
    assert!(similar.is_empty(), "{similar:?}");
    let own = app.sign_in("ann").get(MARKET);
    assert!(own.body.contains("of the garden"), "its publisher finds it");
    let folder = segments(&app);
    fs::remove_file(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    eventually("it is brought up to date", || !visitor.get(MARKET).says(SAYS));
    assert_eq!(search(&app, "flowers"), ["ann/wheat"]);
}

#[test]
fn lists_count_what_was_done_with_the_next_request() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").official().publish();
    app.algorithm("lab", "wheat").official().publish();
    let visitor = app.visitor();
    let first = || listed(&visitor.get(&format!("{MARKET}?sort=likes")))[0].clone();
    let like = |member: &crate::support::Client, name: &str| {
        assert_eq!(member.post(&format!("/algorithms/lab/{name}/like"), &[("on", "true")]).status(), 303);
    };
    let members: Vec<_> = ["ann", "bea", "cem", "dora", "eve", "finn", "gus", "hal"].map(|name| app.sign_in(name)).into();
    // Each time one more likes the one that is behind by one, or level with the other.
    like(&members[0], "iris");
    assert_eq!(first(), "lab/iris");
    for two in members[1..].windows(2).step_by(2) {
        like(&two[0], "wheat");
        like(&two[1], "wheat");
        assert_eq!(first(), "lab/wheat", "liked by two more");
        like(&two[0], "iris");
        like(&two[1], "iris");
        assert_eq!(first(), "lab/iris", "and so is the other one");
    }
}

#[test]
fn counters_of_thousands_are_read_while_lists_are_asked_for_all_the_time() {
    let app = TestApp::new();
    import(app.place(), &many(6_000));
    let visitor = app.visitor();
    eventually_within(LONG, "all are found", || visitor.get(MARKET).says("6,000, free to use"));
    let first = || listed(&visitor.get(&format!("{MARKET}?sort=likes")))[0].clone();
    let last = "group-29/entry-4321";
    assert_ne!(first(), last);
    // What a script of the operator may do: more at once than are counted while somebody waits.
    app.write(|conn| {
        let liked = dsl::algorithms.filter(dsl::name.eq("entry-4321"));
        diesel::update(liked).set(dsl::likes.eq(dsl::likes + 1_000_000)).execute(conn)?;
        diesel::update(dsl::algorithms).set((dsl::touched_at.eq(clock::now()), dsl::touches.eq(dsl::touches + 1))).execute(conn)?;
        Ok(())
    });
    eventually_within(LONG, "they are counted", || first() == last);
}

#[test]
fn whoever_likes_something_after_a_large_import_is_counted_with_the_next_answer() {
    let app = TestApp::new();
    let iris = app.algorithm("ann", "iris").publish().algorithm;
    import(app.place(), &many(6_000));
    eventually_within(LONG, "all are found", || app.visitor().get(MARKET).says("6,001, free to use"));
    for count in 1..=6 {
        let member = app.user(&format!("member-{count}")).id;
        app.write(|conn| galleria::reactions::like(conn, member, iris.id, galleria::reactions::Wish::On, clock::now()));
        let found = app.state().catalogue.search(app.db(), Reader::default(), Query::default().with_text("publisher:ann")).unwrap();
        assert_eq!(found.cards().next().unwrap().counters.likes, count);
    }
}

#[test]
fn a_server_whose_index_is_just_begun_answers_at_once_and_says_so() {
    let app = TestApp::new();
    import(app.place(), &many(12_000));
    // Without an index, and with more to take in than anybody is made to wait for.
    let other = app.another();
    let visitor = other.visitor();
    let page = visitor.get(MARKET);
    assert!(page.status() == 200 && page.says(SAYS) && page.says("No algorithm can be found yet."), "{}", page.body);
    assert_eq!(visitor.get("/algorithms/group-29/entry-4321").status(), 200, "what somebody has the address of");
    for path in ["/", "/publishers/group-29", "/market/algorithms?q=entry-4321", "/market/suggestions?q=entr"] {
        assert_eq!(visitor.get(path).status(), 200, "{path}");
    }
    eventually_within(LONG, "all are found", || visitor.get(MARKET).says("12,000, free to use"));
    assert!(!visitor.get(MARKET).says(SAYS));
    assert_eq!(listed(&visitor.get("/market/algorithms?q=entry-4321"))[0], "group-29/entry-4321");
}
