//! What a job left behind, on the disk of its engine. Everything in there is the job's own making.

mod packing;
mod preview;

pub use packing::{MOST_PACKED, pack};
pub use preview::{Preview, picture, preview};

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path as FilePath, PathBuf};

use super::store::App;
use crate::error::{Error, Result as Domain};
use crate::jobs::Attempt;
use crate::package::PackedFile;

/// Files that are listed.
pub const MOST: usize = 1_000;
/// Folders on the way to a file that is listed.
const DEPTH: usize = 16;

/// A file of an attempt, and its size now.
///
/// # Errors
/// `NotFound` when there is none, or it is no regular file of the attempt's own.
pub fn opened(app: &App, region: &str, attempt: &Attempt, wanted: &str) -> Domain<(File, u64)> {
    let folder = folder(app, region, attempt)?.ok_or(Error::NotFound)?;
    let file = open(&folder, wanted).map_err(|_| Error::NotFound)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn folder(app: &App, region: &str, attempt: &Attempt) -> Domain<Option<PathBuf>> {
    let Some(engine) = app.engines.get(region).filter(|_| attempt.admitted_at.is_some()) else { return Ok(None) };
    Ok(engine.outputs(&attempt.id.parse().map_err(Error::internal)?))
}

/// The files of an attempt by path, at most [`MOST`].
///
/// # Errors
/// When they cannot be read.
pub fn list(app: &App, region: &str, attempt: &Attempt) -> Domain<Vec<PackedFile>> {
    let folder = folder(app, region, attempt)?;
    Ok(folder.map_or_else(|| Ok(Vec::new()), |folder| files(&folder, MOST))?)
}

/// The regular files beneath a folder by path, at most `most`.
fn files(folder: &FilePath, most: usize) -> io::Result<Vec<PackedFile>> {
    let mut files = Vec::new();
    walk(folder, "", most, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Regular files only: a link may lead anywhere.
fn walk(folder: &FilePath, prefix: &str, most: usize, files: &mut Vec<PackedFile>) -> io::Result<()> {
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
        if files.len() >= most {
            return Ok(());
        }
        if about.is_dir() && prefix.matches('/').count() < DEPTH {
            walk(&entry.path(), &format!("{path}/"), most, files)?;
        } else if about.is_file() {
            files.push(PackedFile { path, size: about.len() });
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
        let files = files(&outputs, MOST).unwrap();
        assert_eq!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a/model.txt"]);
        assert!(open(&outputs, "a/model.txt").is_ok());
        for wrong in ["link", "up/secret", "../secret", "/etc/passwd", "a", "a/../../secret", "", "nothing"] {
            assert!(open(&outputs, wrong).is_err(), "{wrong}");
        }
    }
}
