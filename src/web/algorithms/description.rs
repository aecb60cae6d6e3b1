use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Place;
use super::head::{self, Head, Tab};
use crate::db::Conn;
use crate::error;
use crate::measured::{self, Measured};
use crate::overview;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::kept::{Moment, Prose};
use crate::web::page::{Layout, View};
use crate::web::store::{App, Store};

#[derive(Template)]
#[template(path = "algorithms/description.html", blocks = ["tab"])]
struct DescriptionPage {
    layout: Layout,
    head: Head,
    measured: Arc<Measured>,
    description: Option<Arc<str>>,
    delivery: Option<Arc<str>>,
    restrictions: Option<Arc<str>>,
}

/// The README in place of a description.
enum Readme {
    None,
    Drawn(Arc<str>),
    Text(String),
}

/// The **Description** tab, which is the algorithm's page.
pub async fn page(store: Store, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let read = |conn: &mut Conn, head: &Head, app: &App| Ok((measured(conn, head, app)?, readme(conn, head, app)?));
    let (head, (measured, readme)) = head::with(&store, &view, place.into_inner(), Tab::Description, read).await?;
    let texts = &head.access.algorithm;
    let delivery = section(&store, "delivery-", &texts.delivery).await?;
    let restrictions = section(&store, "restrictions-", &texts.restrictions).await?;
    let description = match readme {
        Readme::None => section(&store, "doc-", &texts.description).await?,
        Readme::Drawn(html) => Some(html),
        Readme::Text(text) => draw_readme(&store, &head, &text).await?,
    };
    let page = DescriptionPage { layout: view.layout("market"), head, measured, description, delivery, restrictions };
    view.page_or(&page, page.as_tab())
}

fn measured(conn: &mut Conn, head: &Head, app: &App) -> error::Result<Arc<Measured>> {
    let Some(edition) = &head.overview.edition else { return Ok(Arc::default()) };
    let algorithm = &head.access.algorithm;
    let moment = Moment { version: edition.id, completed: algorithm.completed, failed: algorithm.failed };
    app.kept.measured(moment, || measured::of_version(conn, edition.id, head.now))
}

/// What was drawn of this archive before needs no reading: its digest names its README.
fn readme(conn: &mut Conn, head: &Head, app: &App) -> error::Result<Readme> {
    match &head.overview.edition {
        Some(edition) if head.access.algorithm.description.trim().is_empty() => Ok(match app.kept.readme(&edition.digest) {
            Some(html) => Readme::Drawn(html),
            None => Readme::Text(overview::readme(conn, edition.id)?),
        }),
        _ => Ok(Readme::None),
    }
}

async fn draw_readme(store: &Store, head: &Head, text: &str) -> Result<Option<Arc<str>>> {
    let html = section(store, "doc-", text).await?;
    if let (Some(html), Some(edition)) = (&html, &head.overview.edition) {
        store.app().kept.keep_readme(&edition.digest, html);
    }
    Ok(html)
}

async fn section(store: &Store, prefix: &str, text: &str) -> Result<Option<Arc<str>>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    Ok(store.prose(vec![Prose::new(prefix, text)]).await?.pop())
}
