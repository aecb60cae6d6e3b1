//! Reads a `.tar.gz` into a ZIP, refusing what two readers could read differently.

use super::archive::{self, Archive};
use super::names::{Names, printable};
use super::{Fault, limits, pack::Packer};
use flate2::bufread::GzDecoder;
use std::collections::HashSet;
use std::io::{self, BufReader, Read, Seek, Take, Write};
use tar::{Entry, EntryType};

type Stream<'a> = Take<GzDecoder<BufReader<archive::Reader<'a>>>>;

/// Bytes of a header that carries a long name or other attributes.
const ATTRIBUTES: u64 = 64 << 10;
/// Bytes of a tar with the most files of the most size, its headers included.
const STREAM: u64 = limits::UNPACKED + (limits::ENTRIES as u64) * 2_048 + (1 << 20);

/// Writes the files of a `.tar.gz` as a ZIP, in the same order, names as they are.
pub(super) fn to_zip(archive: Archive<'_>, out: impl Write + Seek) -> Result<(), Vec<Fault>> {
    survey(archive).map_err(|fault| vec![fault])?;
    let mut packer = Packer::new(out);
    let mut names = Names::default();
    let mut faults = Vec::new();
    let mut tar = open(archive);
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        if let Err(fault) = add(&mut entry, &mut names, &mut packer) {
            faults.push(fault);
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    packer.finish().map(drop).map_err(|error| vec![Fault::archive(error.to_string())])
}

fn open(archive: Archive<'_>) -> tar::Archive<Stream<'_>> {
    let bytes = BufReader::new(archive.reader(0..archive.size()));
    tar::Archive::new(GzDecoder::new(bytes).take(STREAM))
}

fn damaged(error: io::Error) -> Vec<Fault> {
    vec![Fault::archive(format!("The .tar.gz is damaged: {}.", printable(&error.to_string())))]
}

/// Looks at the bare headers first: their number, sizes and kinds, and that nothing follows the end.
fn survey(archive: Archive<'_>) -> Result<(), Fault> {
    let broken = |error: io::Error| Fault::archive(format!("The .tar.gz is damaged: {}.", printable(&error.to_string())));
    let mut tar = open(archive);
    let (mut count, mut total) = (0, 0_u64);
    for entry in tar.entries().map_err(broken)?.raw(true) {
        let mut entry = entry.map_err(broken)?;
        let (kind, size) = (entry.header().entry_type(), entry.size());
        let carried = matches!(kind, EntryType::XHeader | EntryType::XGlobalHeader | EntryType::GNULongName | EntryType::GNULongLink);
        if carried && size > ATTRIBUTES {
            return Err(Fault::archive(format!("A header in the tar has {size} bytes; the limit is {ATTRIBUTES}.")));
        }
        if kind == EntryType::XGlobalHeader {
            only_comments(&mut entry)?;
        }
        count += usize::from(!carried);
        total = total.saturating_add(size);
        if count > limits::ENTRIES {
            return Err(Fault::archive(format!("Has more than {} entries, the limit.", limits::ENTRIES)));
        }
        if total > limits::UNPACKED {
            return Err(Fault::archive(format!("Unpacks to more than {} MiB, the limit.", limits::UNPACKED >> 20)));
        }
    }
    ended(tar.into_inner()).map_err(broken)
}

/// Nothing but zeros may follow the tar's end, and nothing at all the gzip's.
fn ended(mut stream: Stream<'_>) -> io::Result<()> {
    let mut buffer = [0; 8 << 10];
    loop {
        match stream.read(&mut buffer)? {
            0 => break,
            n if buffer[..n].iter().any(|byte| *byte != 0) => return Err(io::Error::other("data follows its end")),
            _ => {}
        }
    }
    let over = stream.limit() == 0;
    let after = stream.into_inner().into_inner();
    if over || !after.buffer().is_empty() || after.get_ref().rest() > 0 {
        return Err(io::Error::other("data follows its end"));
    }
    Ok(())
}

/// `git archive` puts a comment there; anything else would hold for every file to some readers only.
fn only_comments<R: Read>(entry: &mut Entry<'_, R>) -> Result<(), Fault> {
    let mut text = String::new();
    let comments = entry.read_to_string(&mut text).is_ok()
        && text.lines().all(|line| line.split_once(' ').is_some_and(|(_, pair)| pair.starts_with("comment=")));
    if comments { Ok(()) } else { Err(Fault::archive("A global header in the tar sets more than a comment.")) }
}

fn add<R: Read>(entry: &mut Entry<'_, R>, names: &mut Names, packer: &mut Packer<impl Write + Seek>) -> Result<(), Fault> {
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        return Ok(());
    }
    let raw = entry.path_bytes().into_owned();
    let shown = printable(&String::from_utf8_lossy(&raw));
    let refuse = |why: &str| Err(Fault::of(shown.clone(), why));
    if !plain_attributes(entry) {
        return refuse("Its tar header says things twice or describes a sparse file.");
    }
    match kind {
        EntryType::Directory if entry.size() == 0 => {
            names.admit(&raw, true)?;
            Ok(())
        }
        EntryType::Regular if !raw.ends_with(b"/") => {
            let Some(path) = names.admit(&raw, false)? else { return Ok(()) };
            let executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
            let packed = packer.file(&path, executable, entry);
            packed.or_else(|error| refuse(&format!("Cannot be read: {}.", printable(&error.to_string()))))
        }
        _ => refuse("Is a link or a device. Only regular files and folders are allowed."),
    }
}

/// Whether the extended attributes are read by every reader alike.
fn plain_attributes<R: Read>(entry: &mut Entry<'_, R>) -> bool {
    let mut keys = HashSet::new();
    match entry.pax_extensions() {
        Ok(Some(mut pairs)) => pairs.all(|pair| {
            pair.is_ok_and(|pair| {
                let key = pair.key_bytes();
                key != b"size" && !key.starts_with(b"GNU.sparse") && keys.insert(key.to_vec())
            })
        }),
        Ok(None) => true,
        Err(_) => false,
    }
}
