use actix_web::HttpResponse;
use askama::Template;
use chrono_tz::Tz;

use super::Asked;
use crate::audit::{self, Line};
use crate::db::Conn;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::Operator;

#[derive(Template)]
#[template(path = "operator/audit.html")]
struct AuditPage {
    layout: Layout,
    lines: Vec<Line>,
    pages: Pages,
    tz: Tz,
}

/// **Audit log**.
pub async fn page(store: Store, _: Operator, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn| {
        let pages = Pages::of(asked.page.as_deref(), audit::count(conn)?);
        Ok((audit::lines(conn, pages.offset(), ROWS)?, pages))
    };
    let (lines, pages) = store.read(read).await?;
    view.page(&AuditPage { layout: view.layout("profile"), lines, pages, tz: view.tz })
}
