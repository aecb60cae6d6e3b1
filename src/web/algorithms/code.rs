use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Place;
use super::head::{self, Head, Tab};
use crate::blobs::Blobs;
use crate::db::Conn;
use crate::error::{self, Error};
use crate::overview::{self, Edition};
use crate::package::{self, Archive, PackedFile};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::kept::Prose;
use crate::web::page::{Layout, View};
use crate::web::source::Source;
use crate::web::store::{App, Store};
use crate::web::tree::{self, Row};

/// Bytes of a file above which it is not shown.
const MOST_BYTES: u64 = 512 << 10;

#[derive(Template)]
#[template(path = "algorithms/code.html", blocks = ["tab"])]
struct CodePage {
    layout: Layout,
    head: Head,
    edition: Edition,
    rows: Vec<Row>,
    more: usize,
    path: String,
    size: u64,
    shown: Shown,
    download: String,
}

/// What stands beside the tree.
enum Shown {
    Folder,
    Readme(Arc<str>),
    Empty,
    TooLarge,
    File(Arc<Source>),
}

/// What is asked for.
enum Wanted {
    /// The newest version's README.
    Newest,
    /// That version's README.
    Version(String),
    /// A file or folder of that version.
    Path(String, String),
}

struct Found {
    edition: Edition,
    files: Arc<Vec<PackedFile>>,
    path: String,
    readme: Option<String>,
}

/// The **Code** tab: the newest version, README first.
pub async fn newest(store: Store, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    show(store, view, place.into_inner(), Wanted::Newest).await
}

/// The same of a version.
pub async fn version(store: Store, view: View, path: web::Path<(String, String, String)>) -> Result<HttpResponse> {
    let (publisher, name, number) = path.into_inner();
    show(store, view, Place { publisher, name }, Wanted::Version(number)).await
}

/// A file of a version, or a folder.
pub async fn file(store: Store, view: View, path: web::Path<(String, String, String, String)>) -> Result<HttpResponse> {
    let (publisher, name, number, path) = path.into_inner();
    show(store, view, Place { publisher, name }, Wanted::Path(number, path)).await
}

impl CodePage {
    /// `/algorithms/publisher/name/code/1.2.3`.
    fn root(&self) -> String {
        format!("{}/code/{}", self.head.path(), self.edition.number)
    }
}

async fn show(store: Store, view: View, place: Place, wanted: Wanted) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn, head: &Head, app: &App| find(conn, head, app, wanted);
    let (head, found) = head::with(&store, &view, place, Tab::Code, read).await?;
    let size = found.files.iter().find(|file| file.path == found.path).map(|file| file.size);
    let shown = match (found.readme, size) {
        (Some(text), _) => store.prose(vec![Prose::new("doc-", text)]).await?.pop().map_or(Shown::Folder, Shown::Readme),
        (None, None) => Shown::Folder,
        (None, Some(0)) => Shown::Empty,
        (None, Some(size)) if size > MOST_BYTES => Shown::TooLarge,
        (None, Some(_)) => Shown::File(source(&store, &found.edition.digest, &found.path).await?),
    };
    let (rows, more) = tree::rows(&found.files, &found.path);
    let download = format!("{}/versions/{}/source.zip", head.actions.link, found.edition.number);
    let (layout, size) = (view.layout("market"), size.unwrap_or(0));
    let page = CodePage { layout, head, edition: found.edition, rows, more, path: found.path, size, shown, download };
    view.page_or(&page, page.as_tab())
}

fn find(conn: &mut Conn, head: &Head, app: &App, wanted: Wanted) -> error::Result<Found> {
    let algorithm = &head.access.algorithm;
    if !algorithm.open_source {
        return Err(Error::NotFound);
    }
    let (edition, path) = match wanted {
        Wanted::Newest => (head.overview.edition.clone().ok_or(Error::NotFound)?, None),
        Wanted::Version(number) => (overview::edition(conn, &head.access, &number)?, None),
        Wanted::Path(number, path) => (overview::edition(conn, &head.access, &number)?, Some(path)),
    };
    if !edition.has_archive() {
        return Err(Error::NotFound);
    }
    let files = app.kept.files(&edition.digest, || overview::files(conn, edition.id))?;
    match path.map(|path| path.trim_end_matches('/').to_owned()).filter(|path| !path.is_empty()) {
        Some(path) => {
            let folder = format!("{path}/");
            if !files.iter().any(|file| file.path == path || file.path.starts_with(&folder)) {
                return Err(Error::NotFound);
            }
            Ok(Found { edition, files, path, readme: None })
        }
        None => first(conn, edition, files),
    }
}

/// The README, else `MLproject`.
fn first(conn: &mut Conn, edition: Edition, files: Arc<Vec<PackedFile>>) -> error::Result<Found> {
    let text = overview::readme(conn, edition.id)?;
    let named = |wanted: &str| files.iter().find(|file| file.path.eq_ignore_ascii_case(wanted)).map(|file| file.path.clone());
    let readme = ["README.md", "README.markdown", "README.txt", "README"].into_iter().find_map(named);
    let path = readme.clone().or_else(|| named("MLproject")).unwrap_or_default();
    let readme = readme.filter(|_| !text.trim().is_empty()).map(|_| text);
    Ok(Found { edition, files, path, readme })
}

async fn source(store: &Store, digest: &str, path: &str) -> Result<Arc<Source>> {
    if let Some(source) = store.app().kept.source(digest, path) {
        return Ok(source);
    }
    let (digest, path) = (digest.to_owned(), path.to_owned());
    let work = move |app: &App| {
        let archive = Blobs::archives(&app.config.data_dir).behind(app.config.store.as_ref()).open(&digest)?;
        let bytes = package::file(Archive::in_file(&archive)?, &path)?.ok_or(Error::NotFound)?;
        let source = Arc::new(Source::of(&path, bytes));
        app.kept.keep_source(&digest, &path, &source);
        Ok(source)
    };
    Ok(store.apart(work).await?)
}
