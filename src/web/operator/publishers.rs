use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Asked, turn};
use crate::db::Conn;
use crate::publishers::{self, Listed};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::{Form, Query};
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::Operator;

#[derive(Template)]
#[template(path = "operator/publishers.html")]
struct PublishersPage {
    layout: Layout,
    rows: Vec<Listed>,
    q: String,
    turn: String,
    pages: Pages,
}

/// What is posted: `official` is `true` or `false`.
#[derive(Deserialize)]
pub struct Mark {
    #[serde(default)]
    official: String,
}

/// **Publishers**, the official ones first.
pub async fn page(store: Store, _: Operator, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let q = asked.q.trim().to_owned();
    let text = q.clone();
    let read = move |conn: &mut Conn| {
        let pages = Pages::of(asked.page.as_deref(), publishers::list_count(conn, &text)?);
        Ok((publishers::list(conn, &text, pages.offset(), ROWS)?, pages))
    };
    let (rows, pages) = store.read(read).await?;
    let turn = turn("/operator/publishers", &q);
    view.page(&PublishersPage { layout: view.layout("profile"), rows, q, turn, pages })
}

/// Marks a publisher as official, or takes the mark back.
pub async fn mark(store: Store, operator: Operator, view: View, handle: web::Path<String>, Form(mark): Form<Mark>) -> Result<HttpResponse> {
    let (handle, official, at) = (handle.into_inner(), mark.official == "true", view.now);
    let publisher = store.write(move |conn| publishers::mark(conn, operator.0.id, &handle, official, at)).await?;
    let word = if publisher.official { "official" } else { "not official any more" };
    Ok(view.see_other_saying(&format!("/operator/publishers?q={}", publisher.handle), &format!("{} is {word}.", publisher.handle)))
}
