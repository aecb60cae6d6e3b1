//! Asset Market > Algorithms: search, facets, sorts and pages, all in the URL.

pub(crate) mod suggestions;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;

use crate::algorithms::Reader;
use crate::clock::Time;
use crate::search::{Choice, Facet, Query, Results, Sort};
use crate::web::drawn::Source;
use crate::web::failure::Result;
#[allow(unused_imports)] // the templates' filters
use crate::web::filters;
use crate::web::form;
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View};
use crate::web::store::Store;

/// The page.
#[derive(Template)]
#[template(path = "market/algorithms.html")]
struct MarketPage {
    layout: Layout,
    /// What was searched for.
    words: String,
    /// [`Content`] as it was drawn for whoever finds the same.
    html: Arc<str>,
}

/// All but the frame with the viewer's own name.
#[derive(Template)]
#[template(path = "market/content.html")]
struct Content {
    market: Market,
}

/// What of it changes with the query, for htmx: everything but the search field itself.
#[derive(Template)]
#[template(path = "market/changes.html")]
struct Changes {
    market: Market,
}

/// What was found and how it was asked for.
struct Market {
    results: Results,
    /// Of the query, without its page.
    url: String,
    now: Time,
    tz: Tz,
    /// Drawn for htmx, which puts each part into its place.
    apart: bool,
}

/// A headed list of choices.
struct Group<'a> {
    id: &'static str,
    label: &'static str,
    shown: Vec<&'a Choice>,
    more: Vec<&'a Choice>,
}

/// Choices of a facet before "Show all", and after it.
const SHOWN: usize = 6;
const MOST: usize = 60;

/// The algorithms that the viewer may see and asks for.
pub async fn page(request: HttpRequest, store: Store, view: View, form::Query(pairs): form::Query<Vec<(String, String)>>) -> Result<HttpResponse> {
    let query = Query::read(&pairs);
    if query.is_costly() {
        limits::check(&request, store.app(), Act::Search)?;
    }
    let (app, reader) = (store.app(), Reader::of(view.viewer.user.as_ref()));
    let again = |moment: u64| view.again(&app.drawn, Source::Catalogue(moment));
    if let Some(page) = app.catalogue.moment(&app.db).and_then(again) {
        return Ok(page);
    }
    let results = found(&store, reader, query).await?;
    let moment = results.moment;
    if let Some(page) = again(moment) {
        return Ok(page);
    }
    let source = Source::Catalogue(moment);
    let (number, words) = (results.number, results.query.text.clone());
    let market = || Market { url: results.query.to_url(), results, now: view.now, tz: view.tz, apart: view.is_partial() };
    if view.is_partial() {
        return view.page_of(&app.drawn, source, &Changes { market: market() });
    }
    let html = app.drawn.part((number, view.tz), || Content { market: market() })?;
    let layout = Layout { search: false, ..view.layout("market") };
    view.page_of(&app.drawn, source, &MarketPage { layout, words, html })
}

async fn found(store: &Store, reader: Reader, query: Query) -> Result<Results> {
    match store.found_at_once(reader, std::array::from_ref(&query)) {
        Some([results]) => Ok(results),
        None => Ok(store.search(reader, query).await?),
    }
}

impl Market {
    /// The start of the link to another page.
    fn pages(&self) -> String {
        let and = if self.url.is_empty() { "" } else { "&" };
        format!("/market/algorithms?{}{and}page=", self.url)
    }

    /// The sorts to offer; one more when the URL asks for it.
    fn sorts(&self) -> impl Iterator<Item = Sort> {
        let current = self.results.query.sort;
        Sort::ALL.iter().copied().filter(move |sort| *sort != Sort::Published || current == *sort)
    }

    fn groups(&self) -> Vec<Group<'_>> {
        let of = |facet: Facet| self.results.choices(facet).iter();
        // Of a yes-or-no facet only the useful side is offered, and the other one when the URL asks for it.
        let side = |facet: Facet, key: &'static str| of(facet).filter(move |choice| &*choice.key == key || choice.chosen);
        let terms = side(Facet::OpenSource, "true").chain(side(Facet::Constraints, "none"));
        let runs_on = of(Facet::Accelerator).chain(side(Facet::Distributed, "true"));
        vec![
            Group::of("task", Facet::Task, of(Facet::Task).collect()),
            Group::of("framework", Facet::Framework, of(Facet::Framework).collect()),
            Group::of("publisher", Facet::Kind, of(Facet::Kind).chain(of(Facet::Publisher)).collect()),
            Group::of("license", Facet::License, of(Facet::License).collect()),
            Group::of("runs-on", Facet::Accelerator, runs_on.collect()),
            Group::of("terms", Facet::OpenSource, terms.collect()),
        ]
    }
}

impl<'a> Group<'a> {
    /// Chosen values stay in sight, wherever their count puts them.
    fn of(id: &'static str, facet: Facet, choices: Vec<&'a Choice>) -> Self {
        let fits = choices.len() <= SHOWN + 1;
        let (shown, more) = choices.into_iter().enumerate().partition::<Vec<_>, _>(|(at, choice)| fits || *at < SHOWN || choice.chosen);
        let plain = |list: Vec<(usize, &'a Choice)>, most: usize| list.into_iter().map(|(_, choice)| choice).take(most).collect();
        Self { id, label: facet.label(), shown: plain(shown, usize::MAX), more: plain(more, MOST) }
    }
}
