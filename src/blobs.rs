//! Archives and datasets on disk, each under the SHA-256 of its bytes, so that what was reviewed is what runs.

mod remote;

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::config::Store;
use crate::error::{Error, Result};
use remote::Remote;

/// A folder of immutable files named by content; with an object store behind it, which several servers share, the folder
/// keeps what this server has used.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
    /// Of its files; nobody may write to them again.
    mode: u32,
    /// Names the kind in an object store.
    kind: &'static str,
    remote: Option<Remote>,
}

/// Bytes on their way into the store; dropped unfinished, they leave nothing.
pub struct Draft {
    file: tempfile::NamedTempFile,
    hash: Sha256,
    size: u64,
}

impl Write for Draft {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        let many = self.file.write(piece)?;
        self.hash.update(&piece[..many]);
        self.size += many as u64;
        Ok(many)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Draft {
    /// Appends a piece.
    ///
    /// # Errors
    /// `Full` when the disk is; otherwise the disk's.
    pub fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece)?;
        self.hash.update(piece);
        self.size += piece.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The file, for whoever must read it again or write it otherwise than in order; then only [`Blobs::keep_as`] is right.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }
}

impl Blobs {
    /// The archives of a data folder.
    pub fn archives(data_dir: &Path) -> Self {
        Self { root: data_dir.join("archives"), mode: 0o400, kind: "archives", remote: None }
    }

    /// The datasets of a data folder. Jobs read them under a user of their own; the folder keeps others out.
    pub fn datasets(data_dir: &Path) -> Self {
        Self { root: data_dir.join("datasets"), mode: 0o444, kind: "datasets", remote: None }
    }

    /// The same, with an object store behind it if there is one.
    #[must_use]
    pub fn behind(self, store: Option<&Store>) -> Self {
        let remote = store.map(|store| Remote::new(store.clone(), self.kind));
        Self { remote, ..self }
    }

    /// Begins a blob that comes in pieces.
    ///
    /// # Errors
    /// `Full` when the disk is; otherwise the disk's.
    pub fn draft(&self) -> Result<Draft> {
        let folder = self.incoming();
        DirBuilder::new().recursive(true).mode(0o700).create(&self.root)?;
        fs::create_dir_all(&folder)?;
        Ok(Draft { file: tempfile::NamedTempFile::new_in(folder)?, hash: Sha256::new(), size: 0 })
    }

    /// Stores a draft and returns its digest (64 hex digits). It is on the disk when this returns.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn keep(&self, draft: Draft) -> Result<String> {
        let digest = hex(draft.hash);
        self.store(draft.file, &digest)?;
        Ok(digest)
    }

    /// Stores a draft whose digest (64 hex digits) is known.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn keep_as(&self, draft: Draft, digest: &str) -> Result<()> {
        self.store(draft.file, digest)
    }

    /// Where the bytes of this digest are; brought into the folder first, and checked, when only the object store has them.
    ///
    /// # Errors
    /// `Internal` when they are nowhere or not what the digest says, `Unavailable` when the object store does not answer.
    pub fn fetch(&self, digest: &str) -> Result<PathBuf> {
        let path = self.path(digest);
        if path.is_file() {
            return Ok(path);
        }
        let mut draft = self.draft()?;
        let found = self.remote.as_ref().map_or(Ok(false), |remote| remote.fetch(digest, &mut draft))?;
        if !found {
            return Err(Error::internal(format!("the blob {digest} is missing")));
        }
        let Draft { file, hash, .. } = draft;
        if hex(hash) != digest {
            return Err(Error::internal(format!("the blob {digest} is damaged in the object store")));
        }
        self.place(file, digest)?;
        Ok(path)
    }

    /// Removes the bytes of this digest, if they are there.
    ///
    /// # Errors
    /// Only the disk's.
    pub fn remove(&self, digest: &str) -> Result<()> {
        if let Some(remote) = &self.remote {
            remote.remove(digest)?;
        }
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Digests of everything that has been here for at least `age`; drafts of that age, left by a crash, are removed.
    ///
    /// # Errors
    /// Only the disk's.
    pub fn older_than(&self, age: Duration) -> Result<Vec<String>> {
        for (path, _) in old_files(&self.incoming(), age)? {
            fs::remove_file(path)?;
        }
        let mut digests = Vec::new();
        for first in entries(&self.root)?.into_iter().filter(|entry| entry.path() != self.incoming()) {
            let start = first.file_name().to_string_lossy().into_owned();
            digests.extend(old_files(&first.path(), age)?.into_iter().map(|(_, name)| format!("{start}{name}")));
        }
        if let Some(remote) = &self.remote {
            digests.extend(remote.older_than(age)?);
            digests.sort();
            digests.dedup();
        }
        Ok(digests)
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// Stores `bytes` and returns their digest (64 hex digits). They are on the disk when this returns;
    /// storing the same again changes nothing.
    ///
    /// # Errors
    /// `Full` when the disk is; otherwise the disk's.
    pub fn put(&self, bytes: &[u8]) -> Result<String> {
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.path(&digest);
        if path.exists() && self.remote.is_none() {
            return Ok(digest);
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        self.store(file, &digest)?;
        Ok(digest)
    }

    /// First where every server finds it: a row is written only when this has returned.
    fn store(&self, file: tempfile::NamedTempFile, digest: &str) -> Result<()> {
        if let Some(remote) = &self.remote {
            remote.put(digest, file.reopen()?)?;
        }
        self.place(file, digest)
    }

    fn place(&self, file: tempfile::NamedTempFile, digest: &str) -> Result<()> {
        let path = self.path(digest);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        file.as_file().sync_all()?;
        file.as_file().set_permissions(Permissions::from_mode(self.mode))?;
        file.persist(&path).map_err(|error| Error::from(error.error))?;
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// The file of this digest, read once from beginning to end to see that it is whole.
    ///
    /// # Errors
    /// `Internal` when the file is gone or is not what its name says.
    pub fn open(&self, digest: &str) -> Result<File> {
        let mut file = File::open(self.fetch(digest)?)?;
        let found = sha256(&mut file)?;
        file.rewind()?;
        if found == digest { Ok(file) } else { Err(Error::internal(format!("the archive {digest} is damaged"))) }
    }

    fn path(&self, digest: &str) -> PathBuf {
        let (first, rest) = digest.split_at_checked(2).unwrap_or(("", digest));
        self.root.join(first).join(rest)
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of everything that can be read, in hex.
///
/// # Errors
/// Only the reader's.
pub fn sha256(mut from: impl Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            many => hash.update(&buffer[..many]),
        }
    }
}

/// What is in a folder; one that is not there is empty.
fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        found => Ok(found?.collect::<std::io::Result<_>>()?),
    }
}

fn old_files(folder: &Path, age: Duration) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        let about = entry.metadata()?;
        // A clock that went back makes a file look new, never old.
        if about.is_file() && about.modified()?.elapsed().is_ok_and(|since| since >= age) {
            found.push((entry.path(), entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(blobs: &Blobs, digest: &str) -> Vec<u8> {
        std::io::read_to_string(blobs.open(digest).unwrap()).unwrap().into_bytes()
    }

    #[test]
    fn a_draft_becomes_a_blob_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::datasets(folder.path());
        let mut draft = blobs.draft().unwrap();
        draft.write(b"hel").unwrap();
        draft.write(b"lo").unwrap();
        drop(blobs.draft().unwrap());
        let digest = blobs.keep(draft).unwrap();
        assert_eq!(
            (content(&blobs, &digest), fs::metadata(blobs.fetch(&digest).unwrap()).unwrap().permissions().mode() & 0o777),
            (b"hello".to_vec(), 0o444)
        );
        assert_eq!(fs::metadata(&blobs.root).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(blobs.older_than(Duration::ZERO).unwrap(), [digest.as_str()]);
        assert!(blobs.older_than(Duration::from_secs(60)).unwrap().is_empty());
        blobs.remove(&digest).unwrap();
        blobs.remove(&digest).unwrap();
        assert!(blobs.older_than(Duration::ZERO).unwrap().is_empty() && entries(&blobs.incoming()).unwrap().is_empty());
    }

    #[test]
    fn what_is_put_comes_back_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::archives(folder.path());
        let digest = blobs.put(b"hello").unwrap();
        assert_eq!(blobs.put(b"hello").unwrap(), digest);
        assert_eq!(content(&blobs, &digest), b"hello");
        fs::remove_file(blobs.path(&digest)).unwrap();
        fs::write(blobs.path(&digest), b"other").unwrap();
        assert!(blobs.open(&digest).is_err());
    }
}
