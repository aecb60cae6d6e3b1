//! The console: choosing a region, and what is ready to use there.

use galleria::algorithms::{self, Listing, Visibility};
use galleria::{clock, versions};

use crate::subscriptions::subscribe;
use crate::support::TestApp;

const HERE: &str = "/console/local/algorithms/subscriptions";

#[test]
fn a_region_is_chosen_by_what_it_offers() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").official().text("title", "Iris trees").yaml("requires", "{cpus: 2}").publish();
    let ann = app.sign_in("ann");
    let page = ann.get("/console?algorithm=lab/iris");
    assert_eq!(page.text("h1"), "Select Service Region");
    let choice = page.text(".choice");
    for words in ["This machine", "local engine", "2 flavors, up to 2 vCPU, 4 GiB", "from $0.12 / h", "1 of 2 meet the constraints"] {
        assert!(choice.contains(words), "{words}: {choice}");
    }
    assert!(page.says("Iris trees opens in the region you choose."));
    let answer = ann.press(&page, "OK", &[]);
    assert_eq!(answer.location(), format!("{HERE}?open=lab/iris"));
    let part = ann.partial("/console?algorithm=lab/iris");
    assert!(!part.body.contains("<html") && part.has("form input[name=region]") && part.has("#dialog-title"));
}

#[test]
fn the_console_alone_asks_for_a_region_too() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let page = ann.get("/console");
    assert!(!page.says("meet the constraints"));
    assert_eq!(ann.press(&page, "OK", &[]).location(), HERE);
    assert_eq!(app.visitor().get("/console").location(), "/login?next=%2Fconsole");
    for path in [
        "/console?region=mars",
        "/console/mars/algorithms/subscriptions",
        "/console/mars/jobs/new",
        "/console?algorithm=lab/nothing",
        "/console?algorithm=x",
    ] {
        assert_eq!(ann.get(path).status(), 404, "{path}");
    }
}

#[test]
fn only_active_subscriptions_are_in_the_console() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let empty = ann.get(HERE);
    assert!(empty.says("You are not subscribed to an algorithm.") && empty.has_link("Browse algorithms"));
    assert!(empty.says("Jobs cannot start in This machine now.") && empty.says("This release has no engine for this region."));
    let iris = app.algorithm("lab", "iris").official().text("title", "Iris trees").publish();
    let tea = app.algorithm("lab", "tea").official().publish();
    subscribe(&ann, &iris);
    subscribe(&ann, &tea);
    let page = ann.get(HERE);
    assert_eq!((page.text("h1"), page.text(".rail [aria-current] .count")), ("My subscription".into(), "2".into()));
    assert_eq!(page.texts("tbody th a"), ["tea", "Iris trees"]);
    ann.post("/algorithms/lab/tea/subscription/cancellation", &[]);
    assert_eq!(ann.get(HERE).texts("tbody th a"), ["Iris trees"]);
    assert_eq!(ann.get(&format!("{HERE}?open=lab/tea")).texts("tbody th a"), ["Iris trees"]);
    assert!(app.sign_in("eve").get(HERE).says("You are not subscribed to an algorithm."));
}

#[test]
fn the_filter_finds_by_title_name_and_publisher() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    for (publisher, name, title) in [("lab", "iris", "Iris trees"), ("lab", "tea", "50% tea_leaves"), ("clinic", "pulse", "Pulse")] {
        subscribe(&ann, &app.algorithm(publisher, name).official().text("title", title).publish());
    }
    for (q, found) in [
        ("TREES", vec!["Iris trees"]),
        ("clinic", vec!["Pulse"]),
        ("lab%20iris", vec!["Iris trees"]),
        ("50%25", vec!["50% tea_leaves"]),
        ("_", vec!["50% tea_leaves"]),
        ("%5C", vec![]),
    ] {
        assert_eq!(ann.get(&format!("{HERE}?q={q}")).texts("tbody th a"), found, "{q}");
    }
    let none = ann.get(&format!("{HERE}?q=nothing"));
    assert!(none.says("None of your subscriptions") && none.value(".toolbar input[name=q]") == "nothing" && none.has_link("Show all"));
}

#[test]
fn the_arrow_opens_the_versions() {
    let app = TestApp::new();
    let iris = app
        .algorithm("lab", "iris")
        .official()
        .constraints("Old words.")
        .text("summary", "Which iris it is.")
        .versions(&["1.0.0", "1.1.0"])
        .publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    app.algorithm("lab", "iris").official().constraints("New words.").text("summary", "Which iris it is.").versions(&["1.2.0"]).publish();
    app.write(|conn| versions::withdraw(conn, &iris.versions[0], "Leaked the label column", None, clock::now()));
    let closed = ann.get(HERE);
    assert_eq!((closed.attr(".expander", "aria-expanded"), closed.count(".nested")), ("false".into(), 0));
    let open = ann.get(&format!("{HERE}{}", closed.attr(".expander", "href")));
    assert_eq!(open.attr(".expander", "aria-expanded"), "true");
    assert!(open.says("Which iris it is.") && open.link("Open details page") == "/algorithms/lab/iris");
    assert_eq!(open.texts(".nested tbody th"), ["1.2.0 newest", "1.1.0", "1.0.0"]);
    assert_eq!(open.texts(".nested [data-label='Constraints']"), ["Asks first", "Accepted"]);
    let jobs: Vec<String> = ["1.2.0", "1.1.0"].iter().map(|number| format!("/console/local/jobs/new?algorithm=lab/iris&version={number}")).collect();
    assert_eq!(open.attrs(".nested .actions a", "href"), jobs);
    assert_eq!(open.text(".nested tr:last-child .actions"), "Withdrawn: Leaked the label column");
    let part = ann.partial(&format!("{HERE}{}", closed.attr(".expander", "data-hx-get")));
    assert!(part.body.starts_with("<tbody id=\"subscription-lab-iris\">"), "{}", part.body);
    assert!(open.body.contains(part.body.trim()), "the row of the page is the row of the update");
    let shut = ann.partial(&format!("{HERE}{}", open.attr(".expander", "data-hx-get")));
    assert!(shut.body.starts_with("<tbody") && !shut.body.contains("Create training job"));
    let stranger = app.sign_in("eve").partial(&format!("{HERE}?row=lab/iris&open=lab/iris"));
    assert_eq!(stranger.status(), 404);
}

#[test]
fn older_versions_are_shown_when_asked_for() {
    let app = TestApp::new();
    let numbers: Vec<String> = (0..12).map(|patch| format!("1.0.{patch}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let iris = app.algorithm("lab", "iris").official().versions(&numbers).publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    let page = ann.get(&format!("{HERE}?open=lab/iris"));
    assert_eq!((page.count(".nested tbody tr"), page.text(".nested tbody th")), (10, "1.0.11 newest".into()));
    let all = ann.get(&format!("{HERE}{}", page.link("Show 2 older versions")));
    assert_eq!(all.count(".nested tbody tr"), 12);
}

#[test]
fn what_is_delisted_stays_and_what_is_hidden_goes() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").official().publish();
    let plants = app.algorithm("bob", "plants").users(&["ann"]).publish();
    let ann = app.sign_in("ann");
    subscribe(&ann, &iris);
    subscribe(&ann, &plants);
    app.write(|conn| algorithms::set_listing(conn, iris.algorithm.id, Listing::Delisted, clock::now()));
    let page = ann.get(HERE);
    assert!(page.text("#subscription-lab-iris").contains("delisted, yours to use") && page.has("#subscription-bob-plants"));
    app.write(|conn| algorithms::set_visibility(conn, plants.algorithm.id, Visibility::Users, &[], clock::now()));
    assert_eq!(ann.get(HERE).texts("tbody th a"), ["iris"]);
}

#[test]
fn flavors_that_fit_are_counted() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    subscribe(&ann, &app.algorithm("lab", "big").official().yaml("requires", "{memory: 4GiB}").publish());
    subscribe(&ann, &app.algorithm("lab", "gpu").official().yaml("requires", "{accelerator: gpu}").publish());
    let page = ann.get(HERE);
    assert_eq!(page.texts("[data-label='Flavors that fit here']"), ["0 of 2", "1 of 2"]);
}
