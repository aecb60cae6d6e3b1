use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use super::Asked;
use crate::clock::Time;
use crate::db::Conn;
use crate::jobs::{self, Hardware, Overseen, State};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::Operator;

/// A row of the table.
struct Row {
    overseen: Overseen,
    hardware: Hardware,
}

#[derive(Template)]
#[template(path = "operator/jobs.html")]
struct JobsPage {
    layout: Layout,
    rows: Vec<Row>,
    pages: Pages,
    now: Time,
    tz: Tz,
}

/// **Training jobs**: everybody's that have not ended.
pub async fn page(store: Store, _: Operator, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn| {
        let pages = Pages::of(asked.page.as_deref(), jobs::overseen_count(conn)?);
        let row = |overseen: Overseen| Ok(Row { hardware: overseen.job.hardware()?, overseen });
        let rows = jobs::overseen(conn, pages.offset(), ROWS)?.into_iter().map(row).collect::<crate::error::Result<Vec<_>>>()?;
        Ok((rows, pages))
    };
    let (rows, pages) = store.read(read).await?;
    view.page(&JobsPage { layout: view.layout("profile"), rows, pages, now: view.now, tz: view.tz })
}

/// Asks for the end of one of them.
pub async fn stop(store: Store, operator: Operator, view: View, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, at) = (id.into_inner(), view.now);
    store.write(move |conn| jobs::stop_overseen(conn, &operator.0, id, at)).await?;
    store.app().bell.ring();
    Ok(view.see_other_saying("/operator/jobs", &format!("Job {id} was asked to stop.")))
}
