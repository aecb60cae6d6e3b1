//! What a job left behind: listed, and given as attachments. Everything in there is the job's own making.

use actix_web::HttpResponse;
use askama::Template;

use super::frame::{Frame, NoRebuild, frame};
use crate::db::Conn;
use crate::jobs;
use crate::web::attachment::attachment;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::outputs::{self, MOST, Output};
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "jobs/outputs.html", blocks = ["tab"])]
struct OutputsPage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    files: Vec<Output>,
    total: u64,
    /// Whether there are more than are listed.
    more: bool,
}

/// The list.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "outputs").await?;
    let (region, id) = (frame.head.listed.job.region.clone(), frame.head.listed.job.id);
    let files = store.apart(move |app| outputs::list(app, &region, &app.db.read(|conn| jobs::latest(conn, id))?)).await?;
    let (total, more) = (files.iter().map(|file| file.size).sum(), files.len() >= MOST);
    let page = OutputsPage { layout: view.layout("console"), rail, frame, files, total, more };
    view.page_or(&page, page.as_tab())
}

/// One file, never to be shown as a page of ours.
pub async fn file(store: Store, user: SignedIn, path: actix_web::web::Path<(String, i64, String)>) -> Result<HttpResponse> {
    let (region, id, wanted) = path.into_inner();
    let name = wanted.rsplit('/').next().unwrap_or("output").to_owned();
    let find = move |conn: &mut Conn| {
        jobs::find(conn, user.id, &region, id)?;
        Ok((region, jobs::latest(conn, id)?))
    };
    let (region, attempt) = store.read(find).await?;
    let (file, size) = store.apart(move |app| outputs::opened(app, &region, &attempt, &wanted)).await?;
    Ok(attachment(store, &name, file, size))
}
