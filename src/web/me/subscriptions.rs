//! My Subscriptions.

use actix_web::HttpResponse;
use askama::Template;
use chrono_tz::Tz;

use super::{Paged, Tabs};
use crate::algorithms::Reader;
use crate::subscriptions::{self, Availability, Row};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "me/subscriptions.html", blocks = ["tab"])]
struct SubscriptionsPage {
    layout: Layout,
    tabs: Tabs,
    rows: Vec<Row>,
    pages: Pages,
    tz: Tz,
}

/// Their subscriptions, cancelled ones too.
pub async fn page(store: Store, user: SignedIn, view: View, Query(query): Query<Paged>) -> Result<HttpResponse> {
    let (reader, id) = (Reader::of(Some(&user)), user.id);
    let load = move |conn: &mut crate::db::Conn| {
        let tabs = Tabs::count(conn, reader, id, "subscriptions")?;
        let pages = Pages::of(query.page.as_deref(), tabs.subscriptions);
        Ok((subscriptions::of_user(conn, reader, pages.offset(), ROWS)?, tabs, pages))
    };
    let (rows, tabs, pages) = store.read(load).await?;
    let page = SubscriptionsPage { layout: view.layout("profile"), tabs: tabs.drawn_for(&view), rows, pages, tz: view.tz };
    view.page_or(&page, page.as_tab())
}
