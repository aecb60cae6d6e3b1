//! What is accepted is the text that was shown, once, and nobody gets past it.

use galleria::consents;
use galleria::subscriptions::State;

use crate::subscriptions::{state, subscribe};
use crate::support::{Client, Page, TestApp};

const BOTH: [(&str, &str); 2] = [("accept_risk", "on"), ("accept_agreement", "on")];

fn given(app: &TestApp, handle: &str) -> Vec<(String, String)> {
    let user = app.user(handle).id;
    let all = app.read(|conn| consents::of_user(conn, user, 0, 100));
    all.into_iter().rev().map(|consent| (consent.kind.to_string(), format!("{} {}", consent.algorithm, consent.version))).collect()
}

fn step(page: &Page) -> String {
    page.attr("main", "data-step")
}

fn accept_note(client: &Client, page: &Page) -> Page {
    client.press(page, "Continue", &BOTH)
}

#[test]
fn posting_ahead_leads_to_the_first_missing_page() {
    let app = TestApp::new();
    let iris = app.algorithm("bob", "iris").constraints("Not for clinical use.").publish();
    let ann = app.sign_in("ann");
    let (path, first) = ("/algorithms/bob/iris/subscription/new?version=1.0.0", "/algorithms/bob/iris/subscription/new?version=1.0.0");
    let note = [("step", "note"), BOTH[0], BOTH[1]];
    let ahead = [&[("step", "constraints")][..], &note[..], &BOTH[..], &[("step", "subscribed")][..], &[][..]];
    for fields in ahead {
        let answer = ann.post(path, fields);
        assert_eq!((answer.status(), answer.location()), (303, first), "{fields:?}");
    }
    assert_eq!((given(&app, "ann"), state(&app, "ann", &iris)), (vec![], None));
    let page = ann.get(path);
    for fields in &ahead[1..] {
        assert_eq!(ann.post(path, fields).location(), first, "{fields:?}");
    }
    let answer = ann.press(&page, "Continue", &[]);
    assert_eq!(given(&app, "ann"), [("constraints".into(), "iris 1.0.0".into())]);
    assert_eq!(ann.post(path, &note).location(), first, "the note was not shown yet");
    assert_eq!(step(&ann.follow(&answer)), "note");
    assert_eq!(ann.post(path, &[("step", "constraints"), BOTH[0], BOTH[1]]).location(), first);
    assert_eq!(state(&app, "ann", &iris), None);
    assert_eq!(ann.post(path, &note).location(), "/algorithms/bob/iris");
    assert_eq!(state(&app, "ann", &iris), Some(State::Active));
}

#[test]
fn continue_on_the_note_is_refused_until_both_are_ticked() {
    let app = TestApp::new();
    let iris = app.algorithm("bob", "iris").publish();
    let ann = app.sign_in("ann");
    let page = ann.get("/algorithms/bob/iris/subscription/new");
    assert_eq!(page.texts(".check-title"), ["Data Security and Privacy Risk", "Service Agreement"]);
    assert!(page.says("was not released by the operator") && page.says("metered and billed to you"));
    let none = ann.press(&page, "Continue", &[]);
    assert_eq!((none.status(), step(&none)), (422, "note".into()));
    assert_eq!(none.text("#accept_risk-error"), "Tick Data Security and Privacy Risk to continue.");
    assert_eq!(none.text("#accept_agreement-error"), "Tick Service Agreement to continue.");
    let one = ann.press(&none, "Continue", &[("accept_risk", "on")]);
    assert_eq!(one.status(), 422);
    assert!(one.has("#accept_risk[checked]") && !one.has("#accept_agreement[checked]"), "what was ticked stays");
    assert!(!one.has("#accept_risk-error") && one.has("#accept_agreement-error"));
    let off = ann.press(&one, "Continue", &[("accept_agreement", "off")]);
    assert_eq!(off.status(), 422, "a box that says off is not ticked");
    assert_eq!((given(&app, "ann"), state(&app, "ann", &iris)), (vec![], None));
    assert_eq!(ann.press(&one, "Continue", &[("accept_agreement", "on")]).location(), "/algorithms/bob/iris");
}

#[test]
fn a_note_that_changed_since_it_was_shown_is_shown_again() {
    let folder = tempfile::tempdir().unwrap();
    let risk = folder.path().join("risk.md");
    std::fs::write(&risk, "Old **risk**.").unwrap();
    let file = format!(
        "[note]\nrisk = {:?}\n[[region]]\nid = \"local\"\nname = \"Here\"\nengine = \"local\"\n[[region.flavor]]\nid = \"one\"\nname = \"One\"\ncpus = 1\nmemory = \"1GiB\"\nprice_per_hour = \"1\"\n",
        risk.display().to_string()
    );
    let app = TestApp::options().file(&file).start();
    let iris = app.algorithm("bob", "iris").publish();
    let tea = app.algorithm("bob", "tea").publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &tea);
    let page = app.sign_in("ben").get("/algorithms/bob/iris/subscription/new");
    assert!(page.says("Old risk."));
    std::fs::write(&risk, "New risk.").unwrap();
    let later = app.another();
    let ben = later.sign_in("ben");
    ben.get("/algorithms/bob/iris/subscription/new");
    // Seen on the server with the old text, continued on the one with the new text, in one session.
    let old = app.visitor();
    ben.cookies().split("; ").for_each(|cookie| old.set_cookie(cookie));
    old.get("/algorithms/bob/iris/subscription/new");
    let answer = ben.post("/algorithms/bob/iris/subscription/new", &[("step", "note"), BOTH[0], BOTH[1]]);
    assert_eq!((answer.location(), state(&app, "ben", &iris)), ("/algorithms/bob/iris/subscription/new?version=1.0.0", None));
    let again = ben.follow(&answer);
    assert!(again.says("New risk.") && !again.says("Old risk."));
    assert_eq!(accept_note(&ben, &again).location(), "/algorithms/bob/iris");
    // Whoever accepted the old one goes on, and is asked again when something new begins.
    assert_eq!(state(&app, "ann", &tea), Some(State::Active));
    let there = later.visitor();
    ann.cookies().split("; ").for_each(|cookie| there.set_cookie(cookie));
    assert!(there.follow(&there.post("/algorithms/bob/iris/subscription", &[])).says("New risk."));
}

#[test]
fn a_newer_version_in_between_asks_for_its_own_text() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().constraints("Old words.").publish();
    let ann = app.sign_in("ann");
    let page = ann.get("/algorithms/lab/iris/subscription/new");
    app.algorithm("lab", "iris").official().constraints("New words.").versions(&["1.1.0"]).publish();
    let answer = ann.press(&page, "Continue", &[]);
    assert_eq!((answer.location(), state(&app, "ann", &iris)), ("/algorithms/lab/iris/subscription/new?version=1.1.0", None));
    let page = ann.follow(&answer);
    assert!(page.says("New words.") && !page.says("Old words."));
    ann.press(&page, "Continue", &[]);
    assert_eq!(given(&app, "ann"), [("constraints".into(), "iris 1.1.0".into())]);
}

#[test]
fn the_same_text_is_never_asked_twice() {
    let app = TestApp::new();
    let iris = app.algorithm("bob", "iris").constraints("Not for clinical use.").versions(&["1.0.0", "1.1.0"]).publish();
    let tea = app.algorithm("bob", "tea").constraints("Not for clinical use.").publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    assert_eq!(ann.post("/algorithms/bob/tea/subscription", &[]).location(), tea.path());
    assert_eq!(ann.get("/algorithms/bob/iris/subscription/new?version=1.0.0").location(), iris.path());
    assert_eq!(given(&app, "ann").len(), 2);
    let ben = app.sign_in("ben");
    assert_eq!(step(&ben.get("/algorithms/bob/tea/subscription/new")), "constraints", "one accepts for oneself only");
}

#[test]
fn retrieving_shows_what_changed_since() {
    let app = TestApp::new();
    let words = |memory: &str| format!("Remove names.\nAt least {memory} of memory.\n");
    let iris = app.algorithm("lab", "iris").official().constraints(&words("2 GiB")).publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    ann.post("/algorithms/lab/iris/subscription/cancellation", &[]);
    app.algorithm("lab", "iris").official().constraints(&words("2 GiB")).versions(&["1.0.1"]).publish();
    app.algorithm("lab", "iris").official().constraints(&words("4 GiB")).versions(&["1.1.0"]).publish();
    let list = ann.get("/me/algorithms/subscriptions");
    let answer = ann.press(&list, "Retrieve Subscription", &[]);
    let page = ann.follow(&answer);
    assert_eq!(step(&page), "constraints");
    assert!(page.says("You accepted the constraints of version 1.0.0"));
    assert_eq!(
        (page.texts(".diff del"), page.texts(".diff ins")),
        (vec!["At least 2 GiB of memory.".to_owned()], vec!["At least 4 GiB of memory.".to_owned()])
    );
    assert_eq!(state(&app, "ann", &iris), Some(State::Cancelled));
    let partial = ann.post_partial("/algorithms/lab/iris/subscription/retrieval", &[]);
    assert!(partial.header("hx-redirect").starts_with("/algorithms/lab/iris/subscription/new?version=1.1.0"), "the whole page, not a row");
    let answer = ann.press(&page, "Continue", &[]);
    assert_eq!((answer.location(), state(&app, "ann", &iris)), ("/me/algorithms/subscriptions", Some(State::Active)));
}

#[test]
fn an_active_subscriber_accepts_another_version_and_goes_on_where_it_was_asked() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().constraints("Old words.").publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    app.algorithm("lab", "iris").official().constraints("New words.").versions(&["1.1.0"]).publish();
    let form = "/console/local/jobs/new?algorithm=lab/iris&version=1.1.0";
    let asked = "/algorithms/lab/iris/subscription/new?version=1.1.0&next=%2Fconsole%2Flocal%2Fjobs%2Fnew%3Falgorithm%3Dlab%2Firis%26version%3D1.1.0";
    let page = ann.get(asked);
    assert!(page.says("You are subscribed already."));
    assert_eq!(ann.press(&page, "Continue", &[]).location(), form);
    assert_eq!(ann.get(asked).location(), form, "nothing is missing any more");
    let away = ann.get("/algorithms/lab/iris/subscription/new?version=1.1.0&next=//evil.example");
    assert_eq!(away.location(), "/");
}

#[test]
fn hardware_that_fits_is_counted_beside_each_need() {
    let app = TestApp::new();
    app.algorithm("lab", "iris")
        .official()
        .yaml("requires", "{cpus: 2, inputs: [{name: train, formats: [csv], description: One row per flower}]}")
        .publish();
    let page = app.sign_in("ann").get("/algorithms/lab/iris/subscription/new");
    assert_eq!(page.texts("tbody th"), ["Accelerator", "CPUs", "Nodes", "Input train"]);
    assert_eq!(page.texts("tbody td.num"), ["2 of 2 flavors", "1 of 2 flavors", "2 of 2 flavors", "checked at submit"]);
    assert!(page.says("Fits on This machine") && page.says("CSV: One row per flower"));
}

#[test]
fn settings_list_what_was_accepted_with_its_text() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    assert!(ann.get("/settings/consents").says("You have not accepted anything yet."));
    let iris = app.algorithm("bob", "iris").constraints("Not for clinical use. <script>alert(1)</script>").publish();
    subscribe(&ann, &iris);
    let page = ann.get("/settings/consents");
    assert_eq!(page.texts(".card-head h2"), ["Note of bob / iris 1.0.0", "Constraints of bob / iris 1.0.0"]);
    assert!(page.says("Not for clinical use.") && page.says("was not released by the operator") && !page.body.contains("<script>alert"));
    assert_eq!(app.sign_in("eve").get("/settings/consents").count(".card"), 0);
}
