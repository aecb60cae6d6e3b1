//! The first page: what this gallery is, and algorithms to begin with.

use actix_web::HttpResponse;
use askama::Template;

use super::drawn::Source;
use super::failure::Result;
#[allow(unused_imports)] // the template's filters
use super::filters;
use super::page::{Layout, View};
use super::store::Store;
use crate::algorithms::Reader;
use crate::search::{Query, Results, Sort};

/// Algorithms in a row.
const ROW: usize = 4;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    layout: Layout,
    rows: Vec<Row>,
}

/// A headed row of algorithms.
struct Row {
    id: &'static str,
    title: &'static str,
    results: Results,
    /// Where the rest is, and its words.
    all: (String, &'static str),
}

/// What this gallery is.
pub async fn page(store: Store, view: View) -> Result<HttpResponse> {
    let (app, reader) = (store.app(), Reader::of(view.viewer.user.as_ref()));
    let again = |moment: u64| view.again(&app.drawn, Source::Catalogue(moment));
    if let Some(page) = app.catalogue.moment(&app.db).and_then(again) {
        return Ok(page);
    }
    let found = match store.found_at_once(reader, &queries()) {
        Some(found) => found,
        None => store.apart(move |app| app.catalogue.each(&app.db, reader, queries())).await?,
    };
    let moment = found[0].moment;
    let words = [
        ("official", "Official", "All official algorithms"),
        ("subscribed", "Most subscribed", "All algorithms"),
        ("published", "Newly published", "All by date"),
    ];
    let rows = words.into_iter().zip(found).filter(|(_, results)| results.total > 0);
    let rows =
        rows.map(|((id, title, more), results)| Row { id, title, all: (format!("/market/algorithms?{}", results.query.to_url()), more), results });
    let layout = Layout { search: false, ..view.layout("") };
    view.page_of(&app.drawn, Source::Catalogue(moment), &HomePage { layout, rows: rows.collect() })
}

fn queries() -> [Query; 3] {
    let official = Query::read(&[("official".to_owned(), "true".to_owned())]);
    [official, Query::default().sorted(Sort::Subscribers), Query::default().sorted(Sort::Published)]
}
