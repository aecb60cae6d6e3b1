use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Take, Write};
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use parking_lot::Mutex;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::{files, folder, open};
use crate::error::{Error, Result};
use crate::jobs::Attempt;
use crate::web::attachment::{PIECE, Pieces};
use crate::web::store::App;

/// Files that one archive holds.
pub const MOST_PACKED: usize = 100_000;
/// Bytes above which a file needs the wide fields of the format.
const WIDE: u64 = u32::MAX as u64 - (1 << 20);

/// A ZIP of what an attempt has written up to now, at most [`MOST_PACKED`] files; empty when it has written nothing.
///
/// # Errors
/// When the folder cannot be read.
pub fn pack(app: &App, region: &str, attempt: &Attempt) -> Result<Packing> {
    let folder = folder(app, region, attempt)?.unwrap_or_default();
    let left = if folder.as_os_str().is_empty() { Vec::new() } else { files(&folder, MOST_PACKED)? };
    let left = left.into_iter().map(|file| file.path).collect();
    let written = Written::default();
    Ok(Packing { folder, left, number: 0, reading: None, writer: Some(ZipWriter::new_stream(written.clone())), written })
}

/// A ZIP that is written while it is sent: of the files no more than a piece is in memory, and nothing on disk.
pub struct Packing {
    folder: PathBuf,
    /// Paths of the files that are still to come.
    left: VecDeque<String>,
    /// How many have begun.
    number: usize,
    reading: Option<Take<File>>,
    /// `None` once the archive is whole.
    writer: Option<ZipWriter<StreamWriter<Written>>>,
    written: Written,
}

/// What the writer wrote and nobody took yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pieces for Packing {
    fn next(&mut self) -> Result<Option<Bytes>> {
        while self.written.0.lock().len() < PIECE && self.writer.is_some() {
            self.step().map_err(Error::internal)?;
        }
        let piece = mem::take(&mut *self.written.0.lock());
        Ok((!piece.is_empty()).then(|| Bytes::from(piece)))
    }
}

impl Packing {
    /// Writes a piece of the file that is being read, else begins the next one, else ends the archive.
    fn step(&mut self) -> io::Result<()> {
        let Some(writer) = self.writer.as_mut() else { return Ok(()) };
        if let Some(file) = self.reading.as_mut() {
            let mut piece = Vec::with_capacity(PIECE);
            if file.by_ref().take(PIECE as u64).read_to_end(&mut piece)? == 0 {
                self.reading = None;
            }
            return writer.write_all(&piece);
        }
        match self.left.pop_front() {
            Some(path) => self.begin(&path),
            None => self.writer.take().map_or(Ok(()), |writer| Ok(writer.finish().map(drop)?)),
        }
    }

    /// What is gone, or no file of the job's own any more, is left out. No more than the present size is read: the job may write on.
    fn begin(&mut self, path: &str) -> io::Result<()> {
        let (Some(writer), Ok(file)) = (self.writer.as_mut(), open(&self.folder, path)) else { return Ok(()) };
        let about = file.metadata()?;
        let mut options = SimpleFileOptions::default().compression_level(Some(1)).large_file(about.len() > WIDE);
        if let Some(at) = about.modified().ok().and_then(|at| moment(at.into())) {
            options = options.last_modified_time(at);
        }
        self.number += 1;
        let name = harmless(path);
        if writer.start_file(&name, options).is_err() {
            // Two files may be named alike once their names are harmless.
            writer.start_file(format!("{name}~{}", self.number), options)?;
        }
        self.reading = Some(file.take(about.len()));
        Ok(())
    }
}

/// A name that is one file beneath the folder it is unpacked in, on systems too where `\` divides and `:` begins a drive.
fn harmless(path: &str) -> String {
    path.chars().map(|letter| if letter.is_control() || matches!(letter, '\\' | ':') { '_' } else { letter }).collect()
}

/// The years of the format are 1980 to 2107.
fn moment(at: DateTime<Utc>) -> Option<zip::DateTime> {
    let small = |number: u32| u8::try_from(number).ok();
    let (year, month, day) = (u16::try_from(at.year()).ok()?, small(at.month())?, small(at.day())?);
    zip::DateTime::from_date_and_time(year, month, day, small(at.hour())?, small(at.minute())?, small(at.second())?).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn packing(folder: &std::path::Path) -> Packing {
        let left = files(folder, MOST_PACKED).unwrap().into_iter().map(|file| file.path).collect();
        let written = Written::default();
        Packing { folder: folder.to_owned(), left, number: 0, reading: None, writer: Some(ZipWriter::new_stream(written.clone())), written }
    }

    fn whole(mut packing: Packing) -> Vec<Bytes> {
        std::iter::from_fn(|| packing.next().unwrap()).collect()
    }

    fn unpacked(pieces: &[Bytes]) -> Vec<(String, Vec<u8>)> {
        let mut archive = zip::ZipArchive::new(io::Cursor::new(pieces.concat())).unwrap();
        let count = archive.len();
        let content = |index| {
            let (mut file, mut bytes) = (archive.by_index(index).unwrap(), Vec::new());
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        };
        (0..count).map(content).collect()
    }

    #[test]
    fn what_is_packed_is_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[0]
        };
        let noise: Vec<u8> = std::iter::repeat_with(&mut next).take(3_000_000).collect();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/noise"), &noise).unwrap();
        fs::write(folder.path().join("empty"), "").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        let pieces = whole(packing(folder.path()));
        assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() < 3 * PIECE), "pieces stay small");
        assert_eq!(unpacked(&pieces), [("a/b/noise".to_owned(), noise), ("empty".to_owned(), Vec::new())]);
    }

    #[test]
    fn names_stay_beneath_the_folder_and_apart() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("..\\..\\x", "1"), (".._.._x", "2"), ("C:evil", "3"), ("line\nend", "4")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let names: Vec<_> = unpacked(&whole(packing(folder.path()))).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [".._.._x", ".._.._x~2", "C_evil", "line_end"]);
    }

    #[test]
    fn what_goes_or_grows_meanwhile_harms_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::write(folder.path().join(name), "12").unwrap();
        }
        let mut packing = packing(folder.path());
        packing.step().unwrap();
        fs::OpenOptions::new().append(true).open(folder.path().join("a")).unwrap().write_all(b"34").unwrap();
        fs::remove_file(folder.path().join("b")).unwrap();
        fs::remove_file(folder.path().join("c")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("c")).unwrap();
        assert_eq!(unpacked(&whole(packing)), [("a".to_owned(), b"12".to_vec())]);
    }

    #[test]
    fn nothing_is_an_empty_archive() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(unpacked(&whole(packing(folder.path()))), []);
    }
}
