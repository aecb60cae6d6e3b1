//! What a job left behind: listed, shown as far as it can be, and given as attachments. Everything in there is the job's own making.

pub(crate) mod file;

use actix_web::HttpResponse;
use askama::Template;

use super::frame::{Frame, NoRebuild, frame};
use crate::db::Conn;
use crate::jobs::{self, Attempt};
use crate::package::PackedFile;
use crate::web::attachment::archive;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::outputs::{self, MOST, MOST_PACKED};
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
    files: Vec<PackedFile>,
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

/// All of them as one ZIP; of a job at work, what is there now.
pub async fn pack(store: Store, user: SignedIn, path: super::Path) -> Result<HttpResponse> {
    let (region, id) = path.into_inner();
    let (name, region, attempt) = latest(&store, &user, region, id).await?;
    let packing = store.apart(move |app| outputs::pack(app, &region, &attempt)).await?;
    Ok(archive(store, &format!("{name}.zip"), packing))
}

/// The job's name and region, and its newest attempt.
async fn latest(store: &Store, user: &SignedIn, region: String, id: i64) -> Result<(String, String, Attempt)> {
    let owner = user.id;
    let find = move |conn: &mut Conn| Ok((jobs::find(conn, owner, &region, id)?.job.name, region, jobs::latest(conn, id)?));
    Ok(store.read(find).await?)
}
