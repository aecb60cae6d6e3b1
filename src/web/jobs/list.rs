//! Training jobs of a region.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::clock::Time;
use crate::config::Config;
use crate::db::Conn;
use crate::jobs::{self, Filter, Hardware, Listed, State};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::Pages;
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Jobs of every region.
const EVERYWHERE: &str = "*";

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    /// `publisher/name`.
    #[serde(default)]
    algorithm: String,
    /// Another one than the page's, or [`EVERYWHERE`].
    #[serde(default)]
    region: String,
    page: Option<String>,
}

/// The jobs that are wanted.
struct Wanted {
    q: String,
    state: Option<State>,
    algorithm: String,
    /// Empty for the page's own.
    region: String,
}

impl Wanted {
    fn of(asked: &Asked) -> Self {
        let trimmed = |text: &str| text.trim().to_owned();
        Self { q: trimmed(&asked.q), state: asked.state.parse().ok(), algorithm: trimmed(&asked.algorithm), region: trimmed(&asked.region) }
    }

    fn filter(&self, here: &str) -> Filter {
        let region = match self.region.as_str() {
            "" => Some(here.to_owned()),
            EVERYWHERE => None,
            other => Some(other.to_owned()),
        };
        let algorithm = self.algorithm.split_once('/').map(|(publisher, name)| (publisher.to_owned(), name.to_owned()));
        Filter { state: self.state, text: self.q.clone(), region, algorithm }
    }

    /// Address of a page of these, up to its number.
    fn turn(&self, here: &str) -> String {
        let [q, algorithm, region] = [&self.q, &self.algorithm, &self.region].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
        let state = self.state.map_or("", State::as_str);
        format!("/console/{here}/jobs?q={q}&state={state}&algorithm={algorithm}&region={region}&page=")
    }

    /// Whether only some of the jobs are wanted.
    fn is_narrow(&self) -> bool {
        self.state.is_some() || !self.q.is_empty() || !self.algorithm.is_empty() || !self.region.is_empty()
    }

    /// Whether only jobs in this state are.
    fn is_state(&self, one: &State) -> bool {
        self.state == Some(*one)
    }
}

/// A row of the table.
struct Row {
    listed: Listed,
    hardware: Hardware,
}

#[derive(Template)]
#[template(path = "jobs/list.html", blocks = ["rows"])]
struct ListPage {
    layout: Layout,
    rail: Rail,
    rows: Vec<Row>,
    pages: Pages,
    wanted: Wanted,
    /// `publisher/name` of what the member has trained.
    algorithms: Vec<String>,
    /// Id and name of the other regions.
    regions: Vec<(String, String)>,
    /// Address of another page of the list, up to its number.
    turn: String,
    now: Time,
    tz: Tz,
}

impl ListPage {
    /// Whether any row still changes.
    fn is_live(&self) -> bool {
        self.rows.iter().any(|row| !row.listed.job.state.is_final())
    }
}

/// The list; as a fragment its rows.
pub async fn page(store: Store, user: SignedIn, view: View, region: Path<String>, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let region = region.into_inner();
    let rail = Rail::of(&store, &user, &region, "jobs").await?;
    let wanted = Wanted::of(&asked);
    let (filter, turn) = (wanted.filter(&region), wanted.turn(&region));
    let read = move |conn: &mut Conn| {
        let mut pages = Pages::of(None, 0);
        let offset = |total| {
            pages = Pages::of(asked.page.as_deref(), total);
            pages.offset()
        };
        let (jobs, _) = jobs::list(conn, user.id, &filter, offset)?;
        let row = |listed: Listed| Ok(Row { hardware: listed.job.hardware()?, listed });
        let rows = jobs.into_iter().map(row).collect::<crate::error::Result<Vec<_>>>()?;
        Ok((rows, jobs::trained(conn, user.id)?, pages))
    };
    let (rows, algorithms, pages) = store.read(read).await?;
    let regions = others(&store.app().config, &region);
    let page = ListPage { layout: view.layout("console"), rail, rows, pages, wanted, algorithms, regions, turn, now: view.now, tz: view.tz };
    view.page_or(&page, page.as_rows())
}

/// Id and name of the regions beside this one.
fn others(config: &Config, region: &str) -> Vec<(String, String)> {
    let others = config.regions.iter().filter(|other| other.id != region);
    others.map(|other| (other.id.clone(), other.name.clone())).collect()
}
