//! The list, with the form to upload a new one.

use actix_web::HttpResponse;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::config::Size;
use crate::datasets::{self, Listed};
use crate::db::Conn;
use crate::error::Mistakes;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::Pages;
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Which page of the list.
#[derive(Deserialize, Default)]
pub struct Paging {
    #[serde(default)]
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "data/list.html")]
pub(super) struct DataPage {
    layout: Layout,
    rail: Rail,
    rows: Vec<Listed>,
    pages: Pages,
    /// What was typed, when it could not be taken.
    typed: String,
    mistakes: Mistakes,
    most: Size,
    tz: Tz,
}

/// What they have uploaded, the last changed first.
pub async fn page(store: Store, user: SignedIn, view: View, Query(paging): Query<Paging>) -> Result<HttpResponse> {
    view.page(&draw(&store, &user, &view, paging, (String::new(), Mistakes::new())).await?)
}

/// The list, with what was typed and what is wrong with it.
pub(super) async fn draw(store: &Store, user: &SignedIn, view: &View, paging: Paging, typed: (String, Mistakes)) -> Result<DataPage> {
    let id = user.id;
    let read = move |conn: &mut Conn| {
        let pages = Pages::of(paging.page.as_deref(), datasets::count(conn, id)?);
        Ok((datasets::list(conn, id, pages.offset(), crate::web::paging::ROWS)?, pages))
    };
    let (rows, pages) = store.read(read).await?;
    let rail = super::rail(store, user).await?;
    let (typed, mistakes) = typed;
    let most = store.app().config.limits.dataset_size;
    Ok(DataPage { layout: view.layout("console"), rail, rows, pages, typed, mistakes, most, tz: view.tz })
}
