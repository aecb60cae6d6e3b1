//! The bytes of an archive, wherever they are: read piece by piece, never whole.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::blobs;

/// Where an archive's bytes are.
#[derive(Debug, Clone, Copy)]
pub enum Archive<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// In a file; its own position is neither used nor moved.
    File {
        /// Open for reading.
        file: &'a File,
        /// Its bytes.
        size: u64,
    },
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Archive<'a> {
    fn from(bytes: &'a T) -> Self {
        Self::Bytes(bytes.as_ref())
    }
}

impl<'a> Archive<'a> {
    /// An archive in a file, as long as it is now.
    ///
    /// # Errors
    /// Only the disk's.
    pub fn in_file(file: &'a File) -> io::Result<Self> {
        Ok(Self::File { file, size: file.metadata()?.len() })
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }

    /// Its SHA-256, in hex.
    ///
    /// # Errors
    /// Only the disk's.
    pub fn digest(&self) -> io::Result<String> {
        blobs::sha256(self.reader(0..self.size()))
    }

    /// A part of it, in memory.
    ///
    /// # Errors
    /// `UnexpectedEof` when it is not all there; the disk's.
    pub(super) fn piece(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        if range.start > range.end || range.end > self.size() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut piece = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
        self.reader(range).read_exact(&mut piece)?;
        Ok(piece)
    }

    /// A part of it, to be read in pieces.
    pub(super) fn reader(&self, range: Range<u64>) -> Reader<'a> {
        Reader { archive: *self, next: range.start, end: range.end.min(self.size()) }
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::Bytes(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                let many = rest.len().min(buffer.len());
                buffer[..many].copy_from_slice(&rest[..many]);
                Ok(many)
            }
            Self::File { file, .. } => file.read_at(buffer, at),
        }
    }
}

/// Reads a part of an archive from its beginning to its end.
pub(super) struct Reader<'a> {
    archive: Archive<'a>,
    next: u64,
    end: u64,
}

impl Reader<'_> {
    /// Bytes that were not read yet.
    pub(super) fn rest(&self) -> u64 {
        self.end.saturating_sub(self.next)
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let many = usize::try_from(self.rest()).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.archive.read_at(&mut buffer[..many], self.next)?;
        self.next += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_reads_like_its_bytes() {
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let (memory, disk) = (Archive::from(&bytes), Archive::in_file(&file).unwrap());
        assert_eq!(memory.digest().unwrap(), disk.digest().unwrap());
        for range in [0..0, 0..1, 99_999..300_000, 399_999..400_000] {
            assert_eq!(memory.piece(range.clone()).unwrap(), disk.piece(range).unwrap());
        }
        #[allow(clippy::reversed_empty_ranges)] // an archive may say so
        for range in [0..400_001, 5..4, 400_001..400_002] {
            assert!(memory.piece(range.clone()).is_err() && disk.piece(range).is_err());
        }
    }
}
