use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr};

/// What is read piece by piece: cards, where words occur, and at which places.
const IN_PIECES: [&str; 3] = ["store", "idx", "pos"];
/// Bytes up to which a piece is taken out of a larger one: what follows it is mostly asked for next.
const SMALL: usize = 2 << 10;
const WINDOW: usize = 16 << 10;
/// Bytes from which a piece is mapped all the same.
const LARGE: usize = 1 << 20;

/// The folder of an index. Words and columns are mapped into memory, for every search looks through them; all the rest, five
/// sixths of an index, is read when it is needed: the system keeps it at hand, but what was ever looked at does not stay
/// with this process.
#[derive(Debug, Clone)]
pub(super) struct Files {
    mapped: MmapDirectory,
    folder: PathBuf,
}

impl Files {
    /// Of this folder, which is there.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn of(folder: &Path) -> tantivy::Result<Self> {
        Ok(Self { mapped: MmapDirectory::open(folder)?, folder: folder.to_owned() })
    }
}

impl Directory for Files {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        if path.extension().is_some_and(|kind| IN_PIECES.iter().any(|piece| kind == *piece)) {
            return Ok(Arc::new(Pieces::open(&self.folder.join(path), self.mapped.get_file_handle(path)?)?));
        }
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.mapped.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.mapped.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.mapped.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

/// An open file, which can be read when it was taken away meanwhile too.
#[derive(Debug)]
struct Pieces {
    file: File,
    /// The same for what is large, which only putting segments together asks for: it takes memory once it is touched.
    mapped: Arc<dyn FileHandle>,
    len: usize,
    /// The last window, and where it begins.
    last: Mutex<(usize, OwnedBytes)>,
}

impl Pieces {
    fn open(path: &Path, mapped: Arc<dyn FileHandle>) -> Result<Self, OpenReadError> {
        let missing = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(error, path.to_owned()),
        };
        let file = File::open(path).map_err(missing)?;
        let len = file.metadata().map_err(missing)?.len();
        let len = usize::try_from(len).map_err(|error| missing(io::Error::other(error)))?;
        Ok(Self { file, mapped, len, last: Mutex::new((0, OwnedBytes::empty())) })
    }

    fn read(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let mut bytes = vec![0; range.len()];
        self.file.read_exact_at(&mut bytes, range.start as u64)?;
        Ok(OwnedBytes::new(bytes))
    }
}

impl HasLen for Pieces {
    fn len(&self) -> usize {
        self.len
    }
}

impl FileHandle for Pieces {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.len() > LARGE && range.end <= self.len {
            return self.mapped.read_bytes(range);
        }
        if range.len() > SMALL {
            return self.read(range);
        }
        let within = |(start, window): &(usize, OwnedBytes)| {
            let fits = range.start >= *start && range.end <= start + window.len();
            fits.then(|| window.slice(range.start - start..range.end - start))
        };
        if let Some(piece) = within(&self.last.lock()) {
            return Ok(piece);
        }
        // Nobody waits for another one's disk.
        let window = self.read(range.start..(range.start + WINDOW).min(self.len).max(range.end))?;
        let piece = window.slice(0..range.len());
        *self.last.lock() = (range.start, window);
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_what_stands_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.idx");
        let all: Vec<u8> = (0..400_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &all).unwrap();
        let file = Files::of(folder.path()).unwrap().get_file_handle(Path::new("some.idx")).unwrap();
        std::fs::remove_file(&path).unwrap();
        let ends = all.len();
        for range in [0..0, 0..10, 5..2_000, 15_000..16_500, 16_380..16_390, 3..7, 0..ends, 50_000..90_000, ends - 4..ends, ends..ends] {
            assert_eq!(file.read_bytes(range.clone()).unwrap().as_slice(), &all[range]);
        }
        assert!(file.read_bytes(ends - 4..ends + 1).is_err());
    }

    #[test]
    fn what_is_not_there_is_said_to_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Files::of(folder.path()).unwrap().get_file_handle(Path::new("none.store"));
        assert!(matches!(missing, Err(OpenReadError::FileDoesNotExist(_))));
    }
}
