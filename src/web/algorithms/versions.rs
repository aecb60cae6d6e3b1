use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Place;
use super::head::{self, Head, Tab};
use super::needs::{self, Need};
use crate::db::Conn;
use crate::error;
use crate::measured::{self, Tally};
use crate::overview::{self, Edition};
use crate::package::{EntryPoint, Manifest, Parameter};
use crate::versions::{Constraints, ProofFacts};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::kept::Prose;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::{App, Store};

#[derive(Template)]
#[template(path = "algorithms/versions.html", blocks = ["tab"])]
struct VersionsPage {
    layout: Layout,
    head: Head,
    list: List,
    chosen: Option<Chosen>,
}

/// A page of the list of versions.
struct List {
    editions: Vec<Edition>,
    tallies: BTreeMap<i64, Tally>,
    pages: Pages,
}

/// The version that is shown.
struct Chosen {
    edition: Edition,
    manifest: Manifest,
    constraints: Option<Arc<str>>,
    constrained: bool,
    needs: Vec<Need>,
    met_by: Vec<String>,
    notes: Option<Arc<str>>,
    /// What the run that proved it took and reported.
    proof: Option<ProofFacts>,
}

/// Which page of the list.
#[derive(Deserialize)]
pub struct Paging {
    #[serde(default)]
    page: Option<String>,
}

type Found = (List, Option<(Edition, Words)>);
/// Manifest, release notes and what the proof run took, as they are stored.
type Words = (String, String, Option<String>);

/// The **Version** tab with the newest version.
pub async fn newest(store: Store, view: View, place: web::Path<Place>, Query(paging): Query<Paging>) -> Result<HttpResponse> {
    show(store, view, place.into_inner(), None, paging).await
}

/// The **Version** tab with the chosen one.
pub async fn page(store: Store, view: View, path: web::Path<(String, String, String)>, Query(paging): Query<Paging>) -> Result<HttpResponse> {
    let (publisher, name, number) = path.into_inner();
    show(store, view, Place { publisher, name }, Some(number), paging).await
}

async fn show(store: Store, view: View, place: Place, number: Option<String>, paging: Paging) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn, head: &Head, _: &App| read(conn, head, number.as_deref(), &paging);
    let (head, (list, chosen)) = head::with(&store, &view, place, Tab::Version, read).await?;
    let chosen = match chosen {
        Some((edition, words)) => Some(draw(&store, edition, words).await?),
        None => None,
    };
    let page = VersionsPage { layout: view.layout("market"), head, list, chosen };
    view.page_or(&page, page.as_tab())
}

fn read(conn: &mut Conn, head: &Head, number: Option<&str>, paging: &Paging) -> error::Result<Found> {
    let algorithm = &head.access.algorithm;
    let edition = match number {
        Some(number) => Some(overview::edition(conn, &head.access, number)?),
        None => head.overview.edition.clone(),
    };
    let pages = Pages::of(paging.page.as_deref(), head.overview.versions);
    let editions = overview::editions(conn, algorithm.id, pages.offset(), ROWS)?;
    let ids: Vec<i64> = editions.iter().map(|edition| edition.id).collect();
    let tallies = match algorithm.completed + algorithm.failed {
        0 => BTreeMap::new(),
        _ => measured::of_versions(conn, &ids)?,
    };
    let chosen = match edition {
        Some(edition) => {
            let words = overview::words(conn, edition.id)?;
            Some((edition, words))
        }
        None => None,
    };
    Ok((List { editions, tallies, pages }, chosen))
}

async fn draw(store: &Store, edition: Edition, (manifest, notes, proof): Words) -> Result<Chosen> {
    let manifest: Manifest = serde_json::from_str(&manifest).map_err(error::Error::from)?;
    let proof = proof.map(|json| serde_json::from_str(&json)).transpose().map_err(error::Error::from)?;
    let constraints = Constraints::of(&manifest);
    let text = constraints.as_ref().map_or("", |constraints| constraints.text.trim()).to_owned();
    let mut texts = vec![text, notes.trim().to_owned()].into_iter().zip(["constraints-", "notes-"]);
    let mut html = Vec::new();
    for (text, prefix) in texts.by_ref() {
        html.push(match text.is_empty() {
            true => None,
            false => store.prose(vec![Prose::new(prefix, text)]).await?.pop(),
        });
    }
    let notes = html.pop().flatten();
    let requires = &manifest.about.requires;
    Ok(Chosen {
        constraints: html.pop().flatten(),
        constrained: constraints.is_some(),
        needs: needs::of(requires),
        met_by: needs::met_by(requires, &store.app().config.regions),
        notes,
        proof,
        edition,
        manifest,
    })
}

impl List {
    fn tally(&self, edition: &Edition) -> Tally {
        self.tallies.get(&edition.id).copied().unwrap_or_default()
    }
}

impl Chosen {
    fn is(&self, edition: &Edition) -> bool {
        self.edition.id == edition.id
    }
}

impl VersionsPage {
    /// The address of another version, with the list where it is.
    fn href(&self, edition: &Edition) -> String {
        let page = if self.list.pages.page > 1 { format!("?page={}", self.list.pages.page) } else { String::new() };
        format!("{}/versions/{}{page}", self.head.path(), edition.number)
    }

    /// Whether there may be a version before the chosen one.
    fn has_earlier(&self, chosen: &Chosen) -> bool {
        let last = self.list.editions.last().is_some_and(|edition| chosen.is(edition));
        self.head.overview.versions > 1 && !(last && self.list.pages.page == self.list.pages.of)
    }

    /// Beginning of the address of another page of the list.
    fn paging(&self, chosen: &Chosen) -> String {
        format!("{}/versions/{}?page=", self.head.path(), chosen.edition.number)
    }

    /// "6 parameters, 1 required".
    fn parameters(entry: &EntryPoint) -> String {
        let (all, required) = (entry.parameters.len(), entry.parameters.iter().filter(|parameter| parameter.is_required()).count());
        let noun = if all == 1 { "parameter" } else { "parameters" };
        if required == 0 { format!("{all} {noun}") } else { format!("{all} {noun}, {required} required") }
    }

    /// A metric with at most four digits behind the point.
    fn short(value: &f64) -> String {
        format!("{value:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// What values a hyperparameter takes, in words; empty when anything of its type.
    fn range(parameter: &Parameter) -> String {
        super::range::words(parameter)
    }
}
