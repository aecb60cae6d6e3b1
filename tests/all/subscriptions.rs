//! Subscribing, cancelling, retrieving: once each however often it is asked for, and counted exactly.

use galleria::algorithms::{self, Listing, Reader, Visibility};
use galleria::clock;
use galleria::subscriptions::{self, State};
use galleria::versions;

use crate::support::{Client, Page, Published, TestApp};

#[track_caller]
pub fn subscribe(client: &Client, algorithm: &Published) -> Page {
    subscribe_at(client, &algorithm.path())
}

/// Accepts whatever is asked before Subscribed on the details of this path, and ends there.
#[track_caller]
pub fn subscribe_at(client: &Client, details: &str) -> Page {
    let answer = accepted(client, client.post(&format!("{details}/subscription"), &[]));
    assert_eq!((answer.status(), answer.location()), (303, details));
    answer
}

/// Where one gets after accepting whatever an answer leads to.
#[track_caller]
pub fn accepted(client: &Client, mut answer: Page) -> Page {
    while answer.location().contains("/subscription/new") {
        let page = client.follow(&answer);
        answer = client.press(&page, "Continue", &[("accept_risk", "on"), ("accept_agreement", "on")]);
    }
    answer
}

pub fn subscribers(app: &TestApp, algorithm: &Published) -> i64 {
    let operator = Reader { user: Some(algorithm.algorithm.publisher_id), operator: true };
    app.read(|conn| algorithms::readable(conn, operator, algorithm.algorithm.id)).algorithm.subscribers
}

pub fn state(app: &TestApp, handle: &str, algorithm: &Published) -> Option<State> {
    let user = app.user(handle).id;
    app.read(|conn| subscriptions::state(conn, user, algorithm.algorithm.id))
}

fn row(algorithm: &Published) -> String {
    format!("#subscription-{}-{}", algorithm.publisher, algorithm.name)
}

fn listed(client: &Client) -> Page {
    client.get("/me/algorithms/subscriptions")
}

#[test]
fn what_asks_for_nothing_is_subscribed_by_one_click() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let ann = app.sign_in("ann");
    let answer = ann.post("/algorithms/lab/iris/subscription", &[]);
    assert_eq!((answer.status(), answer.location()), (303, "/algorithms/lab/iris"));
    let toast = ann.get("/me/algorithms/subscriptions");
    assert_eq!(toast.text(".toast span"), "Subscribed.");
    assert_eq!(toast.text(&format!("{} .badge", row(&iris))), "Active");
    assert_eq!(subscribers(&app, &iris), 1);
}

#[test]
fn only_constraints_ask_when_the_publisher_is_official() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().constraints("Not for clinical use.").publish();
    let ann = app.sign_in("ann");
    let page = ann.follow(&ann.post("/algorithms/lab/iris/subscription", &[]));
    assert_eq!(page.attr("main", "data-step"), "constraints");
    assert!(page.says("Not for clinical use.") && page.says("Next: you are subscribed."));
    assert_eq!(ann.press(&page, "Continue", &[]).location(), "/algorithms/lab/iris");
    assert_eq!(state(&app, "ann", &iris), Some(State::Active));
}

#[test]
fn only_the_note_asks_when_there_are_no_constraints() {
    let app = TestApp::new();
    let iris = app.algorithm("bob", "iris").publish();
    let ann = app.sign_in("ann");
    let page = ann.follow(&ann.post("/algorithms/bob/iris/subscription", &[]));
    assert_eq!(page.attr("main", "data-step"), "note");
    assert_eq!(state(&app, "ann", &iris), None);
    let answer = ann.press(&page, "Continue", &[("accept_risk", "on"), ("accept_agreement", "on")]);
    assert_eq!(answer.location(), "/algorithms/bob/iris");
    assert_eq!(state(&app, "ann", &iris), Some(State::Active));
}

#[test]
fn constraints_come_before_the_note() {
    let app = TestApp::new();
    app.algorithm("bob", "iris").constraints("Not for clinical use.").publish();
    let ann = app.sign_in("ann");
    let first = ann.follow(&ann.post("/algorithms/bob/iris/subscription", &[]));
    assert_eq!((first.attr("main", "data-step"), first.text("h1")), ("constraints".into(), "Constraints".into()));
    assert!(first.says("Next: Note, because bob is not an official publisher."));
    let second = ann.follow(&ann.press(&first, "Continue", &[]));
    assert_eq!((second.attr("main", "data-step"), second.text("h1")), ("note".into(), "Note".into()));
    let answer = ann.press(&second, "Continue", &[("accept_risk", "on"), ("accept_agreement", "on")]);
    assert_eq!(answer.location(), "/algorithms/bob/iris");
}

#[test]
fn the_signed_out_come_back_to_where_they_were() {
    let app = TestApp::new();
    app.algorithm("bob", "iris").publish();
    let visitor = app.visitor();
    let answer = visitor.post("/algorithms/bob/iris/subscription", &[]);
    assert_eq!(answer.location(), "/login?next=%2Falgorithms%2Fbob%2Firis");
    let from = visitor.request("POST", "/algorithms/bob/iris/subscription").header("Sec-Fetch-Site", "same-origin");
    let answer = visitor.send(from.header("Referer", format!("{}/algorithms/bob/iris/versions", app.url())));
    assert_eq!(answer.location(), "/login?next=%2Falgorithms%2Fbob%2Firis%2Fversions");
    let asked = visitor.get("/algorithms/bob/iris/subscription/new?version=1.0.0");
    assert_eq!(asked.location(), "/login?next=%2Falgorithms%2Fbob%2Firis%2Fsubscription%2Fnew%3Fversion%3D1%2E0%2E0");
}

#[test]
fn the_publisher_subscribes_without_note_and_is_not_counted() {
    let app = TestApp::new();
    app.organisation("clinic", &["bob"]);
    for (publisher, name) in [("bob", "own"), ("clinic", "ours")] {
        let algorithm = app.algorithm(publisher, name).publish();
        let bob = app.sign_in("bob");
        assert_eq!(bob.post(&format!("{}/subscription", algorithm.path()), &[]).location(), algorithm.path());
        assert_eq!((state(&app, "bob", &algorithm), subscribers(&app, &algorithm)), (Some(State::Active), 0));
        bob.post(&format!("{}/subscription/cancellation", algorithm.path()), &[]);
        assert_eq!((state(&app, "bob", &algorithm), subscribers(&app, &algorithm)), (Some(State::Cancelled), 0));
    }
}

#[test]
fn joining_the_publisher_later_leaves_the_count_right() {
    let app = TestApp::new();
    let organisation = app.organisation("clinic", &["bob"]);
    let iris = app.algorithm("clinic", "iris").official().publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    let id = app.user("ann").id;
    app.write(|conn| galleria::publishers::add_member(conn, organisation.id, id));
    ann.post("/algorithms/clinic/iris/subscription/cancellation", &[]);
    assert_eq!(subscribers(&app, &iris), 0);
    ann.post("/algorithms/clinic/iris/subscription/retrieval", &[]);
    assert_eq!((state(&app, "ann", &iris), subscribers(&app, &iris)), (Some(State::Active), 0));
}

#[test]
fn cancelling_asks_first_and_is_undone_by_retrieving() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().text("title", "Iris trees").publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    let asked = ann.click(&listed(&ann), "Cancel Subscription");
    assert!(asked.says("Cancel the subscription to Iris trees by lab?") && asked.says("go on to their end"));
    assert_eq!(state(&app, "ann", &iris), Some(State::Active));
    let answer = ann.press(&asked, "OK", &[]);
    assert_eq!(answer.location(), "/me/algorithms/subscriptions");
    let list = ann.follow(&answer);
    assert_eq!(list.text(".toast span"), "The subscription to Iris trees is cancelled.");
    assert_eq!(list.text(&format!("{} .badge", row(&iris))), "Cancelled");
    assert!(list.says("Not in the console") && !list.has(&format!("{} a[href^='/console']", row(&iris))) && !list.has_link("Cancel Subscription"));
    assert_eq!(subscribers(&app, &iris), 0);
    let answer = ann.press(&list, "Retrieve Subscription", &[]);
    let list = ann.follow(&answer);
    assert_eq!(list.text(&format!("{} .badge", row(&iris))), "Active");
    assert!(!list.buttons().contains(&"Retrieve Subscription".into()));
    assert_eq!(subscribers(&app, &iris), 1);
}

#[test]
fn htmx_gets_just_the_row_and_the_dialogs_content() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    let dialog = ann.partial("/algorithms/lab/iris/subscription/cancellation");
    assert!(!dialog.body.contains("<html") && dialog.has("#dialog-title"));
    assert_eq!(dialog.attr("form", "data-hx-target"), row(&iris));
    for (path, badge) in [("cancellation", "Cancelled"), ("retrieval", "Active")] {
        let fragment = ann.post_partial(&format!("/algorithms/lab/iris/subscription/{path}"), &[]);
        assert!(fragment.body.starts_with("<tr id=\"subscription-lab-iris\">") && fragment.body.trim_end().ends_with("</tr>"), "{}", fragment.body);
        assert!(fragment.body.contains(badge), "{}", fragment.body);
        assert!(listed(&ann).body.contains(fragment.body.trim()), "the row of the page is the row of the update");
    }
}

#[test]
fn cancelling_from_the_details_page_leads_back_there() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    let request = ann.request("GET", "/algorithms/lab/iris/subscription/cancellation");
    let asked = ann.send(request.header("Referer", format!("{}/algorithms/lab/iris", app.url())));
    assert_eq!(ann.press(&asked, "OK", &[]).location(), "/algorithms/lab/iris");
    let elsewhere = ann.post("/algorithms/lab/iris/subscription/retrieval", &[("next", "https://evil.example/")]);
    assert_eq!(elsewhere.location(), "/");
}

#[test]
fn somebody_elses_subscription_is_nobodys_business() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let hidden = app.algorithm("bob", "hidden").users(&["ann"]).publish();
    let (ann, eve) = (app.sign_in("ann"), app.sign_in("eve"));
    subscribe(&ann, &iris);
    subscribe(&ann, &hidden);
    for path in ["subscription/cancellation", "subscription/retrieval", "subscription"] {
        assert_eq!(eve.post(&format!("/algorithms/bob/hidden/{path}"), &[]).status(), 404, "{path}");
    }
    assert_eq!(eve.get("/algorithms/bob/hidden/subscription/new").status(), 404);
    let never = eve.post("/algorithms/lab/iris/subscription/cancellation", &[]);
    assert_eq!(never.status(), 409);
    assert!(never.says("You have not subscribed to this algorithm."));
    assert_eq!((state(&app, "ann", &iris), state(&app, "ann", &hidden)), (Some(State::Active), Some(State::Active)));
    assert!(!listed(&eve).says("iris"));
}

#[test]
fn a_withdrawn_version_takes_nobody_new() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    app.write(|conn| versions::withdraw(conn, &iris.versions[0], "Leaked the label column", None, clock::now()));
    let ann = app.sign_in("ann");
    let answer = ann.post("/algorithms/lab/iris/subscription", &[]);
    assert_eq!(answer.status(), 409);
    assert!(answer.says("Every version of this algorithm is withdrawn"));
    assert_eq!(ann.get("/algorithms/lab/iris/subscription/new?version=1.0.0").status(), 409);
    assert_eq!(ann.get("/algorithms/lab/iris/subscription/new?version=7.0.0").status(), 404);
}

#[test]
fn what_is_delisted_goes_on_and_what_is_private_is_gone() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let id = iris.algorithm.id;
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    subscribe(&ann, &iris);
    app.write(|conn| algorithms::set_listing(conn, id, Listing::Delisted, clock::now()));
    assert!(listed(&ann).text(&row(&iris)).contains("delisted, yours to use"));
    assert_eq!(ben.post("/algorithms/lab/iris/subscription", &[]).status(), 404);
    app.write(|conn| algorithms::set_listing(conn, id, Listing::Listed, clock::now()));
    app.write(|conn| algorithms::set_visibility(conn, id, Visibility::Private, &[], clock::now()));
    let list = listed(&ann);
    assert!(
        list.text(&row(&iris)).contains("no longer available") && !list.has(&format!("{} a[href^='/console']", row(&iris))) && !list.has_link("iris")
    );
    let answer = ann.press(&ann.click(&list, "Cancel Subscription"), "OK", &[]);
    let list = ann.follow(&answer);
    assert!(list.text(&row(&iris)).contains("Cancelled") && !list.buttons().contains(&"Retrieve Subscription".into()));
    assert_eq!(ann.post("/algorithms/lab/iris/subscription/retrieval", &[]).status(), 404);
    assert_eq!(subscribers(&app, &iris), 0);
}

fn at_once(clients: &[(&Client, String)], count: usize) -> Vec<u16> {
    std::thread::scope(|scope| {
        let sent: Vec<_> = (0..count)
            .map(|number| {
                let (client, path) = &clients[number % clients.len()];
                scope.spawn(move || client.post(path, &[]).status())
            })
            .collect();
        sent.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_hundred_clicks_at_once_are_one_subscription() {
    let app = TestApp::new();
    let other = app.another();
    let iris = app.algorithm("lab", "iris").official().publish();
    let ann = app.sign_in("ann");
    let there = other.visitor();
    ann.cookies().split("; ").for_each(|cookie| there.set_cookie(cookie));
    let path = "/algorithms/lab/iris/subscription".to_owned();
    let statuses = at_once(&[(&ann, path.clone()), (&there, path)], 100);
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    let user = app.user("ann").id;
    assert_eq!(app.read(|conn| subscriptions::history(conn, user, iris.algorithm.id)), [subscriptions::Event::Subscribed]);
    assert_eq!((listed(&ann).count("tbody tr"), subscribers(&app, &iris)), (1, 1));
}

#[test]
fn two_hundred_cancels_and_retrieves_at_once_leave_one_row_counted_right() {
    let app = TestApp::new();
    let other = app.another();
    let iris = app.algorithm("lab", "iris").official().publish();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    subscribe(&ann, &iris);
    subscribe(&ben, &iris);
    let operator = Reader { user: Some(iris.algorithm.publisher_id), operator: true };
    let trend = || app.read(|conn| algorithms::readable(conn, operator, iris.algorithm.id)).algorithm.trend;
    let before = trend();
    let there = other.visitor();
    ann.cookies().split("; ").for_each(|cookie| there.set_cookie(cookie));
    let path = |verb: &str| format!("/algorithms/lab/iris/subscription{verb}");
    let all =
        [(&ann, path("/cancellation")), (&there, path("/retrieval")), (&there, path("/cancellation")), (&ann, path("/retrieval")), (&ann, path(""))];
    let statuses = at_once(&all, 200);
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    let user = app.user("ann").id;
    let events = app.read(|conn| subscriptions::history(conn, user, iris.algorithm.id));
    let alternating = events.windows(2).all(|two| (two[0] == subscriptions::Event::Cancelled) != (two[1] == subscriptions::Event::Cancelled));
    assert!(alternating && events[0] == subscriptions::Event::Subscribed, "{events:?}");
    let active = state(&app, "ann", &iris) == Some(State::Active);
    assert_eq!(active, events.last() != Some(&subscriptions::Event::Cancelled));
    assert_eq!(subscribers(&app, &iris), 1 + i64::from(active));
    assert!((trend() - before).abs() < f64::EPSILON, "nobody new has come");
    assert_eq!(listed(&ann).count("tbody tr"), 1);
}

#[test]
fn many_people_at_once_are_counted_one_by_one() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let people: Vec<Client> = (0..20).map(|number| app.sign_in(&format!("member-{number}"))).collect();
    let clients: Vec<_> = people.iter().map(|client| (client, "/algorithms/lab/iris/subscription".to_owned())).collect();
    let statuses = at_once(&clients, 40);
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    assert_eq!(subscribers(&app, &iris), 20);
    let operator = Reader { user: Some(iris.algorithm.publisher_id), operator: true };
    let trend = app.read(|conn| algorithms::readable(conn, operator, iris.algorithm.id)).algorithm.trend;
    assert!(trend > iris.algorithm.trend, "{trend}");
}
