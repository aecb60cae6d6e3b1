//! One version with its proof as a single file, for networks without a link.
//!
//! A line with the format and the SHA-256 of everything after it, then a tar of `release.json` and `archive.zip`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use super::{Audience, upload};
use crate::algorithms;
use crate::algorithms::Reader;
use crate::blobs::{Blobs, sha256};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::package::{Package, limits};
use crate::publishers;
use crate::schema::versions as table;
use crate::slug::Slug;
use crate::versions::{self, Proof, ProofFacts, Published, Target, Upload};
use diesel::prelude::*;

const FORMAT: &str = "galleria release 1 ";
/// Bytes of `release.json`.
const WORDS: u64 = 4 << 20;

/// What goes along with the archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Handle of its publisher, where it came from.
    pub publisher: String,
    /// Its name there.
    pub name: String,
    /// Its number.
    pub version: String,
    /// SHA-256 of the archive, in hex.
    pub digest: String,
    /// Release notes, Markdown.
    pub notes: String,
    /// What the run that proved it took and reported, there.
    pub proof: Option<ProofFacts>,
}

/// A parcel that was opened and found whole.
pub struct Parcel {
    /// What it says of itself.
    pub label: Label,
    archive: Vec<u8>,
}

/// Writes a version to `out`.
///
/// # Errors
/// `NotFound`; the disk's.
pub fn export(conn: &mut Conn, blobs: &Blobs, (publisher, name, number): (&str, &str, &str), out: &mut impl Write) -> Result<Label> {
    let access = algorithms::find(conn, Reader { user: Some(0), operator: true }, publisher, name)?;
    let version = versions::by_number(conn, access.algorithm.id, number)?;
    if !version.has_archive() {
        return Err(Error::Conflict(versions::NO_CODE));
    }
    let label = Label {
        publisher: access.publisher.handle,
        name: access.algorithm.name,
        version: version.number.clone(),
        digest: version.digest.clone(),
        notes: version.notes.clone(),
        proof: version.proof_facts()?,
    };
    let mut packed = tar::Builder::new(tempfile::tempfile()?);
    let json = serde_json::to_vec_pretty(&label)?;
    packed.append_data(&mut header(json.len() as u64), "release.json", json.as_slice())?;
    let archive = blobs.open(&version.digest)?;
    packed.append_data(&mut header(archive.metadata()?.len()), "archive.zip", archive)?;
    let mut packed = packed.into_inner()?;
    packed.seek(SeekFrom::Start(0))?;
    writeln!(out, "{FORMAT}{}", sha256(&mut packed)?)?;
    packed.seek(SeekFrom::Start(0))?;
    io::copy(&mut packed, out)?;
    Ok(label)
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header
}

/// Opens a parcel; a single changed byte is refused.
///
/// # Errors
/// A sentence.
pub fn open(file: &mut File) -> Result<Parcel, String> {
    let unread = |error: io::Error| format!("it cannot be read: {error}");
    let mut first = String::new();
    let mut start = BufReader::new(&mut *file);
    start.by_ref().take(200).read_line(&mut first).map_err(|_| "it is no release of Galleria".to_owned())?;
    let digest = first.strip_prefix(FORMAT).and_then(|rest| rest.strip_suffix('\n')).ok_or("it is no release of Galleria")?.to_owned();
    let begin = first.len() as u64;
    file.seek(SeekFrom::Start(begin)).map_err(unread)?;
    if sha256(&mut *file).map_err(unread)? != digest {
        return Err("it is damaged: its digest is not what its first line says".to_owned());
    }
    file.seek(SeekFrom::Start(begin)).map_err(unread)?;
    let mut tar = tar::Archive::new(file);
    let mut entries = tar.entries().map_err(unread)?;
    let mut next = |name: &str, most: u64| -> Result<Vec<u8>, String> {
        let mut entry = entries.next().ok_or_else(|| format!("{name} is missing"))?.map_err(unread)?;
        if entry.path_bytes().as_ref() != name.as_bytes() || entry.size() > most {
            return Err(format!("{name} is not where it should be, or too large"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unread)?;
        Ok(bytes)
    };
    let label: Label = serde_json::from_slice(&next("release.json", WORDS)?).map_err(|error| format!("release.json: {error}"))?;
    let archive = next("archive.zip", limits::ARCHIVE)?;
    if sha256(archive.as_slice()).map_err(unread)? != label.digest {
        return Err("the archive is not the one that release.json names".to_owned());
    }
    Ok(Parcel { label, archive })
}

impl Parcel {
    /// Brings its archive into the store, read and checked like any upload.
    ///
    /// # Errors
    /// Every fault of the archive, a line each; the disk's.
    pub fn take_in(&self, blobs: &Blobs) -> Result<Package, String> {
        let failed = |error: Error| format!("{error} ({error:?})");
        let mut draft = blobs.draft().map_err(failed)?;
        draft.write_all(&self.archive).map_err(|error| error.to_string())?;
        let read = versions::take_in(blobs, draft).map_err(failed)?;
        read.map_err(|faults| faults.iter().map(|fault| format!("\n  {fault}")).collect::<Vec<_>>().concat())
    }
}

/// Publishes a parcel's version. It is not proven here; what its proof took where it came from goes along.
///
/// # Errors
/// `NotFound` when there is no such publisher; `Conflict` when the algorithm has a version of that number.
pub fn import(conn: &mut Conn, (label, package): (&Label, &Package), publisher: &str, audience: Option<&Audience>, at: Time) -> Result<Published> {
    let publisher = publishers::by_handle(conn, publisher)?.id;
    let name: Slug = label.name.parse().map_err(|sentence: &str| Error::refused("name", sentence))?;
    let number = label.version.parse().map_err(|sentence: &str| Error::refused("version", sentence))?;
    let notes = Some(label.notes.as_str()).filter(|notes| !notes.is_empty());
    let order = Upload { publisher, name: Some(&name), number: Some(number), package, notes, by: None, proof: Proof::Exempt, target: Target::Either };
    let published = upload(conn, &order, audience, at)?;
    if let Some(facts) = &label.proof {
        let json = serde_json::to_string(facts)?;
        diesel::update(table::table.find(published.version.id)).set(table::proof_facts.eq(json)).execute(conn)?;
    }
    Ok(published)
}
