//! What the member was told.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::clock::Time;
use crate::db::Conn;
use crate::notifications::{self, Notification};
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
pub struct Paging {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "notifications/list.html")]
struct NotificationsPage {
    layout: Layout,
    rows: Vec<Notification>,
    unread: i64,
    pages: Pages,
    now: Time,
    tz: Tz,
}

/// All of it, the latest first.
pub async fn page(store: Store, user: SignedIn, view: View, Query(paging): Query<Paging>) -> Result<HttpResponse> {
    let id = user.id;
    let read = move |conn: &mut Conn| {
        let pages = Pages::of(paging.page.as_deref(), notifications::count(conn, id)?);
        Ok((notifications::of_user(conn, id, pages.offset(), ROWS)?, notifications::unread(conn, id)?, pages))
    };
    let (rows, unread, pages) = store.read(read).await?;
    view.page(&NotificationsPage { layout: view.layout("profile"), rows, unread, pages, now: view.now, tz: view.tz })
}

/// Marks everything as read.
pub async fn read_all(store: Store, user: SignedIn, view: View) -> Result<HttpResponse> {
    let at = view.now;
    store.write(move |conn| notifications::read_all(conn, user.id, at)).await?;
    Ok(view.see_other("/notifications"))
}

/// Marks one as read and leads to what it is about.
pub async fn read(store: Store, user: SignedIn, view: View, id: web::Path<i64>) -> Result<HttpResponse> {
    let at = view.now;
    let told = store.write(move |conn| notifications::read(conn, user.id, id.into_inner(), at)).await?;
    Ok(view.see_other(&told.path))
}
