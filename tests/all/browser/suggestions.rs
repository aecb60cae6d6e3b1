//! Suggestions while typing, and similar algorithms: with the mouse put away.

use fantoccini::key::Key;

use super::accessibility::{axe, violations};
use crate::support::{Browser, Hand, Scripts, TestApp};

const OPEN: &str = ".suggestions:not([hidden])";

fn gallery() -> TestApp {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("title", "Iris in a minute").text("task", "Flower sorting").publish();
    app.algorithm("lab", "irises").text("title", "Many irises").text("task", "Flower sorting").publish();
    app.algorithm("bob", "secret-iris").text("title", "Iris of nobody else").private().publish();
    app
}

#[test]
fn typing_suggests_and_the_arrows_choose() {
    let app = gallery();
    let browser = Browser::open(&app, Scripts::On, Hand::Keyboard);
    browser.go("/");
    browser.fill("Search algorithms", "iri");
    browser.sees_in(OPEN, "Iris in a minute");
    assert!(!browser.text(OPEN).contains("nobody else"), "what is private is nobody's to be suggested");
    assert_eq!(violations(&browser, &axe()), Vec::<String>::new());
    browser.key(Key::Escape);
    browser.until("the list is closed", || !browser.has(OPEN));
    // A second time it empties the field, as in any search field.
    browser.key(Key::Escape);
    // What was typed last counts, whichever answer comes first.
    browser.fill("Search algorithms", "flow");
    browser.sees_in(OPEN, "Flower sorting");
    browser.key(Key::Escape);
    browser.key(Key::Escape);
    browser.fill("Search algorithms", "many ir");
    browser.sees_in(OPEN, "Many irises");
    browser.key(Key::Down);
    browser.until("the first one is chosen", || browser.has(".suggestions [aria-selected=true]"));
    browser.key(Key::Enter);
    browser.arrives_at("Many irises");
    browser.sees_in(".similar", "Iris in a minute");
    assert!(!browser.text(".similar").contains("nobody else"));
    assert_eq!(violations(&browser, &axe()), Vec::<String>::new());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn an_answer_to_what_was_typed_before_is_never_shown() {
    let app = gallery();
    let browser = Browser::open(&app, Scripts::On, Hand::Mouse);
    browser.go("/");
    // Holds back the first answer until the test lets it through.
    let hold = "const real = window.fetch; \
                window.held = new Promise((pass) => { window.pass = pass; }); \
                window.fetch = async (url, options) => { \
                    const answer = real(url, options); \
                    if (!String(url).includes('q=iri')) return answer; \
                    window.asked = true; \
                    try { await window.held; return await answer; } finally { setTimeout(() => { window.late = true; }, 100); } \
                }; \
                arguments[0]();";
    browser.ask(hold, Vec::new());
    browser.fill("Search algorithms", "iri");
    browser.until("it is asked for", || browser.ask("arguments[0](window.asked === true);", Vec::new()) == true);
    browser.fill("Search algorithms", "flow");
    browser.sees_in(OPEN, "Flower sorting");
    browser.ask("window.pass(); arguments[0]();", Vec::new());
    browser.until("the first answer has come", || browser.ask("arguments[0](window.late === true);", Vec::new()) == true);
    browser.sees_in(OPEN, "Flower sorting");
    assert!(!browser.text(OPEN).contains("Iris in a minute"), "{}", browser.text(OPEN));
}

#[test]
fn without_scripts_the_field_searches_and_similar_ones_are_a_page() {
    let app = gallery();
    let browser = Browser::open(&app, Scripts::Off, Hand::Mouse);
    browser.go("/algorithms/lab/iris");
    browser.press("Show similar algorithms");
    browser.arrives_at("Similar to Iris in a minute");
    browser.sees("Many irises");
}
