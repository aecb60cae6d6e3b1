//! Personal tokens: made and shown once, listed, revoked, and dead with the password.

use std::process::Stdio;

use diesel::prelude::*;
use galleria::schema;
use galleria::tokens;

use crate::support::{Client, PASSWORD, Page, Script, TestApp};

fn make(client: &Client, fields: &[(&str, &str)]) -> Page {
    client.post("/settings/tokens", fields)
}

/// A token made on the page, as its owner copies it.
fn token(client: &Client) -> String {
    let page = make(client, &[("name", "nightly"), ("scope", "read"), ("expiry", "30")]);
    client.follow(&page).text("[data-token]")
}

fn works(app: &TestApp, token: &str) -> bool {
    let answer = Script::with(app, token).get("jobs");
    assert!([200, 401].contains(&answer.status()), "{}", answer.page.body);
    answer.status() == 200
}

#[test]
fn a_token_is_shown_once_and_works() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    assert!(ann.get("/settings/tokens").says("You have no tokens."));
    let page = make(&ann, &[("name", "nightly"), ("scope", "read"), ("scope", "jobs"), ("expiry", "30")]);
    let page = ann.follow(&page);
    assert_eq!((page.status(), page.header("cache-control")), (200, "no-store"));
    let text = page.text("[data-token]");
    assert!(text.starts_with("gal_") && text.len() >= 4 + 40, "{text}");
    assert!(works(&app, &text));
    let later = ann.get("/settings/tokens");
    assert!(!later.body.contains(&text), "it is shown once");
    let row = later.text("tbody tr");
    assert!(row.contains("nightly") && row.contains("read") && row.contains("jobs") && !row.contains("subscriptions"), "{row}");
    assert!(!row.contains("Never"), "used now, and it expires: {row}");
}

#[test]
fn every_mistake_is_told_and_nothing_typed_is_lost() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let page = make(&ann, &[("name", " "), ("expiry", "365"), ("scope", "everything")]);
    assert_eq!(page.status(), 422);
    assert_eq!(page.text("#name-error"), "Give it a name, so that you know it again.");
    assert_eq!(page.text("#scope-error"), "Choose what it may be used for.");
    assert_eq!(page.value("[name=expiry]"), "365");
    assert_eq!(make(&ann, &[("name", "x"), ("scope", "read"), ("expiry", "4000")]).status(), 422);
    assert_eq!(ann.get("/settings/tokens").value("[name=expiry]"), "90", "the usual one");
}

#[test]
fn a_revoked_token_is_dead_and_only_its_owner_revokes_it() {
    let app = TestApp::new();
    let (ann, bob) = (app.sign_in("ann"), app.sign_in("bob"));
    let (first, second) = (token(&ann), token(&ann));
    let page = ann.get("/settings/tokens");
    let newest = page.attr("tbody form", "action");
    assert_eq!(bob.post(&newest, &[]).status(), 404, "somebody else's token does not exist");
    assert!(works(&app, &second));
    assert_eq!(ann.post(&newest, &[]).status(), 303);
    assert!(works(&app, &first) && !works(&app, &second));
    assert_eq!(ann.post(&newest, &[]).status(), 404, "it is gone");
    assert_eq!(ann.get("/settings/tokens").count("tbody tr"), 1);
}

#[test]
fn an_expired_token_is_dead_and_says_so() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let text = token(&ann);
    assert!(works(&app, &text));
    let past = galleria::clock::now() - chrono::Duration::seconds(1);
    app.write(|conn| Ok(diesel::update(schema::tokens::table).set(schema::tokens::expires_at.eq(past)).execute(conn)?));
    assert!(!works(&app, &text));
    assert!(ann.get("/settings/tokens").text("tbody tr").contains("Expired"));
}

#[test]
fn tokens_end_with_password_suspension_and_account() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let text = token(&ann);
    ann.post("/settings/password", &[("current", PASSWORD), ("password", "a new battery staple")]);
    assert!(!works(&app, &text), "changed on the page");

    let text = token(&ann);
    let mut child = app.command().args(["user", "password", "ann", "--password-stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!works(&app, &text), "reset by the operator");

    let (ann, id) = (app.sign_in("ann"), app.user("ann").id);
    let text = token(&ann);
    let suspend = |at: Option<galleria::clock::Time>| {
        app.write(|conn| Ok(diesel::update(schema::users::table.find(id)).set(schema::users::suspended_at.eq(at)).execute(conn)?));
    };
    suspend(Some(galleria::clock::now()));
    assert!(!works(&app, &text), "suspended");
    suspend(None);
    assert!(works(&app, &text));
    ann.post("/settings/deletion", &[("password", PASSWORD)]);
    assert!(!works(&app, &text), "deleted");
    assert_eq!(app.read(|conn| Ok(schema::tokens::table.count().get_result::<i64>(conn)?)), 0);
}

#[test]
fn the_database_has_only_the_hash_and_the_last_use_within_minutes() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let text = token(&ann);
    let stored: Vec<(String, String)> =
        app.read(|conn| Ok(schema::tokens::table.select((schema::tokens::token_hash, schema::tokens::name)).load(conn)?));
    let secret = text.trim_start_matches("gal_");
    assert!(stored[0].0.len() == 64 && !stored[0].0.contains(secret) && !secret.contains(&stored[0].0), "{stored:?}");
    assert!(!works(&app, &format!("gal_{}", stored[0].0)) && !works(&app, &stored[0].0), "a copy of the database opens nothing");
    let id = app.user("ann").id;
    let used = || app.read(|conn| tokens::of_user(conn, id))[0].last_used_at;
    assert_eq!(used(), None);
    assert!(works(&app, &text));
    let first = used();
    assert!(first.is_some() && works(&app, &text));
    assert_eq!(used(), first, "not written with every request");
}

#[test]
fn tokens_are_limited() {
    let app = TestApp::options().limits_on().start();
    let ann = app.sign_in("ann");
    let statuses: Vec<u16> = (0..11).map(|_| make(&ann, &[("name", "x"), ("scope", "read")]).status()).collect();
    assert_eq!((statuses[..10].to_vec(), statuses[10]), (vec![303; 10], 429));
}
