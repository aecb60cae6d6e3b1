use actix_web::HttpResponse;
use askama::Template;
use chrono_tz::Tz;

use super::{Asked, turn};
use crate::db::Conn;
use crate::users::{self, Member};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::Operator;

#[derive(Template)]
#[template(path = "operator/members.html")]
struct MembersPage {
    layout: Layout,
    rows: Vec<Member>,
    /// The operator who looks.
    own: i64,
    q: String,
    turn: String,
    pages: Pages,
    tz: Tz,
}

/// **Members**, the latest first.
pub async fn page(store: Store, operator: Operator, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let q = asked.q.trim().to_owned();
    let text = q.clone();
    let read = move |conn: &mut Conn| {
        let pages = Pages::of(asked.page.as_deref(), users::members_count(conn, &text)?);
        Ok((users::members(conn, &text, pages.offset(), ROWS)?, pages))
    };
    let (rows, pages) = store.read(read).await?;
    let turn = turn("/operator/users", &q);
    view.page(&MembersPage { layout: view.layout("profile"), rows, own: operator.0.id, q, turn, pages, tz: view.tz })
}
