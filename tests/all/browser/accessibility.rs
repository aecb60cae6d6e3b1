//! axe-core on every page, in light and dark, wide and narrow.

use std::collections::BTreeSet;

use galleria::web::routes::TABLE;
use serde_json::Value;

use crate::support::{Browser, Hand, Person, Scripts, World};

/// axe-core's source; `tests/run` puts it into a folder of its own.
pub(super) fn axe() -> String {
    let place = std::env::var("GALLERIA_TEST_AXE").unwrap_or_else(|_| {
        let home = std::env::var("HOME").unwrap_or_default();
        let pattern = format!("{home}/.cache/galleria-tests/python/lib");
        let versions = std::fs::read_dir(&pattern).into_iter().flatten().filter_map(Result::ok);
        let files = versions.map(|version| version.path().join("site-packages/axe_playwright_python/axe.min.js"));
        files.into_iter().find(|file| file.exists()).map_or_else(String::new, |file| file.to_string_lossy().into_owned())
    });
    std::fs::read_to_string(&place)
        .unwrap_or_else(|error| panic!("axe-core is missing at {place:?} ({error}): tests/run installs it, or say in GALLERIA_TEST_AXE where it is"))
}

/// What axe finds fault with on the page that is open.
pub(super) fn violations(browser: &Browser, axe: &str) -> Vec<String> {
    let script = format!(
        "{axe};const done = arguments[arguments.length - 1]; axe.run(document, {{ resultTypes: ['violations'] }})\
         .then(found => done(found.violations.map(one => `${{one.id}} (${{one.impact}}) × ${{one.nodes.length}}: ${{one.nodes[0].target.join(' ')}} ${{one.nodes[0].failureSummary.split('\\n')[1]}}`)), \
         error => done(['axe: ' + error]));"
    );
    let found: Value = browser.ask(&script, Vec::new());
    found.as_array().unwrap_or_else(|| panic!("axe says {found}")).iter().map(|words| words.as_str().unwrap_or("?").to_owned()).collect()
}

fn wider_than_the_window(browser: &Browser) -> bool {
    let script = "arguments[arguments.length - 1](document.documentElement.scrollWidth > window.innerWidth + 1)";
    browser.ask(script, Vec::new()) == Value::Bool(true)
}

/// Everything there is to find fault with on the page that is open.
fn examine(browser: &Browser, axe: &str, what: &str, found: &mut BTreeSet<String>) {
    found.extend(violations(browser, axe).into_iter().map(|words| format!("{what}: {words}")));
    if wider_than_the_window(browser) {
        found.insert(format!("{what}: scrolls sideways"));
    }
    if browser.ask("arguments[arguments.length - 1](getComputedStyle(document.documentElement).scrollBehavior)", Vec::new()) != "auto" {
        found.insert(format!("{what}: glides to where it should jump, and whoever clicks meanwhile misses"));
    }
    found.extend(browser.complaints().into_iter().map(|words| format!("{what}: the browser complains: {words}")));
}

#[track_caller]
fn none(found: &BTreeSet<String>) {
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.iter().cloned().collect::<Vec<_>>().join("\n"));
}

/// Every page that this person is shown, from the table of routes.
fn every_page(person: Person) {
    let (world, axe) = (World::trained(), axe());
    let browser = Browser::open(&world.app, Scripts::On, Hand::Mouse);
    if person != Person::Visitor {
        browser.be(world.client(person));
    }
    let shown = |entry: &&galleria::web::routes::Entry| {
        let page = world.client(person).get(&world.path(entry.path, false));
        entry.method == "get" && page.status() == 200 && page.body.starts_with("<!doctype html>")
    };
    let pages: Vec<String> = TABLE.iter().filter(shown).map(|entry| world.path(entry.path, false)).chain(["/nothing".into()]).collect();
    let mut found = BTreeSet::new();
    for (theme, width) in [("light", 1440), ("dark", 390)] {
        world.client(person).set_cookie(&format!("theme={theme}; Path=/"));
        browser.be(world.client(person));
        browser.resize(width, 900);
        for page in &pages {
            browser.go(page);
            examine(&browser, &axe, &format!("{page} {theme} {width}"), &mut found);
        }
    }
    none(&found);
}

#[test]
fn every_page_of_a_visitor() {
    every_page(Person::Visitor);
}

#[test]
fn every_page_of_a_member() {
    every_page(Person::Owner);
}

#[test]
fn menus_dialogs_and_mistakes() {
    let (world, axe) = (World::new(), axe());
    let browser = Browser::open(&world.app, Scripts::On, Hand::Mouse);
    let mut found = BTreeSet::new();
    browser.go("/register");
    browser.press_in("main", "Register");
    browser.go("/login");
    browser.fill("Handle or e-mail", "nobody");
    browser.fill("Password", "nothing at all");
    browser.press_in("main", "Log in");
    browser.sees("The login or the password is wrong.");
    examine(&browser, &axe, "a refused sign-in", &mut found);
    browser.be(world.client(Person::Member));
    browser.go(&world.open.path());
    browser.press_in(".topnav", "Asset Market");
    examine(&browser, &axe, "an open menu", &mut found);
    browser.press_in("main", "Subscribe");
    browser.arrives_at("Note");
    browser.press("Continue");
    browser.sees("Tick Service Agreement to continue.");
    examine(&browser, &axe, "the Note with a mistake", &mut found);
    browser.tick("Data Security and Privacy Risk");
    browser.tick("Service Agreement");
    browser.press("Continue");
    browser.sees_in("main", "Subscribed");
    browser.press("Access Console");
    browser.arrives_at("Select Service Region");
    examine(&browser, &axe, "Select Service Region", &mut found);
    browser.go("/me/algorithms/subscriptions");
    examine(&browser, &axe, "My Subscriptions", &mut found);
    browser.press("Cancel Subscription");
    browser.sees("Keep it");
    examine(&browser, &axe, "Cancel Subscription", &mut found);
    browser.press("OK");
    browser.sees_in("main", "Cancelled");
    examine(&browser, &axe, "a cancelled subscription", &mut found);
    none(&found);
}
