//! The page and dialog where a region is chosen.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::subscriptions_of;
use crate::algorithms::{self, Access, Reader};
use crate::config::Region;
use crate::error::Error;
use crate::jobs;
use crate::package::Requires;
use crate::versions;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::rail::{Health, health, region_of};
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    /// `publisher/name`: what is to be opened in the region.
    algorithm: Option<String>,
    /// The region that was chosen.
    region: Option<String>,
}

/// A region as one of the choices.
struct Choice {
    id: String,
    name: String,
    engine: &'static str,
    health: Health,
    /// Such as "5 flavors, up to 8 vCPU, 32 GiB and 1 GPU".
    sizes: String,
    cheapest: i64,
    flavors: usize,
    /// How many meet the constraints of the algorithm's newest version.
    fit: Option<usize>,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/regions.html", blocks = ["dialog"])]
struct RegionsPage {
    layout: Layout,
    /// `publisher/name` and title of what is to be opened.
    algorithm: Option<(String, String)>,
    regions: Vec<Choice>,
    currency: String,
}

/// **Select Service Region**, as a page or as a dialog's content; with a region chosen, goes there.
pub async fn page(store: Store, user: SignedIn, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let algorithm = asked.algorithm.filter(|text| !text.is_empty());
    let (access, requires) = match &algorithm {
        Some(path) => find(&store, &user, path).await?,
        None => (None, None),
    };
    if let Some(region) = asked.region.filter(|region| !region.is_empty()) {
        let region = region_of(&store.app().config, &region)?;
        return Ok(view.see_other(&subscriptions_of(&region.id, algorithm.as_deref())));
    }
    let regions = choices(store.app(), requires.as_ref());
    let algorithm = algorithm.zip(access.map(|access| access.algorithm.title));
    let page = RegionsPage { layout: view.layout("console"), algorithm, regions, currency: store.app().config.currency.clone() };
    view.page_or(&page, page.as_dialog())
}

/// The algorithm that is to be opened, and what its newest version needs.
async fn find(store: &Store, user: &SignedIn, path: &str) -> Result<(Option<Access>, Option<Requires>)> {
    let (publisher, name) = path.split_once('/').ok_or(Error::NotFound)?;
    let (reader, publisher, name) = (Reader::of(Some(user)), publisher.to_owned(), name.to_owned());
    let load = move |conn: &mut crate::db::Conn| {
        let access = algorithms::find(conn, reader, &publisher, &name)?;
        let newest = versions::newest(conn, access.algorithm.id)?;
        let manifest = newest.map(|version| version.manifest()).transpose()?;
        Ok((Some(access), manifest.map(|manifest| manifest.about.requires)))
    };
    Ok(store.read(load).await?)
}

/// All can be entered, jobs and bills are there to be read; the first in which jobs can start is chosen.
fn choices(app: &App, requires: Option<&Requires>) -> Vec<Choice> {
    let choice = |region: &Region| {
        let fits = |requires| jobs::suitable(region, requires, app.engines.room(&region.id).as_ref());
        Choice {
            id: region.id.clone(),
            name: region.name.clone(),
            engine: region.engine.as_str(),
            sizes: sizes(region),
            cheapest: region.flavors.iter().map(|flavor| flavor.price_micros).min().unwrap_or(0),
            flavors: region.flavors.len(),
            fit: requires.map(fits),
            health: health(app, region),
            chosen: false,
        }
    };
    let mut choices: Vec<Choice> = app.config.regions.iter().map(choice).collect();
    let first = choices.iter().position(|choice| choice.health.ok).unwrap_or(0);
    if let Some(choice) = choices.get_mut(first) {
        choice.chosen = true;
    }
    choices
}

fn sizes(region: &Region) -> String {
    let flavors = &region.flavors;
    let cpus = flavors.iter().map(|flavor| flavor.cpus).max().unwrap_or(0);
    let memory = flavors.iter().map(|flavor| flavor.memory).max().unwrap_or(0) >> 30;
    let gpus = flavors.iter().map(|flavor| flavor.gpus).max().unwrap_or(0);
    let nodes = flavors.iter().map(|flavor| flavor.max_nodes).max().unwrap_or(1);
    let plural = |count: usize, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    let mut text = format!("{}, up to {cpus} vCPU, {memory} GiB", plural(flavors.len(), "flavor"));
    if gpus > 0 {
        text += &format!(" and {}", plural(gpus as usize, "GPU"));
    }
    if nodes > 1 {
        text += &format!(", {nodes} nodes");
    }
    text
}
