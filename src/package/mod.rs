//! What a publisher uploads: an archive with an `MLproject` in it, checked before anything else happens to it.

mod archive;
mod fault;
pub mod limits;
mod mlproject;
mod names;
mod pack;
mod tarball;
mod yaml;
mod zipfile;

pub use archive::Archive;
pub use fault::Fault;
pub use mlproject::{
    About, Accelerator, Channel, Column, EntryPoint, Environment, Goal, Kind, Manifest, Metric, Output, Parameter, Proof, Requires, TASKS,
};
pub use names::is_inside;
pub(crate) use names::{is_clear_line, is_hidden};
pub use pack::{pack, pack_dir};

use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use zipfile::{Entry, Zip};

/// A checked upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Package {
    /// SHA-256 of the ZIP, in hex.
    pub digest: String,
    /// Bytes of the archive.
    pub size: u64,
    /// Regular files by path, the common folder stripped.
    pub files: Vec<PackedFile>,
    /// What `MLproject` says.
    pub manifest: Manifest,
    /// The README beside it.
    pub readme: Option<String>,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedFile {
    /// Relative, with `/`.
    pub path: String,
    /// Bytes unpacked.
    pub size: u64,
}

/// Reads a `.zip` or `.tar.gz` to the last byte; every fault that can be seen is in the answer.
pub fn read<'a>(archive: impl Into<Archive<'a>>) -> Result<Package, Vec<Fault>> {
    let archive = archive.into();
    match kind(archive)? {
        Packed::Zip => read_zip(archive),
        Packed::Tarball => {
            let zip = unpacked(archive)?;
            read_zip(Archive::in_file(&zip).map_err(unread)?)
        }
    }
}

fn read_zip(archive: Archive<'_>) -> Result<Package, Vec<Fault>> {
    let zip = Zip::open(archive)?;
    let mut faults = unreadable(&zip);
    let manifest = manifest(&zip).unwrap_or_else(|found| {
        faults.extend(found);
        None
    });
    match manifest {
        Some(manifest) if faults.is_empty() => Ok(Package {
            digest: archive.digest().map_err(unread)?,
            size: archive.size(),
            files: zip.entries.iter().map(|entry| PackedFile { path: entry.path.clone(), size: entry.size }).collect(),
            manifest,
            readme: readme(&zip),
        }),
        _ => Err(faults),
    }
}

/// How an archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// What is stored, shown and run: there is one reading of it.
    Zip,
    /// What has to become a ZIP first, by [`to_zip`].
    Tarball,
}

/// How an archive is packed, told by its first bytes.
///
/// # Errors
/// When it is neither, or too large.
pub fn kind<'a>(archive: impl Into<Archive<'a>>) -> Result<Packed, Vec<Fault>> {
    let archive = archive.into();
    fits(archive.size())?;
    let start = archive.piece(0..archive.size().min(2)).map_err(unread)?;
    match start.as_slice() {
        b"PK" => Ok(Packed::Zip),
        [0x1f, 0x8b] => Ok(Packed::Tarball),
        _ => Err(vec![Fault::archive("Is neither a .zip nor a .tar.gz.")]),
    }
}

/// Writes a `.tar.gz` as a ZIP of the same files, always the same for the same bytes.
///
/// # Errors
/// Every fault of the archive.
pub fn to_zip<'a>(archive: impl Into<Archive<'a>>, mut out: impl Write + Seek) -> Result<(), Vec<Fault>> {
    tarball::to_zip(archive.into(), &mut out)?;
    fits(out.seek(io::SeekFrom::End(0)).map_err(unread)?)
}

fn fits(size: u64) -> Result<(), Vec<Fault>> {
    match size {
        size if size > limits::ARCHIVE => {
            Err(vec![Fault::archive(format!("Has {} MiB; the limit is {} MiB.", size.div_ceil(1 << 20), limits::ARCHIVE >> 20))])
        }
        _ => Ok(()),
    }
}

/// What the disk would not give of a file that is there.
fn unread(error: io::Error) -> Vec<Fault> {
    vec![Fault::archive(format!("Cannot be read: {error}."))]
}

/// A `.tar.gz` as a ZIP in a file without a name.
fn unpacked(archive: Archive<'_>) -> Result<File, Vec<Fault>> {
    let mut zip = tempfile::tempfile().map_err(unread)?;
    to_zip(archive, &mut zip)?;
    Ok(zip)
}

/// Writes the files into a folder, which must not have them yet: mode 644, or 755 where the archive says executable.
pub fn unpack<'a>(archive: impl Into<Archive<'a>>, into: &Path) -> io::Result<()> {
    with(archive.into(), |zip| {
        for entry in &zip.entries {
            let path = into.join(&entry.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mode = if entry.executable { 0o755 } else { 0o644 };
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
            zip.copy(entry, &mut file)?;
        }
        Ok(())
    })
}

/// One file's content.
pub fn file<'a>(archive: impl Into<Archive<'a>>, path: &str) -> io::Result<Option<Vec<u8>>> {
    with(archive.into(), |zip| zip.find(path).map(|entry| zip.content(entry)).transpose())
}

/// The contents of some files, in the order asked for; `None` for one that is not there.
///
/// # Errors
/// When the archive cannot be read.
pub fn contents<'a>(archive: impl Into<Archive<'a>>, paths: &[&str]) -> io::Result<Vec<Option<Vec<u8>>>> {
    with(archive.into(), |zip| paths.iter().map(|path| zip.find(path).map(|entry| zip.content(entry)).transpose()).collect())
}

/// Paths of the files that both archives have and that are not the same in both, sorted.
///
/// # Errors
/// When an archive cannot be read.
pub fn differing<'a, 'b>(old: impl Into<Archive<'a>>, new: impl Into<Archive<'b>>) -> io::Result<Vec<String>> {
    with(old.into(), |old| {
        with(new.into(), |new| {
            let mut paths = Vec::new();
            for (entry, theirs) in new.entries.iter().filter_map(|entry| Some((entry, old.find(&entry.path)?))) {
                if !new.same(entry, old, theirs)? {
                    paths.push(entry.path.clone());
                }
            }
            Ok(paths)
        })
    })
}

fn with<T>(archive: Archive<'_>, then: impl FnOnce(&Zip<'_>) -> io::Result<T>) -> io::Result<T> {
    let words = |faults: Vec<Fault>| io::Error::new(io::ErrorKind::InvalidData, faults.first().map(ToString::to_string).unwrap_or_default());
    match kind(archive).map_err(words)? {
        Packed::Zip => then(&Zip::open(archive).map_err(words)?),
        Packed::Tarball => {
            let zip = unpacked(archive).map_err(words)?;
            then(&Zip::open(Archive::in_file(&zip)?).map_err(words)?)
        }
    }
}

fn unreadable(zip: &Zip<'_>) -> Vec<Fault> {
    let check = |entry: &Entry| zip.copy(entry, &mut io::sink()).err().map(|error| Fault::of(&entry.path, format!("Cannot be unpacked: {error}.")));
    zip.entries.iter().filter_map(check).collect()
}

fn manifest(zip: &Zip<'_>) -> Result<Option<Manifest>, Vec<Fault>> {
    let Some(entry) = zip.entries.iter().find(|entry| names::is_manifest(&entry.path)) else {
        return Err(vec![Fault::archive("There is no `MLproject` in the archive.")]);
    };
    if entry.size > limits::MANIFEST {
        return Err(vec![Fault::of(&entry.path, format!("Has {} KiB; the limit is {} KiB.", entry.size >> 10, limits::MANIFEST >> 10))]);
    }
    // A file that cannot be unpacked has its fault already.
    let Ok(bytes) = zip.content(entry) else { return Ok(None) };
    let Ok(text) = String::from_utf8(bytes) else { return Err(vec![Fault::of(&entry.path, "Is not UTF-8.")]) };
    let small = |path: &str| zip.find(path).filter(|entry| entry.size <= limits::MANIFEST + 1).and_then(|entry| zip.content(entry).ok());
    Manifest::read(&entry.path, text.trim_start_matches('\u{feff}'), &small).map(Some)
}

fn readme(zip: &Zip<'_>) -> Option<String> {
    let named = |wanted: &str| zip.entries.iter().find(|entry| entry.path.eq_ignore_ascii_case(wanted));
    let entry = ["README.md", "README.markdown", "README.txt", "README"].into_iter().find_map(named)?;
    let mut bytes = zip.content(entry).ok()?;
    bytes.truncate(limits::README);
    Some(String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}"))
}
