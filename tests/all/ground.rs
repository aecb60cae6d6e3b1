//! The harness itself: what other tests take for granted.

use galleria::algorithms::{self, Reader};
use galleria::users::password;

use crate::support::{PASSWORD, TestApp, eventually};

#[test]
fn a_gallery_answers_and_knows_who_is_signed_in() {
    let app = TestApp::new();
    assert_eq!(app.visitor().get("/livez").body, "ok");
    assert!(app.visitor().get("/readyz").body.starts_with("ready\n"));
    let ann = app.sign_in("ann");
    assert_eq!(ann.get("/settings").texts(".facts dd"), ["ann", "ann@example.org"]);
    assert_eq!(app.visitor().get("/settings").location(), "/login?next=%2Fsettings");
    eventually("the session is written", || ann.get("/settings/sessions").says("This one"));
}

#[test]
fn an_algorithm_is_published_with_what_was_asked_for() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().constraints("Not for clinical use.").versions(&["1.0.0", "1.1.0"]).publish();
    assert_eq!(iris.algorithm.newest.as_deref(), Some("1.1.0"));
    assert!(iris.algorithm.constrained && iris.algorithm.open_source);
    assert_ne!(iris.versions[0].digest, iris.versions[1].digest);
    assert!(app.blobs().open(&iris.versions[1].digest).is_ok());
    app.algorithm("bob", "secret").users(&["ann"]).publish();
    let sees = |handle: &str| {
        let user = app.user(handle);
        app.db().read(|conn| algorithms::find(conn, Reader::of(Some(&user)), "bob", "secret")).is_ok()
    };
    assert!(sees("ann") && sees("bob") && !sees("eve"));
}

#[test]
fn two_servers_are_one_gallery() {
    let app = TestApp::new();
    let other = app.another();
    let ann = app.sign_in("ann");
    let there = other.visitor();
    ann.cookies().split("; ").for_each(|cookie| there.set_cookie(cookie));
    assert!(there.get("/settings").says("ann@example.org"));
}

#[test]
fn everybodys_password_is_what_it_says() {
    let app = TestApp::new();
    let id = app.user("ann").id;
    let hash = app.read(|conn| galleria::users::hash_of(conn, id));
    assert!(password::verify(PASSWORD, Some(&hash)));
    assert!(!password::verify("correct horse", Some(&hash)));
}
