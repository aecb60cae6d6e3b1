//! Archives on their way into the store, piece by piece and never whole in memory.

use super::store::{App, Store};
use crate::blobs::{Blobs, Draft};
use crate::error::Result;
use crate::package::{Fault, limits};

/// Bytes that are gathered before they are written.
const PIECE: usize = 1 << 20;

/// An archive that comes in pieces.
pub struct Writing {
    draft: Draft,
    gathered: Vec<u8>,
}

impl Writing {
    /// Begins one.
    ///
    /// # Errors
    /// `Full` when the disk is.
    pub async fn begin(store: &Store) -> Result<Self> {
        Ok(Self { draft: store.apart(|app| blobs(app).draft()).await?, gathered: Vec::new() })
    }

    /// The same with a piece more; `None` when that is more than an archive may have.
    ///
    /// # Errors
    /// `Full` when the disk is.
    pub async fn add(mut self, store: &Store, piece: &[u8]) -> Result<Option<Self>> {
        if self.draft.size() + (self.gathered.len() + piece.len()) as u64 > limits::ARCHIVE {
            return Ok(None);
        }
        self.gathered.extend_from_slice(piece);
        if self.gathered.len() < PIECE {
            return Ok(Some(self));
        }
        Ok(Some(Self { draft: written(store, self.draft, self.gathered).await?, gathered: Vec::new() }))
    }

    /// The whole of it.
    ///
    /// # Errors
    /// `Full` when the disk is.
    pub async fn end(self, store: &Store) -> Result<Draft> {
        written(store, self.draft, self.gathered).await
    }
}

async fn written(store: &Store, mut draft: Draft, bytes: Vec<u8>) -> Result<Draft> {
    let write = move |_: &App| {
        draft.write(&bytes)?;
        Ok(draft)
    };
    store.apart(write).await
}

/// Where archives are.
pub fn blobs(app: &App) -> Blobs {
    Blobs::archives(&app.config.data_dir).behind(app.config.store.as_ref())
}

/// What is said of an archive that is too large.
pub fn too_large() -> Vec<Fault> {
    let message = format!("Has more than {} MiB, the limit.", limits::ARCHIVE >> 20);
    vec![Fault { file: "archive".to_owned(), line: None, message }]
}
