//! My Releases.

use actix_web::HttpResponse;
use askama::Template;

use super::{Paged, Tabs};
use crate::algorithms::{self, Reader, Released};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "me/releases.html", blocks = ["tab"])]
struct ReleasesPage {
    layout: Layout,
    tabs: Tabs,
    rows: Vec<Released>,
    pages: Pages,
}

/// What they and their organisations publish.
pub async fn page(store: Store, user: SignedIn, view: View, Query(query): Query<Paged>) -> Result<HttpResponse> {
    let (reader, id) = (Reader::of(Some(&user)), user.id);
    let load = move |conn: &mut crate::db::Conn| {
        let tabs = Tabs::count(conn, reader, id, "releases")?;
        let pages = Pages::of(query.page.as_deref(), tabs.releases);
        Ok((algorithms::released(conn, id, pages.offset(), ROWS)?, tabs, pages))
    };
    let (rows, tabs, pages) = store.read(load).await?;
    let page = ReleasesPage { layout: view.layout("profile"), tabs: tabs.drawn_for(&view), rows, pages };
    view.page_or(&page, page.as_tab())
}
