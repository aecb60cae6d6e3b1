//! Reporting comments and algorithms, and what the operator does about it.

use diesel::prelude::*;
use galleria::schema::reports;

use crate::support::{Client, TestApp};

const PAGE: &str = "/algorithms/lab/iris";
const TAB: &str = "/algorithms/lab/iris/comments";

fn app() -> TestApp {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    app
}

/// Says it and gives the address of the comment.
fn say(client: &Client, body: &str) -> String {
    let page = client.post(TAB, &[("body", body)]);
    let id = page.location().rsplit_once("#comment-").expect("back to the comment").1.to_owned();
    format!("{TAB}/{id}")
}

fn count(app: &TestApp) -> i64 {
    app.read(|conn| Ok(reports::table.count().get_result(conn)?))
}

#[test]
fn a_member_reports_a_comment_once() {
    let app = app();
    let (ann, bob) = (app.sign_in("ann"), app.sign_in("bob"));
    let place = say(&ann, "Buy cheap watches.");
    let form = bob.click(&bob.get(TAB), "Report");
    assert!(form.says("Buy cheap watches.") && form.says("Only the operator of this gallery reads it."));
    for (typed, sentence) in [(" \n ".to_owned(), "Say what is wrong with it."), ("y".repeat(501), "Use at most 500 characters.")] {
        let again = bob.press(&form, "Report", &[("reason", &typed)]);
        assert_eq!((again.status(), again.text("#reason-error").as_str()), (422, sentence));
        assert_eq!(again.value("#reason").trim(), typed.trim(), "nothing typed is lost");
    }
    let sent = bob.press(&form, "Report", &[("reason", &"ü".repeat(500))]);
    assert!(sent.location().starts_with(&format!("{TAB}#comment-")), "{}", sent.location());
    assert!(bob.follow(&sent).says("Thank you. The operator will look at it."));
    let again = bob.press(&form, "Report", &[("reason", "still there")]);
    assert!(bob.follow(&again).says("You have reported this already."));
    assert_eq!(count(&app), 1);
    app.sign_in("cleo").post(&format!("{place}/report"), &[("reason", "spam")]);
    assert_eq!(count(&app), 2, "another member's is another report");
    assert!(bob.partial(&format!("{place}/report")).has("#dialog-title"));
}

#[test]
fn nobody_reports_what_is_their_own_or_what_they_do_not_see() {
    let app = app();
    app.algorithm("lab", "secret").private().publish();
    let (ann, lab) = (app.sign_in("ann"), app.sign_in("lab"));
    let place = say(&ann, "mine");
    assert!(!ann.get(TAB).has_link("Report") && !lab.get(PAGE).has_link("Report"));
    let own = ann.post(&format!("{place}/report"), &[("reason", "x")]);
    assert!(own.status() == 409 && own.says("This comment is your own."));
    assert_eq!(lab.post(&format!("{PAGE}/report"), &[("reason", "x")]).status(), 409);
    assert_eq!(lab.get(&format!("{PAGE}/report")).status(), 409);
    assert_eq!(ann.post("/algorithms/lab/secret/report", &[("reason", "x")]).status(), 404);
    assert_eq!(ann.post(&format!("{TAB}/999/report"), &[("reason", "x")]).status(), 404);
    assert!(app.visitor().get(&format!("{PAGE}/report")).location().starts_with("/login?next="));
    lab.post(&format!("{place}/hiding"), &[("reason", "off topic")]);
    let hidden = app.sign_in("bob").get(&format!("{place}/report"));
    assert!(hidden.status() == 409 && !hidden.says("mine"));
    assert_eq!(count(&app), 0);
}

#[test]
fn a_member_reports_an_algorithm_and_the_operator_is_told() {
    let app = app();
    let (ann, olga) = (app.sign_in("ann"), app.sign_in_operator());
    let form = ann.click(&ann.get(PAGE), "Report");
    assert_eq!(ann.press(&form, "Report", &[("reason", "")]).status(), 422);
    let sent = ann.press(&form, "Report", &[("reason", "It mines coins.")]);
    assert_eq!(sent.location(), PAGE);
    assert!(ann.follow(&sent).says("Thank you. The operator will look at it."));
    ann.post(&format!("{PAGE}/report"), &[("reason", "It still does.")]);
    assert_eq!(count(&app), 1);
    let told = olga.get("/notifications");
    assert!(told.says("ann reported iris.") && olga.get("/").text(".bell").contains("1 unread"), "{}", told.text("main"));
    assert!(!app.visitor().get(PAGE).has_link("Report"));
}
