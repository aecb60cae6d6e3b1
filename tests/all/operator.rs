//! The operator's area: reports, members, publishers, jobs, and the log.

use galleria::jobs::State;

use crate::support::training::{Lab, submit, subscribe, typed};
use crate::support::{Client, PASSWORD, Script, TestApp};

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

#[test]
fn the_area_is_the_operators_alone() {
    let app = app();
    let (ann, olga) = (app.sign_in("ann"), app.sign_in_operator());
    assert!(!ann.get("/").has_link("Operator"));
    let first = olga.follow(&olga.click(&olga.get("/"), "Operator"));
    assert_eq!((first.text("h1").as_str(), first.text("nav.tabs a[aria-current]").as_str()), ("Operator", "Reports"));
    assert!(first.says("Nobody has reported anything."));
    for tab in ["Members", "Publishers", "Training jobs", "Audit log"] {
        let page = olga.click(&first, tab);
        assert_eq!((page.status(), page.text("nav.tabs a[aria-current]").as_str()), (200, tab));
        assert_eq!(ann.get(&page.path).status(), 404);
        assert_eq!(app.visitor().get(&page.path).status(), 404);
    }
    assert!(olga.get("/operator/jobs").says("No training job is under way."));
    assert!(olga.get("/operator/users?q=nobody%25").says("No member is called that."));
    assert!(olga.get("/operator/publishers?q=nobody").says("No publisher is called that."));
    for nothing in
        ["/operator/reports/99/dismissal", "/operator/reports/99/hiding", "/operator/users/nobody/suspension", "/operator/jobs/99/cancellation"]
    {
        assert_eq!(olga.post(nothing, &[("reason", "x")]).status(), 404, "{nothing}");
    }
}

#[test]
fn a_reported_comment_is_hidden_and_everybody_who_reported_it_is_answered() {
    let app = app();
    let (ann, bob, cleo, olga) = (app.sign_in("ann"), app.sign_in("bob"), app.sign_in("cleo"), app.sign_in_operator());
    let place = say(&ann, "Buy <b>watches</b>.");
    bob.post(&format!("{place}/report"), &[("reason", "spam")]);
    cleo.post(&format!("{place}/report"), &[("reason", "an <i>advertisement</i>")]);
    let list = olga.get("/operator/reports");
    assert!(list.says("2 open.") && list.says("an <i>advertisement</i>") && list.says("“Buy <b>watches</b>.”"), "{}", list.text("main"));
    assert_eq!(list.texts("tbody [data-label=By]"), ["cleo", "bob"]);
    let form = olga.click(&list, "Hide comment");
    assert!(form.says("cleo reported: an <i>advertisement</i>"));
    let again = olga.press(&form, "Hide comment", &[("reason", " ")]);
    assert!(again.status() == 422 && again.text("#reason-error").starts_with("Say why"));
    let sent = olga.press(&form, "Hide comment", &[("reason", "no advertising")]);
    let list = olga.follow(&sent);
    assert!(list.says("The comment is hidden and the report closed.") && list.says("Nothing waits for you."));
    assert_eq!(list.texts("tbody .badge"), ["Comment hidden", "Comment hidden"]);
    assert!(!list.has_link("Hide comment") && !list.has("tbody button"));
    let read = app.visitor().get(TAB);
    assert!(read.says("Hidden by olga: no advertising") && !read.says("watches"));
    for member in [&bob, &cleo] {
        assert!(member.get("/notifications").says("The operator looked at your report of a comment on iris: comment hidden."));
    }
    assert_eq!(olga.press(&form, "Hide comment", &[("reason", "again")]).status(), 409);
    let log = olga.get("/operator/audit");
    let id = place.rsplit('/').next().unwrap();
    assert!(log.says(&format!("lab/iris comment {id}")) && log.says("no advertising") && log.says("olga"), "{}", log.text("main"));
    assert_eq!(log.texts("tbody th")[..2], ["report closed", "comment hidden"]);
}

#[test]
fn a_report_is_dismissed_and_the_member_can_report_again() {
    let app = app();
    let (ann, olga) = (app.sign_in("ann"), app.sign_in_operator());
    ann.post(&format!("{PAGE}/report"), &[("reason", "first")]);
    let list = olga.get("/operator/reports");
    assert_eq!((list.link("iris").as_str(), list.has_link("Hide comment")), (PAGE, false));
    let after = olga.follow(&olga.press(&list, "Dismiss", &[]));
    assert!(after.says("The report is dismissed.") && after.text("tbody .badge") == "Dismissed");
    assert_eq!(olga.press(&list, "Dismiss", &[]).status(), 409);
    assert_eq!(app.visitor().get(PAGE).status(), 200);
    ann.post(&format!("{PAGE}/report"), &[("reason", "second")]);
    let list = olga.get("/operator/reports");
    assert_eq!(list.texts("tbody [data-label=Reason]"), ["second", "first"], "open ones stand first");
}

#[test]
fn a_reported_algorithm_is_delisted_and_its_subscribers_keep_it() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").publish();
    let (ann, olga) = (app.sign_in("ann"), app.sign_in_operator());
    subscribe(&app, &app.user("ann"), &iris);
    ann.post(&format!("{PAGE}/report"), &[("reason", "It mines coins.")]);
    let form = olga.click(&olga.get("/operator/reports"), "Delist");
    assert_eq!(olga.press(&form, "Delist", &[("reason", "")]).status(), 422);
    assert_eq!(olga.press(&form, "Delist", &[("reason", "It does.")]).status(), 303);
    assert_eq!((app.visitor().get(PAGE).status(), ann.get(PAGE).status()), (404, 200));
    assert!(!app.visitor().get("/market/algorithms").has_link("iris"));
    assert_eq!(olga.get("/operator/reports").text("tbody .badge"), "Delisted");
    assert_eq!(olga.get("/operator/audit").texts("tbody th")[..2], ["report closed", "algorithm delisted"]);
}

#[test]
fn a_suspended_member_is_out_at_once_and_comes_back_when_it_ends() {
    let app = app();
    app.algorithm("bob", "spam").publish();
    let (bob, olga) = (app.sign_in("bob"), app.sign_in_operator());
    assert_eq!(app.visitor().get("/algorithms/bob/spam").status(), 200);
    let made = bob.post("/settings/tokens", &[("name", "nightly"), ("scope", "read"), ("expiry", "30")]);
    let token = bob.follow(&made).text("[data-token]");
    assert_eq!(Script::with(&app, &token).get("jobs").status(), 200);
    let list = olga.get("/operator/users?q=BOB@example");
    assert_eq!(list.texts("tbody th"), ["bob"]);
    assert!(list.says("bob@example.org"));
    let form = olga.click(&list, "Suspend bob");
    assert_eq!(olga.press(&form, "Suspend", &[("reason", " ")]).text("#reason-error"), "Say why; it stays in the audit log.");
    let after = olga.follow(&olga.press(&form, "Suspend", &[("reason", "advertises")]));
    assert!(after.says("bob is suspended and signed out everywhere.") && after.text("tbody .badge") == "Suspended");
    assert_eq!(olga.press(&form, "Suspend", &[("reason", "again")]).status(), 409);

    assert!(bob.get("/settings").location().starts_with("/login?next="));
    assert_eq!(Script::with(&app, &token).get("jobs").status(), 401);
    assert!(!app.visitor().get("/market/algorithms").has_link("spam"));
    assert_eq!((app.visitor().get("/algorithms/bob/spam").status(), olga.get("/algorithms/bob/spam").status()), (404, 200));
    assert_eq!(app.sign_in("ann").post("/algorithms/bob/spam/subscription", &[]).status(), 404);
    let refused = |password| {
        let page = app.visitor().post("/login", &[("login", "bob"), ("password", password)]);
        (page.status(), page.text(".error-summary, [role=alert]"))
    };
    assert_eq!(refused(PASSWORD), refused("a wrong password"));

    let after = olga.follow(&olga.press(&after, "End suspension of bob", &[]));
    assert!(after.says("The suspension of bob has ended.") && after.text("tbody .badge") == "Active");
    assert_eq!(olga.post("/operator/users/bob/reinstatement", &[]).status(), 409);
    assert!(bob.get("/settings").location().starts_with("/login?next="), "what ended stays ended");
    assert_eq!(Script::with(&app, &token).get("jobs").status(), 401);
    assert_eq!(app.sign_in("bob").get("/settings").status(), 200);
    assert!(app.visitor().get("/market/algorithms").has_link("spam"));
    assert_eq!(app.visitor().get("/algorithms/bob/spam").status(), 200);
    let log = olga.get("/operator/audit");
    assert_eq!(log.texts("tbody th")[..2], ["suspension ended", "member suspended"]);
    assert!(log.says("advertises"));
}

#[test]
fn operators_do_not_suspend_themselves() {
    let app = TestApp::new();
    let olga = app.sign_in_operator();
    assert!(!olga.get("/operator/users?q=olga").has_link("Suspend olga"));
    let own = olga.post("/operator/users/olga/suspension", &[("reason", "x")]);
    assert!(own.status() == 409 && own.says("You cannot suspend yourself."));
    assert_eq!(olga.get("/operator").status(), 303);
    app.organisation("club", &["mia"]);
    assert_eq!(olga.post("/operator/users/club/suspension", &[("reason", "x")]).status(), 404, "organisations do not sign in");
}

#[test]
fn members_and_the_log_come_in_pages() {
    let app = TestApp::new();
    for number in 0..30 {
        app.user(&format!("member-{number}"));
    }
    let olga = app.sign_in_operator();
    let first = olga.get("/operator/users?q=member-");
    assert_eq!(first.count("tbody tr"), 24);
    assert_eq!(olga.click(&first, "Next").count("tbody tr"), 6);
    for number in 0..13 {
        let handle = format!("member-{number}");
        olga.post(&format!("/operator/publishers/{handle}/mark"), &[("official", "true")]);
        olga.post(&format!("/operator/publishers/{handle}/mark"), &[("official", "false")]);
    }
    let log = olga.get("/operator/audit");
    assert_eq!((log.count("tbody tr"), olga.click(&log, "Next").count("tbody tr")), (24, 2));
}

#[test]
fn the_official_mark_is_given_and_taken_back() {
    let app = app();
    let olga = app.sign_in_operator();
    let list = olga.get("/operator/publishers?q=lab");
    let after = olga.follow(&olga.press(&list, "Mark official: lab", &[]));
    assert!(after.says("lab is official.") && after.text("tbody .tone-accent") == "Official");
    assert!(app.visitor().get(PAGE).text(".ident-line").contains("Official"));
    olga.press(&after, "Take the mark back from lab", &[]);
    assert!(!app.visitor().get(PAGE).text(".ident-line").contains("Official"));
    assert_eq!(olga.get("/operator/audit").texts("tbody th")[..2], ["official mark taken back", "official mark given"]);
    assert_eq!(olga.post("/operator/publishers/nobody/mark", &[("official", "true")]).status(), 404);
}

#[test]
fn the_operator_stops_any_job_without_reading_it() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").publish();
    let lab = Lab::new(&app);
    let (user, ann, olga) = (app.user("ann"), app.sign_in("ann"), app.sign_in_operator());
    subscribe(&app, &user, &iris);
    let job = submit(&app, &user, &iris, &typed("one"));
    let list = olga.get("/operator/jobs");
    assert_eq!(list.text("tbody th"), job.id.to_string());
    assert!(list.says("ann") && list.says("lab/iris 1.0.0"), "{}", list.text("main"));
    assert_eq!(ann.post(&format!("/operator/jobs/{}/cancellation", job.id), &[]).status(), 404);
    let after = olga.follow(&olga.press(&list, &format!("Stop job {}", job.id), &[]));
    assert!(after.says(&format!("Job {} was asked to stop.", job.id)));
    lab.settle();
    assert_eq!(lab.job(job.id).state, State::Terminated);
    assert!(olga.get("/operator/jobs").says("No training job is under way."));
    assert_eq!(olga.post(&format!("/operator/jobs/{}/cancellation", job.id), &[]).status(), 409);
    assert!(ann.get("/notifications").says(&format!("The operator asked {} to stop.", job.name)));
    assert_eq!(olga.get(&format!("{}/logs", job.path())).status(), 404, "its log stays its owner's");
    let log = olga.get("/operator/audit");
    assert_eq!(log.text("tbody th"), "job stopped");
    assert!(log.says(&format!("job {} of ann", job.id)));
}
