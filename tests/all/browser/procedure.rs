//! The written procedure from Asset Market to a completed training job and back, label by label: with JavaScript,
//! without it, and by keyboard alone.

use crate::support::{Browser, Hand, PASSWORD, Scripts, TestApp};

/// The four ways of subscribing: who released it, and whether there is something to accept.
const WAYS: [(&str, &str, Way); 4] = [
    ("house", "plain", Way { constraints: false, note: false }),
    ("house", "strict", Way { constraints: true, note: false }),
    ("guest", "strict-too", Way { constraints: true, note: true }),
    ("guest", "plain-too", Way { constraints: false, note: true }),
];

#[derive(Clone, Copy)]
struct Way {
    constraints: bool,
    note: bool,
}

fn gallery() -> TestApp {
    let app = TestApp::options().with_worker().start();
    for (publisher, name, way) in WAYS {
        let mut algorithm = app.algorithm(publisher, name).text("title", &title(name));
        if way.constraints {
            algorithm = algorithm.constraints(&format!("Not for clinical use. This is {name}."));
        }
        if publisher == "house" {
            algorithm = algorithm.official();
        }
        algorithm.publish();
    }
    app
}

/// What people read: `strict-too` is "Title of strict-too".
fn title(name: &str) -> String {
    format!("Title of {name}")
}

/// Asset Market > Algorithms, to the details of one.
fn find(browser: &Browser, name: &str) {
    browser.go("/");
    browser.press_in(".topnav", "Asset Market");
    browser.press_in(".topnav", "Algorithms");
    browser.arrives_at("Algorithms");
    browser.press_in("main", &title(name));
    browser.arrives_at(&title(name));
}

fn subscribe(browser: &Browser, way: Way) {
    browser.press_in("main", "Subscribe");
    if way.constraints {
        browser.arrives_at("Constraints");
        browser.sees("Not for clinical use.");
        browser.press("Continue");
    }
    if way.note {
        browser.arrives_at("Note");
        browser.tick("Data Security and Privacy Risk");
        browser.press("Continue");
        browser.sees("Tick Service Agreement to continue.");
        browser.tick("Data Security and Privacy Risk");
        browser.tick("Service Agreement");
        browser.press("Continue");
    }
    browser.sees_in("main", "Subscribed");
}

/// My Profile > My Algorithms > My Subscriptions.
fn my_subscriptions(browser: &Browser) {
    browser.press_in(".topbar", "My Profile");
    browser.press_in(".topbar", "My Algorithms");
    browser.arrives_at("My Algorithms");
    browser.press("My Subscriptions");
}

fn row(publisher: &str, name: &str) -> String {
    format!("main #subscription-{publisher}-{name}")
}

/// From the row to the region's My subscription, and the version list of the algorithm.
fn open_in_console(browser: &Browser, publisher: &str, name: &str) {
    browser.press_in(&row(publisher, name), "Console");
    browser.arrives_at("Select Service Region");
    browser.press("OK");
    browser.arrives_at("My subscription");
    browser.sees_in("main", &title(name));
}

/// From My subscription: the arrow, the version, the form, and the job to its end.
fn train(browser: &Browser, name: &str) {
    // It opens at the algorithm one came from; the plain list is closed.
    browser.press_in(".rail", "My subscription");
    browser.press_in("main", &format!("Versions of {}", title(name)));
    browser.press("Create training job");
    browser.arrives_at("Create training job");
    browser.fill("rounds", "2");
    browser.press_in("main form", "Create training job");
    browser.sees_in("main", "Completed");
    browser.press_in("main", "Logs");
    browser.sees_in("main", "round 2 of 2");
    browser.press_in("main", "Outputs");
    browser.sees_in("main", "model.txt");
}

fn cancel_and_retrieve(browser: &Browser, publisher: &str, name: &str) {
    my_subscriptions(browser);
    browser.press_in(&row(publisher, name), "Cancel Subscription");
    browser.arrives_at("Cancel Subscription");
    browser.press("OK");
    browser.sees_in(&row(publisher, name), "Cancelled");
    browser.sees_in(&row(publisher, name), "Not in the console");
    browser.go("/console/local/algorithms/subscriptions");
    browser.sees_no("main", &title(name));
    my_subscriptions(browser);
    browser.press_in(&row(publisher, name), "Retrieve Subscription");
    browser.sees_in(&row(publisher, name), "Active");
    open_in_console(browser, publisher, name);
}

/// The procedure for one of the ways.
fn walk(browser: &Browser, (publisher, name, way): (&str, &str, Way)) {
    find(browser, name);
    subscribe(browser, way);
    my_subscriptions(browser);
    open_in_console(browser, publisher, name);
    train(browser, name);
    cancel_and_retrieve(browser, publisher, name);
    assert_eq!(browser.complaints(), Vec::<String>::new(), "the browser complains");
}

fn walked(scripts: Scripts, hand: Hand, ways: &[(&str, &str, Way)]) {
    let app = gallery();
    let browser = Browser::open(&app, scripts, hand);
    browser.be(&app.sign_in("ann"));
    for way in ways {
        walk(&browser, *way);
    }
}

#[test]
fn with_javascript() {
    walked(Scripts::On, Hand::Mouse, &WAYS);
}

#[test]
fn without_javascript() {
    walked(Scripts::Off, Hand::Mouse, &WAYS);
}

#[test]
fn by_keyboard_alone() {
    walked(Scripts::On, Hand::Keyboard, &WAYS[2..3]);
}

#[test]
fn by_keyboard_alone_without_javascript() {
    walked(Scripts::Off, Hand::Keyboard, &WAYS[..1]);
}

#[test]
fn a_visitor_signs_in_on_the_way_and_comes_back() {
    let app = gallery();
    app.user("ann");
    let browser = Browser::open(&app, Scripts::On, Hand::Mouse);
    find(&browser, "plain");
    browser.press_in("main", "Subscribe");
    browser.arrives_at("Log in");
    browser.fill("Handle or e-mail", "ann");
    browser.fill("Password", PASSWORD);
    browser.press_in("main", "Log in");
    browser.arrives_at(&title("plain"));
    browser.press_in("main", "Subscribe");
    browser.sees_in("main", "Subscribed");
}

#[test]
fn scripts_are_really_off() {
    let app = gallery();
    let seen = |scripts| {
        let browser = Browser::open(&app, scripts, Hand::Mouse);
        browser.go("/login");
        browser.has("meta[name=htmx-config]") && !browser.complaints().iter().any(|words| words.contains("SyntaxError")) && {
            browser.press("Theme: system");
            browser.sees("Theme: light");
            // The script changes the attribute in place; without it the server draws it.
            browser.path()
        } == "/login"
    };
    assert!(seen(Scripts::On) && seen(Scripts::Off));
}
