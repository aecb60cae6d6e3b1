//! What a member accepted.

use actix_web::HttpResponse;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::consents::{self, Given};
use crate::markdown;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Which page of the list.
#[derive(Deserialize)]
pub struct Paged {
    page: Option<String>,
}

/// A consent with its text as HTML.
struct Shown {
    given: Given,
    html: String,
}

#[derive(Template)]
#[template(path = "settings/consents.html")]
struct ConsentsPage {
    layout: Layout,
    consents: Vec<Shown>,
    pages: Pages,
    tz: Tz,
}

/// What this member accepted, when, and the text.
pub async fn page(store: Store, user: SignedIn, view: View, Query(query): Query<Paged>) -> Result<HttpResponse> {
    let id = user.id;
    let load = move |conn: &mut crate::db::Conn| {
        let pages = Pages::of(query.page.as_deref(), consents::count(conn, id)?);
        Ok((consents::of_user(conn, id, pages.offset(), ROWS)?, pages))
    };
    let (given, pages) = store.read(load).await?;
    let shown = |(number, given): (usize, Given)| Shown { html: markdown::render_with(&format!("text-{number}-"), &given.text), given };
    let consents = given.into_iter().enumerate().map(shown).collect();
    view.page(&ConsentsPage { layout: view.layout("profile"), consents, pages, tz: view.tz })
}
