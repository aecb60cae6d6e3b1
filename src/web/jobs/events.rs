//! What happened to a job, with times.

use actix_web::HttpResponse;
use askama::Template;

use super::frame::{Frame, NoRebuild, frame};
use crate::jobs::{self, Event};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "jobs/events.html", blocks = ["tab"])]
struct EventsPage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    events: Vec<Event>,
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "events").await?;
    let id = frame.head.listed.job.id;
    let events = store.read(move |conn| jobs::events(conn, id)).await?;
    let page = EventsPage { layout: view.layout("console"), rail, frame, events };
    view.page_or(&page, page.as_tab())
}
