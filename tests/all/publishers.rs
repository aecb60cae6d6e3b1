//! A publisher's page.

use galleria::{clock, publishers, users};

use crate::support::TestApp;

#[test]
fn it_says_who_they_are_and_what_they_publish() {
    let app = TestApp::new();
    let lab = app.organisation("lab", &["ann"]);
    app.write(|conn| publishers::set_about(conn, lab.id, "We grow **flowers**. <script>alert(1)</script>"));
    app.algorithm("lab", "iris").official().publish();
    app.algorithm("lab", "rose").private().publish();
    app.algorithm("bob", "other").publish();
    let page = app.visitor().get("/publishers/lab");
    assert_eq!((page.text("h1"), page.text(".ident-line code")), ("lab".into(), "lab".into()));
    assert!(page.says("Official") && page.says("Organisation"));
    assert_eq!(page.text(".prose strong"), "flowers");
    assert!(!page.body.contains("alert(1)"));
    assert_eq!(page.texts(".algo-title"), ["iris"]);
    assert_eq!(app.sign_in("ann").get("/publishers/lab").texts(".algo-title"), ["rose", "iris"]);
    assert_eq!(app.visitor().click(&page, "Search in them").texts(".algo-title"), ["iris"]);
}

#[test]
fn a_person_can_edit_their_own() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let page = ann.get("/publishers/ann");
    assert!(page.says("Person") && page.says("Nothing that you may see is published here yet."));
    assert_eq!(ann.click(&page, "Edit what it says about you").text("h1"), "Settings");
    assert!(!app.visitor().get("/publishers/ann").has_link("Edit what it says about you"));
}

#[test]
fn who_does_not_exist_has_no_page() {
    let app = TestApp::new();
    for handle in ["nobody", "%27", "a%2Fb", "admin2"] {
        assert_eq!(app.visitor().get(&format!("/publishers/{handle}")).status(), 404, "{handle}");
    }
}

#[test]
fn suspended_and_deleted_publishers_show_nothing() {
    let app = TestApp::new();
    app.algorithm("bob", "iris").publish();
    let bob = app.user("bob").id;
    app.write(|conn| publishers::set_about(conn, bob, "Buy cheap models"));
    app.write(|conn| publishers::set_suspended(conn, bob, Some(clock::now())));
    let page = app.visitor().get("/publishers/bob");
    assert!(page.says("This publisher is suspended.") && !page.says("Buy cheap models"));
    assert!(!page.has(".algo-title"));
    app.write(|conn| users::delete(conn, bob, clock::now()));
    assert_eq!(app.visitor().get("/publishers/bob").status(), 404);
    let page = app.visitor().get(&format!("/publishers/deleted-{bob}"));
    assert_eq!(page.text("h1"), "Deleted account");
    assert!(page.says("This account was deleted.") && !page.has(".algo-title"));
}

#[test]
fn many_algorithms_come_in_pages() {
    let app = TestApp::new();
    for number in 0..26 {
        app.algorithm("lab", &format!("iris-{number}")).publish();
    }
    let visitor = app.visitor();
    let page = visitor.get("/publishers/lab");
    assert_eq!(page.count(".algo-title"), 24);
    assert_eq!(visitor.get(&page.attr("a[rel=next]", "href")).count(".algo-title"), 2);
    assert_eq!(visitor.get("/publishers/lab?page=x").count(".algo-title"), 24);
}
