use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use super::form::{Target, Task};
use crate::clock::Time;
use crate::comments;
use crate::db::Conn;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::kept::Prose;
use crate::web::page::{Layout, View};
use crate::web::store::Store;

/// What a comment says or said.
struct Text {
    html: Arc<str>,
    /// When it was said.
    since: Time,
    /// When other words took its place; `None`: it stands.
    until: Option<Time>,
}

#[derive(Template)]
#[template(path = "algorithms/history.html", blocks = ["dialog"])]
struct HistoryPage {
    layout: Layout,
    title: String,
    comments: String,
    author: String,
    texts: Vec<Text>,
    tz: Tz,
}

/// What a comment says and said before, the latest first.
pub async fn page(store: Store, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (target, viewer) = (Target::of(path), view.viewer.clone());
    let comments = target.tab();
    let read = move |conn: &mut Conn| {
        let (access, comment) = target.load(conn, &viewer, Task::Review)?;
        let (author, earlier) = (comments::author(conn, &comment)?, comments::earlier(conn, &comment)?);
        Ok((access.algorithm.title, comment, author, earlier))
    };
    let (title, comment, author, earlier) = store.read(read).await?;
    let ends: Vec<Time> = earlier.iter().map(|text| text.at).collect();
    // One id is under another's prefix at no time: `c7-`, `c7-e1-`.
    let before = earlier.into_iter().map(|text| Prose::new(format!("c{}-e{}-", comment.id, text.id), text.body));
    let prose = std::iter::once(Prose::new(format!("c{}-", comment.id), comment.body)).chain(before);
    let html = store.prose(prose.collect()).await?;
    let since = ends.iter().copied().chain([comment.created_at]);
    let until = std::iter::once(None).chain(ends.iter().copied().map(Some));
    let texts = html.into_iter().zip(since.zip(until)).map(|(html, (since, until))| Text { html, since, until }).collect();
    let page = HistoryPage { layout: view.layout("market"), title, comments, author, texts, tz: view.tz };
    view.page_or(&page, page.as_dialog())
}
