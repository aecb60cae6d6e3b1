//! Training jobs of a region.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::clock::Time;
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

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    page: Option<String>,
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
    q: String,
    state: Option<State>,
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

    /// Whether only jobs in this state are wanted.
    fn is_state(&self, one: &State) -> bool {
        self.state == Some(*one)
    }

    /// Whether only some of the jobs are wanted.
    fn is_filtered(&self) -> bool {
        self.state.is_some() || !self.q.is_empty()
    }
}

/// The list; as a fragment its rows.
pub async fn page(store: Store, user: SignedIn, view: View, region: Path<String>, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let region = region.into_inner();
    let rail = Rail::of(&store, &user, &region, "jobs").await?;
    let state = asked.state.parse::<State>().ok();
    let q = asked.q.trim().to_owned();
    let turn = format!("/console/{region}/jobs?q={}&state={}&page=", utf8_percent_encode(&q, NON_ALPHANUMERIC), state.map_or("", State::as_str));
    let filter = Filter { state, text: q.clone(), ..Filter::default() };
    let read = move |conn: &mut Conn| {
        let mut pages = Pages::of(None, 0);
        let offset = |total| {
            pages = Pages::of(asked.page.as_deref(), total);
            pages.offset()
        };
        let (jobs, _) = jobs::list(conn, user.id, &region, &filter, offset)?;
        let row = |listed: Listed| Ok(Row { hardware: listed.job.hardware()?, listed });
        Ok((jobs.into_iter().map(row).collect::<crate::error::Result<Vec<_>>>()?, pages))
    };
    let (rows, pages) = store.read(read).await?;
    let page = ListPage { layout: view.layout("console"), rail, rows, pages, q, state, turn, now: view.now, tz: view.tz };
    view.page_or(&page, page.as_rows())
}
