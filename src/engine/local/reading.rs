//! Reading logs, a piece at a time.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use crate::engine::Chunk;

/// At most a chunk from `offset` of some files that are read as one: each but the last has stopped growing before the next
/// one is begun. Nothing when there is none, or they are not that long.
pub(super) fn read_from(paths: &[&Path], mut offset: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for path in paths {
        let length = match fs::metadata(path) {
            Ok(meta) => meta.len(),
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => return Err(e),
        };
        if offset < length {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            let left = (Chunk::LIMIT - bytes.len()) as u64;
            file.take(left.min(length - offset)).read_to_end(&mut bytes)?;
        }
        offset = offset.saturating_sub(length);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_read_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let (first, none, last) = (folder.path().join("1"), folder.path().join("2"), folder.path().join("3"));
        fs::write(&first, "one ").unwrap();
        fs::write(&last, "three").unwrap();
        let read = |offset| String::from_utf8(read_from(&[&first, &none, &last], offset).unwrap()).unwrap();
        assert_eq!([0, 2, 4, 7, 9, 20].map(read), ["one three", "e three", "three", "ee", "", ""]);
        fs::write(&first, vec![b'x'; Chunk::LIMIT]).unwrap();
        assert_eq!((read(0).len(), read(Chunk::LIMIT as u64 - 1)), (Chunk::LIMIT, "xthree".to_owned()));
    }
}
