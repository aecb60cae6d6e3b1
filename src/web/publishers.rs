//! A publisher's page: who they are and what they publish.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::algorithms::Reader;
use crate::clock::Time;
use crate::markdown;
use crate::publishers::{self, Kind, Publisher};
use crate::search::{Query, Results};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form;
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View};
use crate::web::store::Store;

#[derive(Template)]
#[template(path = "publishers/page.html")]
struct PublisherPage {
    layout: Layout,
    publisher: Publisher,
    /// HTML.
    about: String,
    results: Results,
    own: bool,
    /// The viewer is in this organisation.
    member: bool,
    now: Time,
    tz: Tz,
}

impl PublisherPage {
    /// The start of the link to another page.
    fn pages(&self) -> String {
        format!("/publishers/{}?page=", self.publisher.handle)
    }

    fn glyph(&self) -> &'static str {
        match self.publisher.kind {
            Kind::User => "user",
            Kind::Organisation => "users",
        }
    }
}

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    page: String,
}

/// Anybody sees it; what it lists is what the viewer may see.
pub async fn page(
    request: HttpRequest,
    store: Store,
    view: View,
    handle: web::Path<String>,
    form::Query(asked): form::Query<Asked>,
) -> Result<HttpResponse> {
    let (reader, handle) = (Reader::of(view.viewer.user.as_ref()), handle.into_inner());
    let query = Query::of_publisher(&handle).at_page(asked.page.parse().unwrap_or(1));
    if query.is_costly() {
        limits::check(&request, store.app(), Act::Search)?;
    }
    let found = store.apart(move |app| {
        let (publisher, member) = app.db.read(|conn| {
            let publisher = publishers::by_handle(conn, &handle)?;
            let asked = reader.user.filter(|_| publisher.kind == Kind::Organisation);
            let member = asked.map(|user| publishers::of_user(conn, user)).transpose()?.is_some_and(|own| own.contains(&publisher.id));
            Ok((publisher, member))
        })?;
        Ok((markdown::render(&publisher.about), publisher, member, app.catalogue.search(&app.db, reader, query)?))
    });
    let (about, publisher, member, results) = found.await?;
    let own = view.viewer.id() == Some(publisher.id);
    view.page(&PublisherPage { layout: view.layout("market"), publisher, about, results, own, member, now: view.now, tz: view.tz })
}
