//! Cancelling a subscription.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::row::RowFragment;
use super::{Path, origin};
use crate::algorithms::Reader;
use crate::subscriptions::{self, Row, State, work};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::{Form, Query};
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "subscription/cancellation.html", blocks = ["dialog"])]
struct CancellationPage {
    layout: Layout,
    row: Row,
    /// Names of jobs under way, a few of them.
    jobs: Vec<String>,
    /// How many there are.
    under_way: i64,
    next: String,
    /// Whether only a row of My Subscriptions has to change.
    in_list: bool,
}

/// Asks, and says what will happen: as a page, or as a dialog's content.
pub async fn form(request: HttpRequest, store: Store, user: SignedIn, view: View, path: Path, Query(query): Query<Next>) -> Result<HttpResponse> {
    let (publisher, name) = path.into_inner();
    let load = move |conn: &mut crate::db::Conn| {
        let row = subscriptions::find(conn, Reader::of(Some(&user)), &publisher, &name)?;
        let jobs = work::jobs_of(conn, user.id, row.algorithm.id, 3)?;
        Ok((row, jobs))
    };
    let (row, (jobs, under_way)) = store.read(load).await?;
    let next = origin::of(&request, query.next.as_deref(), &row.path());
    if row.subscription.state == State::Cancelled {
        return Ok(view.see_other_saying(&next, &format!("The subscription to {} is cancelled already.", row.label())));
    }
    let in_list = view.is_partial() && next.starts_with(origin::LIST);
    let page = CancellationPage { layout: view.layout("profile"), row, jobs, under_way, next, in_list };
    view.page_or(&page, page.as_dialog())
}

/// Cancels.
pub async fn create(request: HttpRequest, store: Store, user: SignedIn, view: View, path: Path, Form(form): Form<Next>) -> Result<HttpResponse> {
    let ((publisher, name), at) = (path.into_inner(), view.now);
    let cancel = move |conn: &mut crate::db::Conn| {
        let reader = Reader::of(Some(&user));
        let found = subscriptions::find(conn, reader, &publisher, &name)?;
        subscriptions::cancel(conn, user.id, found.algorithm.id, at)?;
        subscriptions::find(conn, reader, &publisher, &name)
    };
    let row = store.write(cancel).await?;
    if view.is_partial() {
        return view.page(&RowFragment { row, tz: view.tz });
    }
    let next = origin::of(&request, form.next.as_deref(), &row.path());
    Ok(view.see_other_saying(&next, &format!("The subscription to {} is cancelled.", row.label())))
}
