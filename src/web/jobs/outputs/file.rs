//! One file: to be saved, or its page.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Frame, Layout, NoRebuild, Rail, frame, latest};
use crate::error::Result as Domain;
use crate::jobs;
use crate::web::attachment::{attachment, attachment_of};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::outputs::{self, MOST, Preview, picture};
use crate::web::page::View;
use crate::web::store::{App, Store};
use crate::web::tree::{self, Row, encoded};
use crate::web::viewer::SignedIn;

/// How a file is asked for: by nothing, its bytes.
#[derive(Deserialize)]
pub struct Asked {
    /// Its page; `text`: as text, whatever it is.
    view: Option<String>,
}

#[derive(Template)]
#[template(path = "jobs/file.html", blocks = ["tab"])]
struct FilePage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    rows: Vec<Row>,
    /// Whether there are more files than the tree has.
    more: bool,
    path: String,
    shown: Shown,
}

/// What stands beside the tree.
enum Shown {
    Folder,
    File { size: u64, preview: Preview, plain: bool },
}

impl FilePage {
    /// Where the file is downloaded.
    fn href(&self) -> String {
        format!("{}/{}", self.root(), encoded(&self.path))
    }

    fn root(&self) -> String {
        self.frame.head.at("outputs")
    }
}

/// The file, never to be shown as a page of ours; or the page that shows what can be shown of it.
pub async fn show(
    store: Store,
    user: SignedIn,
    view: View,
    path: web::Path<(String, i64, String)>,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse> {
    let (region, id, wanted) = path.into_inner();
    match asked.view {
        None => download(store, user, (region, id), wanted).await,
        Some(how) => page(store, user, view, (region, id), wanted, how == "text").await,
    }
}

async fn download(store: Store, user: SignedIn, (region, id): (String, i64), wanted: String) -> Result<HttpResponse> {
    let name = wanted.rsplit('/').next().unwrap_or("output").to_owned();
    let (_, region, attempt) = latest(&store, &user, region, id).await?;
    let (file, size) = store.apart(move |app| outputs::opened(app, &region, &attempt, &wanted)).await?;
    Ok(match picture(&name) {
        Some(kind) => attachment_of(store, &name, kind, file, size),
        None => attachment(store, &name, file, size),
    })
}

async fn page(store: Store, user: SignedIn, view: View, job: (String, i64), path: String, plain: bool) -> Result<HttpResponse> {
    let (rail, mut frame) = frame(&store, &user, &view, job.into(), "outputs").await?;
    frame.still = true;
    let path = path.trim_end_matches('/').to_owned();
    let (region, id, wanted) = (frame.head.listed.job.region.clone(), frame.head.listed.job.id, path.clone());
    let (rows, more, shown) = store.apart(move |app| find(app, &region, id, &wanted, plain)).await?;
    let page = FilePage { layout: view.layout("console"), rail, frame, rows, more, path, shown };
    view.page_or(&page, page.as_tab())
}

/// The tree, whether there is more than it has, and what stands beside it.
fn find(app: &App, region: &str, id: i64, path: &str, plain: bool) -> Domain<(Vec<Row>, bool, Shown)> {
    let attempt = app.db.read(|conn| jobs::latest(conn, id))?;
    let files = outputs::list(app, region, &attempt)?;
    let folder = format!("{path}/");
    let shown = if files.iter().any(|file| file.path.starts_with(&folder)) {
        Shown::Folder
    } else {
        let (file, size) = outputs::opened(app, region, &attempt, path)?;
        Shown::File { size, preview: outputs::preview(path, file, size, plain)?, plain }
    };
    let (rows, left) = tree::rows(&files, path);
    Ok((rows, left > 0 || files.len() >= MOST, shown))
}
