use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use super::Asked;
use crate::clock::Time;
use crate::comments::Comment;
use crate::db::Conn;
use crate::reports::{self, Case};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::Operator;

/// Characters of a comment that stand in the list.
const EXCERPT: usize = 300;

#[derive(Template)]
#[template(path = "operator/reports.html")]
struct ReportsPage {
    layout: Layout,
    cases: Vec<Case>,
    open: i64,
    pages: Pages,
    now: Time,
    tz: Tz,
}

/// **Reports**, the open ones first.
pub async fn page(store: Store, _: Operator, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn| {
        let (all, open) = reports::count(conn)?;
        let pages = Pages::of(asked.page.as_deref(), all);
        Ok((reports::page(conn, pages.offset(), ROWS)?, open, pages))
    };
    let (cases, open, pages) = store.read(read).await?;
    view.page(&ReportsPage { layout: view.layout("profile"), cases, open, pages, now: view.now, tz: view.tz })
}

/// Closes a report without doing anything.
pub async fn dismiss(store: Store, operator: Operator, view: View, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, at) = (id.into_inner(), view.now);
    let write = move |conn: &mut Conn| {
        let case = reports::find(conn, id)?;
        reports::dismiss(conn, &operator.0, &case, at)
    };
    store.write(write).await?;
    Ok(view.see_other_saying("/operator/reports", "The report is dismissed."))
}

impl ReportsPage {
    /// What a comment says, or its beginning; of a deleted one nothing is left.
    fn excerpt(&self, comment: &Comment) -> String {
        match comment.body.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}…", &comment.body[..end]),
            None => comment.body.clone(),
        }
    }
}
