//! What a publisher uploads: an archive with an `MLproject` in it, checked before anything else happens to it.

mod fault;
pub mod limits;
mod mlproject;
mod names;
mod pack;
mod tarball;
mod yaml;
mod zipfile;

pub use fault::Fault;
pub use mlproject::{About, Accelerator, Channel, EntryPoint, Environment, Kind, Manifest, Parameter, Proof, Requires};
pub use names::is_inside;
pub use pack::{pack, pack_dir};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use zipfile::{Entry, Zip};

/// A checked upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Package {
    /// SHA-256 of the archive's bytes as given to [`read`], in hex.
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
pub fn read(bytes: &[u8]) -> Result<Package, Vec<Fault>> {
    let packed = to_zip(bytes)?;
    let zip = Zip::open(&packed)?;
    let mut faults = unreadable(&zip);
    let manifest = manifest(&zip).unwrap_or_else(|found| {
        faults.extend(found);
        None
    });
    match manifest {
        Some(manifest) if faults.is_empty() => Ok(Package {
            digest: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
            size: bytes.len() as u64,
            files: zip.entries.iter().map(|entry| PackedFile { path: entry.path.clone(), size: entry.size }).collect(),
            manifest,
            readme: readme(&zip),
        }),
        _ => Err(faults),
    }
}

/// A `.tar.gz` as a ZIP of the same files, always the same for the same bytes; a ZIP as it is.
///
/// What is stored, shown and run should be this ZIP, so that there is one reading of it.
pub fn to_zip(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Vec<Fault>> {
    let fits = |bytes: &[u8]| match bytes.len() {
        size if size > limits::ARCHIVE => {
            Err(vec![Fault::archive(format!("Has {} MiB; the limit is {} MiB.", size.div_ceil(1 << 20), limits::ARCHIVE >> 20))])
        }
        _ => Ok(()),
    };
    fits(bytes)?;
    if bytes.starts_with(b"PK") {
        return Ok(Cow::Borrowed(bytes));
    }
    if !tarball::is_gzip(bytes) {
        return Err(vec![Fault::archive("Is neither a .zip nor a .tar.gz.")]);
    }
    let zip = tarball::to_zip(bytes)?;
    fits(&zip)?;
    Ok(Cow::Owned(zip))
}

/// Writes the files into a folder, which must not have them yet: mode 644, or 755 where the archive says executable.
pub fn unpack(bytes: &[u8], into: &Path) -> io::Result<()> {
    with(bytes, |zip| {
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
pub fn file(bytes: &[u8], path: &str) -> io::Result<Option<Vec<u8>>> {
    with(bytes, |zip| zip.find(path).map(|entry| zip.content(entry)).transpose())
}

fn with<T>(bytes: &[u8], then: impl FnOnce(&Zip<'_>) -> io::Result<T>) -> io::Result<T> {
    let words = |faults: Vec<Fault>| io::Error::new(io::ErrorKind::InvalidData, faults.first().map(ToString::to_string).unwrap_or_default());
    let packed = to_zip(bytes).map_err(words)?;
    then(&Zip::open(&packed).map_err(words)?)
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
