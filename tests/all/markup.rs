//! Every page, as everybody, is HTML that a browser need not guess about.

use std::collections::{BTreeMap, BTreeSet};

use galleria::web::routes::TABLE;
use scraper::{ElementRef, Html, Selector};

use crate::support::{Person, World};

fn select<'a>(html: &'a Html, css: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(css).unwrap()).collect()
}

fn faults(body: &str) -> Vec<String> {
    let html = Html::parse_document(body);
    let mut faults: Vec<String> = html.errors.iter().map(ToString::to_string).collect();
    let mut ids = BTreeSet::new();
    for element in select(&html, "[id]") {
        let id = element.attr("id").unwrap_or_default();
        if id.is_empty() || id.contains(char::is_whitespace) || !ids.insert(id.to_owned()) {
            faults.push(format!("the id {id:?} is there twice, or is none"));
        }
    }
    for name in ["for", "aria-labelledby", "aria-describedby", "aria-controls"] {
        // An empty dialog is filled later, its title too.
        for element in select(&html, &format!("[{name}]:not(dialog:empty)")) {
            let named = element.attr(name).unwrap_or_default().split_whitespace();
            faults.extend(named.filter(|id| !ids.contains(*id)).map(|id| format!("{name}={id:?} names nothing")));
        }
    }
    for element in select(&html, "*") {
        let name = element.value().name();
        // HTML has no such attributes; htmx reads them with `data-` before them too.
        faults.extend(
            element.value().attrs().filter(|(attribute, _)| attribute.starts_with("hx-")).map(|(attribute, _)| format!("{attribute} on <{name}>")),
        );
        if element.attr("type") == Some("file") && element.attr("autocomplete").is_some() {
            faults.push("autocomplete on a file".to_owned());
        }
    }
    for (css, count) in [("h1", 1), ("main", 1), ("title", 1), ("html[lang]", 1)] {
        if select(&html, css).len() != count {
            faults.push(format!("{} times <{css}>", select(&html, css).len()));
        }
    }
    for field in select(&html, "input:not([type=hidden]), select, textarea") {
        let labelled = field.attr("aria-label").is_some() || field.attr("aria-labelledby").is_some();
        let id = field.attr("id").unwrap_or_default();
        let around = field.ancestors().filter_map(ElementRef::wrap).any(|element| element.value().name() == "label");
        if !labelled && !around && select(&html, &format!("label[for=\"{id}\"]")).is_empty() {
            faults.push(format!("no label for {}", field.html()));
        }
    }
    for button in select(&html, "button, a[href]") {
        let named = button.attr("aria-label").is_some() || !button.text().collect::<String>().trim().is_empty();
        if !named {
            faults.push(format!("no name on {}", button.html()));
        }
    }
    faults
}

/// Every page as each person is shown it, by its name: what it is and as whom.
pub fn pages(world: &World) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for entry in TABLE.iter().filter(|entry| entry.method == "get") {
        for person in Person::THE_REFUSED_FIRST {
            let path = world.path(entry.path, false);
            let page = world.client(person).get(&path);
            // What htmx alone asks for is no page.
            let fragment = entry.path.ends_with("/status");
            if !fragment && page.header("content-type").starts_with("text/html") && !page.body.is_empty() {
                pages.insert(format!("{path} as {person:?}"), page.body);
            }
        }
    }
    pages
}

/// Forms that are shown again with their mistakes, and what is not there.
pub fn mistakes(world: &World) -> BTreeMap<String, String> {
    let owner = world.client(Person::Owner);
    let again = [
        owner.post("/settings/password", &[("current", "x"), ("password", "y")]),
        owner.post("/settings/deletion", &[("password", "x")]),
        owner.post("/settings", &[("time_zone", "x")]),
        owner.post("/console/local/jobs", &[("algorithm", "pub/open"), ("version", "1.0.0"), ("param.epochs", "many"), ("nodes", "-1")]),
        owner.upload("/console/data", &[("name", "-")], ("empty.csv", b"")),
        world.client(Person::Visitor).post("/register", &[("handle", "-")]),
        world.client(Person::Visitor).post("/login", &[("login", "x")]),
        owner.get("/nothing"),
    ];
    again.into_iter().map(|page| (format!("{} answering {}", page.path, page.status()), page.body)).collect()
}

fn assert_sound(pages: &BTreeMap<String, String>) {
    let found: BTreeMap<&String, Vec<String>> =
        pages.iter().map(|(name, body)| (name, faults(body))).filter(|(_, faults)| !faults.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_page_is_sound_html() {
    let pages = pages(&World::trained());
    assert_sound(&pages);
    assert!(pages.len() > 10, "only {} pages", pages.len());
}

#[test]
fn forms_that_are_shown_again_are_sound_html_too() {
    assert_sound(&mistakes(&World::new()));
}
