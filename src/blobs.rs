//! Archives on disk, each under the SHA-256 of its bytes, so that what was reviewed is what runs.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// A folder of immutable files named by content.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    /// The archives of a data folder.
    pub fn archives(data_dir: &Path) -> Self {
        Self { root: data_dir.join("archives") }
    }

    /// Stores `bytes` and returns their digest (64 hex digits). They are on the disk when this returns;
    /// storing the same again changes nothing.
    ///
    /// # Errors
    /// `Full` when the disk is; otherwise the disk's.
    pub fn put(&self, bytes: &[u8]) -> Result<String> {
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.path(&digest);
        if path.exists() {
            return Ok(digest);
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        // Readable by the owner only, never again writable.
        let mut permissions = file.as_file().metadata()?.permissions();
        permissions.set_readonly(true);
        file.as_file().set_permissions(permissions)?;
        file.persist(&path).map_err(|error| Error::from(error.error))?;
        File::open(folder)?.sync_all()?;
        Ok(digest)
    }

    /// The bytes of this digest.
    ///
    /// # Errors
    /// `Internal` when the file is gone or is not what its name says.
    pub fn get(&self, digest: &str) -> Result<Vec<u8>> {
        let bytes = fs::read(self.path(digest))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found == digest { Ok(bytes) } else { Err(Error::internal(format!("the archive {digest} is damaged"))) }
    }

    fn path(&self, digest: &str) -> PathBuf {
        let (first, rest) = digest.split_at_checked(2).unwrap_or(("", digest));
        self.root.join(first).join(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::archives(folder.path());
        let digest = blobs.put(b"hello").unwrap();
        assert_eq!(blobs.put(b"hello").unwrap(), digest);
        assert_eq!(blobs.get(&digest).unwrap(), b"hello");
        fs::remove_file(blobs.path(&digest)).unwrap();
        fs::write(blobs.path(&digest), b"other").unwrap();
        assert!(blobs.get(&digest).is_err());
    }
}
