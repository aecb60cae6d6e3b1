//! What a job left behind: listed, and given as attachments. Everything in there is the job's own making.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path as FilePath, PathBuf};

use actix_web::HttpResponse;
use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::frame::{Frame, NoRebuild, frame};
use crate::db::Conn;
use crate::error::{Error, Result as Domain};
use crate::jobs::{self, Attempt};
use crate::web::attachment::attachment;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// Files that are listed.
const MOST: usize = 1_000;
/// Folders on the way to a file that is listed.
const DEPTH: usize = 16;
/// What stays as it is in an address.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// A file that a job left behind.
struct Output {
    /// Relative to the outputs, with `/`.
    path: String,
    /// The same for an address.
    href: String,
    size: u64,
}

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
    let files = store.apart(move |app| list(app, &region, &app.db.read(|conn| jobs::latest(conn, id))?)).await?;
    let (total, more) = (files.iter().map(|file| file.size).sum(), files.len() >= MOST);
    let page = OutputsPage { layout: view.layout("console"), rail, frame, files, total, more };
    view.page_or(&page, page.as_tab())
}

/// One file, never to be shown as a page of ours.
pub async fn file(store: Store, user: SignedIn, path: actix_web::web::Path<(String, i64, String)>) -> Result<HttpResponse> {
    let (region, id, wanted) = path.into_inner();
    let name = wanted.rsplit('/').next().unwrap_or("output").to_owned();
    let (file, size) = store.apart(move |app| opened(app, user.id, &region, id, &wanted)).await?;
    Ok(attachment(store, &name, file, size))
}

/// The file and its size now, if the job is this member's.
fn opened(app: &App, user: i64, region: &str, id: i64, wanted: &str) -> Domain<(File, u64)> {
    let attempt = app.db.read(|conn: &mut Conn| {
        jobs::find(conn, user, region, id)?;
        jobs::latest(conn, id)
    })?;
    let folder = folder(app, region, &attempt)?.ok_or(Error::NotFound)?;
    let file = open(&folder, wanted).map_err(|_| Error::NotFound)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn folder(app: &App, region: &str, attempt: &Attempt) -> Domain<Option<PathBuf>> {
    let Some(engine) = app.engines.get(region).filter(|_| attempt.admitted_at.is_some()) else { return Ok(None) };
    Ok(engine.outputs(&attempt.id.parse().map_err(Error::internal)?))
}

fn list(app: &App, region: &str, attempt: &Attempt) -> Domain<Vec<Output>> {
    let mut files = Vec::new();
    if let Some(folder) = folder(app, region, attempt)? {
        walk(&folder, "", 0, &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Regular files only: a link may lead anywhere.
fn walk(folder: &FilePath, prefix: &str, depth: usize, files: &mut Vec<Output>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        // The job is at work in there: what is gone is gone.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Ok(about) = entry.path().symlink_metadata() else { continue };
        let path = format!("{prefix}{name}");
        if files.len() >= MOST {
            return Ok(());
        }
        if about.is_dir() && depth < DEPTH {
            walk(&entry.path(), &format!("{path}/"), depth + 1, files)?;
        } else if about.is_file() {
            files.push(Output { href: utf8_percent_encode(&path, SEGMENT).to_string(), path, size: about.len() });
        }
    }
    Ok(())
}

/// Opens a file beneath a folder that somebody else writes to. No part of the way may be a link, and what is opened is looked
/// at again: the way may have changed in between.
fn open(folder: &FilePath, wanted: &str) -> io::Result<File> {
    let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
    let mut path = folder.to_owned();
    for part in FilePath::new(wanted).components() {
        let Component::Normal(part) = part else { return Err(refused()) };
        path.push(part);
        if path.symlink_metadata()?.is_symlink() {
            return Err(refused());
        }
    }
    let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
    let file = fs::OpenOptions::new().read(true).custom_flags(flags.bits()).open(&path)?;
    let real = fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file)))?;
    let inside = real.starts_with(folder.canonicalize()?) && file.metadata()?.is_file();
    if inside { Ok(file) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_nowhere() {
        let ground = tempfile::tempdir().unwrap();
        let outputs = ground.path().join("outputs");
        fs::create_dir_all(outputs.join("a")).unwrap();
        fs::write(ground.path().join("secret"), "secret").unwrap();
        fs::write(outputs.join("a/model.txt"), "model").unwrap();
        std::os::unix::fs::symlink("../secret", outputs.join("link")).unwrap();
        std::os::unix::fs::symlink("..", outputs.join("up")).unwrap();
        let mut files = Vec::new();
        walk(&outputs, "", 0, &mut files).unwrap();
        assert_eq!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a/model.txt"]);
        assert!(open(&outputs, "a/model.txt").is_ok());
        for wrong in ["link", "up/secret", "../secret", "/etc/passwd", "a", "a/../../secret", "", "nothing"] {
            assert!(open(&outputs, wrong).is_err(), "{wrong}");
        }
    }
}
