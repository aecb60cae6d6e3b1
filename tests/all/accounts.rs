//! Opening an account, signing in and out, sessions, and the end of an account.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use galleria::engines::Engines;
use galleria::worker::Worker;
use galleria::{clock, publishers, schema, sessions, users};

use crate::support::{Client, PASSWORD, TestApp};

fn is_signed_in(client: &Client) -> bool {
    client.get("/settings").status() == 200
}

fn log_in(client: &Client, login: &str, password: &str) -> u16 {
    client.post("/login", &[("login", login), ("password", password)]).status()
}

#[test]
fn registering_signs_in_and_comes_back_to_where_it_began() {
    let app = TestApp::new();
    let ann = app.visitor();
    let form = ann.get("/register?next=%2Fsettings");
    let done = ann.press(&form, "Register", &[("handle", "ann"), ("email", "Ann@Example.org"), ("password", PASSWORD)]);
    assert_eq!((done.status(), done.location()), (303, "/settings"));
    let settings = ann.follow(&done);
    assert_eq!(settings.texts(".facts dd"), ["ann", "ann@example.org"]);
    assert!(settings.texts(".toast").iter().any(|toast| toast.contains("Welcome, ann.")), "{}", settings.body);
    assert!(!ann.get("/settings").has(".toast"), "the sentence is said once");
}

#[test]
fn every_mistake_is_told_at_once_and_nothing_typed_is_lost() {
    let app = TestApp::new();
    let visitor = app.visitor();
    let page = visitor.post("/register", &[("handle", "Ann!"), ("email", "ann"), ("password", "short"), ("next", "/settings")]);
    assert_eq!(page.status(), 422);
    assert!(page.text("#handle-error").contains("a-z, 0-9 and -"));
    assert!(page.text("#email-error").contains("e-mail address"));
    assert_eq!(page.text("#password-error"), "Use at least 8 characters.");
    assert_eq!((page.value("#handle").as_str(), page.value("#email").as_str(), page.value("[name=next]").as_str()), ("Ann!", "ann", "/settings"));
    assert_eq!(page.attr("#handle", "aria-invalid"), "true");
}

#[test]
fn a_taken_name_is_refused_beside_its_field() {
    let app = TestApp::new();
    app.user("ann");
    let register = |handle: &str, email: &str| app.visitor().post("/register", &[("handle", handle), ("email", email), ("password", PASSWORD)]);
    assert!(register("ann", "other@example.org").text("#handle-error").contains("taken"));
    assert!(register("other", "ANN@example.org").text("#email-error").contains("already"));
    let both = app.visitor().post("/register", &[("handle", "ann"), ("email", "ANN@example.org"), ("password", "short")]);
    let told = ["#handle-error", "#email-error", "#password-error"].map(|css| !both.text(css).is_empty());
    assert_eq!(told, [true; 3], "what is taken is told together with what is wrong");
    assert!(register("admin", "a@example.org").text("#handle-error").contains("reserved"));
    app.organisation("lab", &["bob"]);
    assert!(register("lab", "lab@example.org").text("#handle-error").contains("taken"), "organisations and people share their names");
}

#[test]
fn common_passwords_are_refused() {
    let app = TestApp::new();
    for password in ["password1", "Password1", "12345678", "qwertyuiop"] {
        let page = app.visitor().post("/register", &[("handle", "ann"), ("email", "ann@example.org"), ("password", password)]);
        assert_eq!((page.status(), page.text("#password-error").contains("most common")), (422, true), "{password}");
    }
}

#[test]
fn signing_in_takes_handle_or_address() {
    let app = TestApp::new();
    app.user("ann");
    for login in ["ann", "ann@example.org", " Ann ", "ANN@EXAMPLE.ORG"] {
        let ann = app.visitor();
        assert_eq!(log_in(&ann, login, PASSWORD), 303, "{login}");
        assert!(is_signed_in(&ann), "{login}");
    }
}

#[test]
fn the_signed_out_are_brought_back_after_signing_in() {
    let app = TestApp::new();
    app.user("ann");
    let ann = app.visitor();
    let asked = ann.get("/settings/sessions?x=1");
    assert_eq!(asked.location(), "/login?next=%2Fsettings%2Fsessions%3Fx%3D1");
    let form = ann.follow(&asked);
    let done = ann.press(&form, "Log in", &[("login", "ann"), ("password", PASSWORD)]);
    assert_eq!(done.location(), "/settings/sessions?x=1");
    let part = app.visitor().partial("/settings");
    assert_eq!((part.header("hx-redirect"), part.body.as_str()), ("/login?next=%2Fsettings", ""), "a fragment's place is no place for a form");
}

#[test]
fn unknown_person_and_wrong_password_are_told_the_same() {
    let app = TestApp::new();
    // Through the page, so that the hash is of the real cost.
    app.visitor().post("/register", &[("handle", "ann"), ("email", "ann@example.org"), ("password", PASSWORD)]);
    let attempt = |login: &str| {
        let begun = Instant::now();
        let page = app.visitor().post("/login", &[("login", login), ("password", "not the password")]);
        (page, begun.elapsed())
    };
    let (wrong, unknown) = (attempt("ann").0, attempt("bob").0);
    assert_eq!((wrong.status(), unknown.status()), (422, 422));
    assert_eq!(wrong.text("[role=alert]"), "The login or the password is wrong.");
    assert_eq!(wrong.body.replace("ann", "bob"), unknown.body);
    assert_eq!(wrong.value("[name=login]"), "ann");
    let median = |login: &str| {
        let mut times: Vec<Duration> = (0..7).map(|_| attempt(login).1).collect();
        times.sort();
        times[3].as_secs_f64()
    };
    let (wrong, unknown) = (median("ann"), median("bob"));
    let ratio = wrong / unknown;
    assert!((0.4..2.5).contains(&ratio), "a wrong password takes {wrong} s, an unknown person {unknown} s");
}

#[test]
fn signing_out_ends_the_session_on_the_server() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let copied = ann.cookies();
    let page = ann.get("/settings");
    let out = ann.press(&page, "Log out", &[]);
    assert_eq!((out.status(), out.location()), (303, "/"));
    assert!(!is_signed_in(&ann));
    let thief = app.visitor();
    let page = thief.send(thief.request("GET", "/settings").header("Cookie", copied));
    assert_eq!(page.location(), "/login?next=%2Fsettings", "the old cookie must be worth nothing");
}

#[test]
fn a_session_that_ended_is_not_revived_by_a_request_still_under_way() {
    let app = TestApp::new();
    app.sign_in("ann");
    let token = sessions::token();
    let state = sessions::State::from([("user_id".to_owned(), "1".to_owned())]);
    let now = clock::now();
    app.write(|conn| sessions::begin(conn, &token, &sessions::State::new(), now));
    app.write(|conn| sessions::end(conn, &token));
    app.write(|conn| sessions::keep(conn, &token, &state, now));
    assert!(app.read(|conn| sessions::find(conn, &token, None, now)).is_none());
}

#[test]
fn ended_sessions_are_removed_in_time() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let worker = Worker::new(app.db().clone(), Engines::default(), app.folder());
    worker.sweep(clock::now()).expect("sweeps");
    assert!(is_signed_in(&ann), "a living one stays");
    worker.sweep(clock::now() + sessions::IDLE + chrono::Duration::seconds(1)).expect("sweeps");
    let left: i64 = app.read(|conn| Ok(schema::sessions::table.count().get_result(conn)?));
    assert_eq!(left, 0);
}

#[test]
fn a_session_planted_before_signing_in_is_worth_nothing() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let before = ann.cookies();
    log_in(&ann, "ann", PASSWORD);
    assert_ne!(ann.cookies(), before, "signing in gives a new token");
    let page = ann.send(app.visitor().request("GET", "/settings").header("Cookie", before));
    assert_eq!(page.status(), 303);
}

#[test]
fn a_new_password_ends_every_other_session() {
    let app = TestApp::new();
    let (here, there) = (app.sign_in("ann"), app.sign_in("ann"));
    let form = here.get("/settings/password");
    let wrong = here.press(&form, "Change password", &[("current", "not it"), ("password", "short")]);
    assert_eq!(wrong.status(), 422);
    assert_eq!(wrong.text("#current-error"), "This is not your password.");
    assert_eq!(wrong.text("#password-error"), "Use at least 8 characters.");
    assert!(is_signed_in(&there));
    let old = here.cookies();
    let done = here.press(&form, "Change password", &[("current", PASSWORD), ("password", "a new battery staple")]);
    assert_eq!(done.status(), 303, "{}", done.body);
    assert!(is_signed_in(&here), "this one goes on");
    assert!(!is_signed_in(&there));
    assert_ne!(here.cookies(), old, "under a new token");
    assert_eq!((log_in(&app.visitor(), "ann", PASSWORD), log_in(&app.visitor(), "ann", "a new battery staple")), (422, 303));
}

#[test]
fn a_session_can_be_ended_from_another() {
    let app = TestApp::new();
    let (here, there) = (app.sign_in("ann"), app.sign_in("ann"));
    let page = here.get("/settings/sessions");
    let rows = page.texts("tbody tr");
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.contains("Test Browser/1.0")), "{rows:?}");
    let own = rows.iter().position(|row| row.contains("This one")).unwrap();
    let ends = page.attrs("tbody form", "action");
    let bob = app.sign_in("bob");
    assert_eq!(bob.post(&ends[own], &[]).status(), 404, "somebody else's session does not exist");
    assert!(is_signed_in(&here));
    let ended = here.post(&ends[1 - own], &[]);
    assert_eq!((ended.status(), ended.location()), (303, "/settings/sessions"));
    assert_eq!(here.follow(&ended).count("tbody tr"), 1);
    assert!(!is_signed_in(&there));
    here.post(&ends[own], &[]);
    assert!(!is_signed_in(&here), "ending the current one is signing out");
}

#[test]
fn two_servers_share_sessions() {
    let app = TestApp::new();
    let other = app.another();
    let ann = app.sign_in("ann");
    let there = other.visitor();
    there.set_cookie(&ann.cookies());
    assert!(is_signed_in(&there));
    there.post("/logout", &[]);
    assert!(!is_signed_in(&ann), "signing out at one is signing out at both");
}

#[test]
fn a_deleted_account_leaves_nothing_personal() {
    let app = TestApp::new();
    let (ann, elsewhere) = (app.sign_in("ann"), app.sign_in("ann"));
    let id = app.user("ann").id;
    let lasting = app.algorithm("ann", "iris").publish();
    let used = app.algorithm("house", "plain").official().publish();
    ann.post("/algorithms/house/plain/subscription", &[]);
    let subscribers = || {
        app.read(|conn| galleria::algorithms::find(conn, galleria::algorithms::Reader::default(), "house", &used.algorithm.name))
            .algorithm
            .subscribers
    };
    assert_eq!(subscribers(), 1);
    ann.post("/settings", &[("about", "I live in Kiel."), ("time_zone", "Europe/Berlin")]);
    let form = ann.get("/settings/deletion");
    let refused = ann.press(&form, "Delete my account", &[("password", "not it")]);
    assert_eq!((refused.status(), refused.text("#password-error").as_str()), (422, "This is not your password."));
    let done = ann.press(&form, "Delete my account", &[("password", PASSWORD)]);
    assert_eq!((done.status(), done.location()), (303, "/"));
    assert!(!is_signed_in(&ann) && !is_signed_in(&elsewhere));
    assert_eq!(log_in(&app.visitor(), "ann", PASSWORD), 422);
    assert!(app.db().read(|conn| users::by_id(conn, id)).is_err());
    let nobody = app.read(|conn| publishers::by_handle(conn, &format!("deleted-{id}")));
    assert_eq!((nobody.name.as_str(), nobody.about.as_str()), ("Deleted account", ""));
    assert_eq!(subscribers(), 0, "who is not there any more does not count");
    assert_eq!(nobody.id, lasting.algorithm.publisher_id, "what others' records refer to stays");
    let again = app.visitor().post("/register", &[("handle", "ann"), ("email", "ann@example.org"), ("password", PASSWORD)]);
    assert_eq!(again.status(), 303, "nothing of the name or the address is kept: {}", again.body);
}

#[test]
fn registration_can_be_closed() {
    let app = TestApp::options().env("GALLERIA_REGISTRATION", "closed").start();
    let page = app.visitor().post("/register", &[("handle", "ann"), ("email", "ann@example.org"), ("password", PASSWORD)]);
    assert_eq!(page.status(), 403);
    assert!(page.text("[data-sentence]").contains("Registration is closed here."));
    assert_eq!(app.visitor().get("/register").status(), 403);
    assert!(!app.visitor().get("/login").has_link("Register"), "nobody is sent to a closed door");
    app.sign_in("bob");
}

#[test]
fn times_are_shown_in_the_members_zone() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    assert!(ann.get("/settings").text("footer").contains("Times in UTC"));
    ann.set_cookie("tz=America%2FNew_York");
    assert!(ann.get("/settings").text("footer").contains("Times in America/New_York"));
    assert_eq!(ann.post("/settings", &[("time_zone", "Europe/Berlin")]).status(), 303);
    assert!(ann.get("/settings").text("footer").contains("Times in Europe/Berlin"));
    let wrong = ann.post("/settings", &[("time_zone", "Mars/Olympus"), ("about", "typed")]);
    assert_eq!((wrong.status(), wrong.value("[name=about]").as_str()), (422, "typed"));
    assert!(wrong.text("#time_zone-error").contains("Europe/Berlin"));
}
