//! Deleting a job that has ended.

use actix_web::HttpResponse;
use askama::Template;

use crate::db::Conn;
use crate::jobs::{self, Job};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "jobs/deletion.html", blocks = ["dialog"])]
struct DeletionPage {
    layout: Layout,
    job: Job,
}

/// Asks, and says what will happen.
pub async fn form(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let (region, id) = path.into_inner();
    let job = store.read(move |conn| jobs::find(conn, user.id, &region, id)).await?.job;
    let page = DeletionPage { layout: view.layout("console"), job };
    view.page_or(&page, page.as_dialog())
}

/// Deletes.
pub async fn create(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let ((region, id), at) = (path.into_inner(), view.now);
    let list = format!("/console/{region}/jobs");
    let delete = move |conn: &mut Conn| {
        let job = jobs::find(conn, user.id, &region, id)?.job;
        jobs::delete(conn, &job, at)?;
        Ok(job.name)
    };
    let name = store.write(delete).await?;
    store.app().bell.ring();
    Ok(view.see_other_saying(&list, &format!("{name} is deleted.")))
}
