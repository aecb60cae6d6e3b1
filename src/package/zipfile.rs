//! A ZIP reader that accepts only what every other reader reads alike.
//!
//! A ZIP describes each file twice and leaves gaps anyone may fill. Here the local headers must repeat the central
//! directory, lie end to end from byte 0, and nothing may be left over. What needs a guess is refused.

use super::archive::Archive;
use super::names::{self, Names};
use super::{Fault, limits};
use crate::blobs;
use flate2::{Crc, bufread::DeflateDecoder};
use sha2::{Digest, Sha256};
use std::io::{self, BufReader, Read, Write};
use std::ops::Range;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const END_SIZE: u64 = 22;
/// Bytes of a directory of the most entries with the longest names, and something beside each.
const DIRECTORY: u64 = 16 << 20;
const REPACK: &str = "Pack it again, for example with `zip -r -X project.zip project`.";

/// A regular file of an archive.
pub(super) struct Entry {
    /// Root folder stripped.
    pub path: String,
    pub size: u64,
    pub executable: bool,
    data: Range<u64>,
    deflated: bool,
    crc: u32,
}

/// An archive whose structure was checked.
pub(super) struct Zip<'a> {
    archive: Archive<'a>,
    /// Sorted by path.
    pub entries: Vec<Entry>,
}

/// One record of the central directory.
struct Record<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    attributes: u32,
    offset: u64,
}

struct End {
    at: u64,
    count: usize,
    directory: u64,
}

impl<'a> Zip<'a> {
    /// Checks the structure; contents are checked as they are read.
    pub(super) fn open(archive: Archive<'a>) -> Result<Self, Vec<Fault>> {
        let end = find_end(archive).map_err(|fault| vec![fault])?;
        let area = area(archive, &end).map_err(|fault| vec![fault])?;
        let mut records = directory(&area, &end).map_err(|fault| vec![fault])?;
        records.sort_by_key(|record| record.offset);
        let mut faults = Vec::new();
        let mut names = Names::default();
        let mut entries = Vec::new();
        let mut next = 0;
        for (index, record) in records.iter().enumerate() {
            let until = records.get(index + 1).map_or(end.directory, |following| following.offset);
            match entry(archive, record, next..until, &mut names) {
                Ok(found) => entries.extend(found),
                Err(fault) => faults.push(fault),
            }
            next = until;
        }
        if records.is_empty() && end.directory != 0 {
            faults.push(Fault::archive("There is data in the archive that belongs to no file."));
        }
        let total: u64 = entries.iter().map(|entry| entry.size).sum();
        if total > limits::UNPACKED {
            faults.push(Fault::archive(format!("Unpacks to {} MiB; the limit is {} MiB.", total >> 20, limits::UNPACKED >> 20)));
        }
        strip(&mut entries, &mut faults);
        faults.truncate(100);
        if faults.is_empty() { Ok(Self { archive, entries }) } else { Err(faults) }
    }

    pub(super) fn find(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// Writes a file's content to `out`, failing at the end when size or checksum is not the declared one.
    pub(super) fn copy(&self, entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
        let data = self.archive.reader(entry.data.clone());
        let length = data.rest();
        let mut crc = Crc::new();
        let (size, used) = if entry.deflated {
            let mut inflate = DeflateDecoder::new(BufReader::new(data));
            let size = pour(&mut (&mut inflate).take(entry.size + 1), out, &mut crc)?;
            (size, inflate.total_in())
        } else {
            (pour(&mut { data }, out, &mut crc)?, length)
        };
        let whole = size == entry.size && used == length;
        if whole && crc.sum() == entry.crc { Ok(()) } else { Err(io::Error::other("its content is not what the archive declares")) }
    }

    pub(super) fn content(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        self.copy(entry, &mut out)?;
        Ok(out)
    }

    /// Whether a file has the same content as one of another archive: by what is packed, and where that differs by what comes out.
    pub(super) fn same(&self, entry: &Entry, other: &Zip<'_>, theirs: &Entry) -> io::Result<bool> {
        if (entry.size, entry.crc) != (theirs.size, theirs.crc) {
            return Ok(false);
        }
        let packed = (self.archive.reader(entry.data.clone()), other.archive.reader(theirs.data.clone()));
        if entry.deflated == theirs.deflated && packed.0.rest() == packed.1.rest() && blobs::sha256(packed.0)? == blobs::sha256(packed.1)? {
            return Ok(true);
        }
        // Two files may have one checksum, and one file may be packed in two ways.
        Ok(self.digest(entry)? == other.digest(theirs)?)
    }

    fn digest(&self, entry: &Entry) -> io::Result<[u8; 32]> {
        let mut hash = Hashed(Sha256::new());
        self.copy(entry, &mut hash)?;
        Ok(hash.0.finalize().into())
    }
}

/// Of what is written to it, only the digest is kept.
struct Hashed(Sha256);

impl Write for Hashed {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pour(from: &mut dyn Read, out: &mut dyn Write, crc: &mut Crc) -> io::Result<u64> {
    let mut buffer = [0; 16 << 10];
    let mut total = 0;
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(total);
        }
        crc.update(&buffer[..n]);
        out.write_all(&buffer[..n])?;
        total += n as u64;
    }
}

/// Removes the common folder and sorts.
fn strip(entries: &mut [Entry], faults: &mut Vec<Fault>) {
    let paths: Vec<String> = entries.iter().map(|entry| entry.path.clone()).collect();
    match names::root(&paths) {
        Ok(root) => entries.iter_mut().for_each(|entry| entry.path.replace_range(..root.len(), "")),
        Err(fault) if faults.is_empty() => faults.push(fault),
        Err(_) => {}
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
}

fn find_end(archive: Archive<'_>) -> Result<End, Fault> {
    let refuse = |why: &str| Err(Fault::archive(format!("{why} {REPACK}")));
    let from = archive.size().saturating_sub(END_SIZE + u64::from(u16::MAX));
    let tail = archive.piece(from..archive.size()).map_err(unread)?;
    let signature = END.to_le_bytes();
    let mut found = memchr::memmem::find_iter(&tail, &signature);
    let (Some(at), None) = (found.next(), found.next()) else {
        return refuse("The archive is no ZIP with exactly one end; it may be cut off or carry a second archive.");
    };
    let (Some(disk), Some(here), Some(count)) = (u32_at(&tail, at + 4), u16_at(&tail, at + 8), u16_at(&tail, at + 10)) else {
        return refuse("The ZIP is cut off.");
    };
    let (Some(size), Some(start), Some(comment)) = (u32_at(&tail, at + 12), u32_at(&tail, at + 16), u16_at(&tail, at + 20)) else {
        return refuse("The ZIP is cut off.");
    };
    let at = at as u64 + from;
    if at + END_SIZE + u64::from(comment) != archive.size() {
        return refuse("There is data after the end of the ZIP.");
    }
    if count == u16::MAX || start == u32::MAX || size == u32::MAX {
        return refuse("The archive is a ZIP64, which nothing of this size needs.");
    }
    if disk != 0 || here != count || u64::from(start) + u64::from(size) != at {
        return refuse("The ZIP's directory is not where its end says.");
    }
    if usize::from(count) > limits::ENTRIES {
        return Err(Fault::archive(format!("Has {count} entries; the limit is {}.", limits::ENTRIES)));
    }
    Ok(End { at, count: usize::from(count), directory: u64::from(start) })
}

/// What could not be read of a file that is there.
fn unread(error: io::Error) -> Fault {
    Fault::archive(format!("Cannot be read: {error}."))
}

/// The bytes of the directory.
fn area(archive: Archive<'_>, end: &End) -> Result<Vec<u8>, Fault> {
    if end.at - end.directory > DIRECTORY {
        return Err(Fault::archive(format!("The ZIP's directory has more than {} MiB, the limit.", DIRECTORY >> 20)));
    }
    archive.piece(end.directory..end.at).map_err(unread)
}

fn directory<'a>(area: &'a [u8], end: &End) -> Result<Vec<Record<'a>>, Fault> {
    let damaged = || Fault::archive(format!("The ZIP's directory is damaged. {REPACK}"));
    let mut at = 0;
    let mut records = Vec::with_capacity(end.count);
    for _ in 0..end.count {
        let (record, next) = central(area, at).ok_or_else(damaged)?;
        records.push(record);
        at = next;
    }
    if at == area.len() { Ok(records) } else { Err(damaged()) }
}

fn central(bytes: &[u8], at: usize) -> Option<(Record<'_>, usize)> {
    if u32_at(bytes, at)? != CENTRAL || u16_at(bytes, at + 34)? != 0 {
        return None;
    }
    let name_end = at + 46 + usize::from(u16_at(bytes, at + 28)?);
    let extra_end = name_end + usize::from(u16_at(bytes, at + 30)?);
    let next = extra_end + usize::from(u16_at(bytes, at + 32)?);
    (next <= bytes.len() && is_plain(&bytes[name_end..extra_end])).then_some(())?;
    let record = Record {
        name: &bytes[at + 46..name_end],
        flags: u16_at(bytes, at + 8)?,
        method: u16_at(bytes, at + 10)?,
        crc: u32_at(bytes, at + 16)?,
        packed: u64::from(u32_at(bytes, at + 20)?),
        size: u64::from(u32_at(bytes, at + 24)?),
        attributes: u32_at(bytes, at + 38)?,
        offset: u64::from(u32_at(bytes, at + 42)?),
    };
    Some((record, next))
}

/// Checks one record against its local header, which must fill `area` to the byte. Folders give `None`.
fn entry(archive: Archive<'_>, record: &Record<'_>, area: Range<u64>, names: &mut Names) -> Result<Option<Entry>, Fault> {
    let shown = names::printable(&String::from_utf8_lossy(record.name));
    let refuse = |why: &str| Fault::of(shown.clone(), format!("{why} {REPACK}"));
    if record.offset != area.start || area.end < area.start {
        return Err(refuse("Overlaps another file in the ZIP, or hides data before it."));
    }
    if record.flags & !0b1000_0000_1110 != 0 || !matches!(record.method, 0 | 8) {
        return Err(refuse("Is encrypted or packed in a way other than deflate."));
    }
    if !record.name.is_ascii() && record.flags & 0x800 == 0 {
        return Err(refuse("Its name is not plain ASCII and not marked as UTF-8."));
    }
    let data =
        local(archive, record, area.end).ok_or_else(|| refuse("Is described in two ways: its local header and the ZIP's directory differ."))?;
    let folder = record.name.ends_with(b"/");
    let kind = (record.attributes >> 16) & 0o170_000;
    let expected = if folder { 0o040_000 } else { 0o100_000 };
    if kind != 0 && kind != expected || !folder && record.attributes & 0x10 != 0 {
        return Err(Fault::of(shown, "Is a link or a device. Only regular files and folders are allowed."));
    }
    if folder && (record.size != 0 || record.packed > 2) || record.method == 0 && record.packed != record.size {
        return Err(refuse("Its size does not fit what it is."));
    }
    let path = names.admit(record.name, folder)?;
    let executable = (record.attributes >> 16) & 0o111 != 0;
    let new = |path| Entry { path, size: record.size, executable, data, deflated: record.method == 8, crc: record.crc };
    Ok(path.filter(|_| !folder).map(new))
}

/// Where the data lies, when the local header and the data descriptor repeat `record` and end at `until`.
fn local(archive: Archive<'_>, record: &Record<'_>, until: u64) -> Option<Range<u64>> {
    let header = archive.piece(record.offset..record.offset.checked_add(30)?).ok()?;
    let (name, extra) = (usize::from(u16_at(&header, 26)?), usize::from(u16_at(&header, 28)?));
    let start = record.offset + 30 + (name + extra) as u64;
    let end = start + record.packed;
    let rest = until.checked_sub(end)?;
    let said = archive.piece(record.offset + 30..start).ok()?;
    let same = u32_at(&header, 0)? == LOCAL
        && u16_at(&header, 6)? == record.flags
        && u16_at(&header, 8)? == record.method
        && said.get(..name)? == record.name
        && is_plain(said.get(name..)?);
    let figures = |bytes: &[u8], at: usize| Some((u32_at(bytes, at)?, u64::from(u32_at(bytes, at + 4)?), u64::from(u32_at(bytes, at + 8)?)));
    let truth = (record.crc, record.packed, record.size);
    let streamed = record.flags & 0b1000 != 0;
    let stated = figures(&header, 14)?;
    let closed = match rest {
        0 => !streamed,
        12 | 16 if streamed => {
            let descriptor = archive.piece(end..until).ok()?;
            match descriptor.len() {
                12 => figures(&descriptor, 0)? == truth,
                _ => u32_at(&descriptor, 0)? == DESCRIPTOR && figures(&descriptor, 4)? == truth,
            }
        }
        _ => false,
    };
    let agreed = stated == truth || streamed && stated == (0, 0, 0);
    (same && agreed && closed).then_some(start..end)
}

/// Whether extra fields are well formed and none renames the file (Unicode path) or resizes it (ZIP64).
fn is_plain(mut extra: &[u8]) -> bool {
    while !extra.is_empty() {
        let (Some(id), Some(size)) = (u16_at(extra, 0), u16_at(extra, 2)) else { return false };
        if matches!(id, 0x0001 | 0x7075 | 0x9901) || extra.len() < 4 + usize::from(size) {
            return false;
        }
        extra = &extra[4 + usize::from(size)..];
    }
    true
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
