use std::fs::File;
use std::io::Read;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, WriteMultipart};
use tokio::runtime::{Builder, Runtime};

use super::Draft;
use crate::clock;
use crate::config::Store;
use crate::error::{Error, Result};

/// Bytes of a piece on its way there: what S3 takes at least, twice.
const PIECE: usize = 10 << 20;
/// Pieces on their way at once.
const AT_ONCE: usize = 4;

/// Never dropped: a runtime must not end on an async thread.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| Builder::new_current_thread().enable_all().build());

/// One kind of blobs in an object store, by digest. Blocks: not for async threads.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    store: Store,
    kind: &'static str,
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

fn block<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    RUNTIME.as_ref().map_err(|error| Error::internal(error.to_string()))?.block_on(work)
}

impl Remote {
    pub(super) fn new(store: Store, kind: &'static str) -> Self {
        Self { store, kind }
    }

    fn path(&self, digest: &str) -> Path {
        let (first, rest) = digest.split_at_checked(2).unwrap_or(("", digest));
        self.folder().join(first).join(rest)
    }

    fn folder(&self) -> Path {
        self.store.prefix.clone().join(self.kind)
    }

    /// Takes the file there, unless it is there already. What breaks off leaves nothing under the digest.
    pub(super) fn put(&self, digest: &str, mut file: File) -> Result<()> {
        let (client, path) = (&self.store.client, self.path(digest));
        block(async {
            if client.head(&path).await.is_ok() {
                return Ok(());
            }
            let mut writing = WriteMultipart::new_with_chunk_size(client.put_multipart(&path).await?, PIECE);
            let mut piece = vec![0; 1 << 20];
            loop {
                // Reading a local file takes no time worth giving the thread back for.
                let many = match file.read(&mut piece) {
                    Ok(0) => break,
                    Ok(many) => many,
                    Err(error) => {
                        writing.abort().await?;
                        return Err(error.into());
                    }
                };
                writing.wait_for_capacity(AT_ONCE).await?;
                writing.write(&piece[..many]);
            }
            writing.finish().await?;
            Ok(())
        })
    }

    /// Writes what is there into a draft; false when nothing is there.
    pub(super) fn fetch(&self, digest: &str, into: &mut Draft) -> Result<bool> {
        let (client, path) = (&self.store.client, self.path(digest));
        block(async {
            let found = match client.get(&path).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(false),
                found => found?,
            };
            let mut pieces = found.into_stream();
            while let Some(piece) = pieces.next().await {
                into.write(&piece?)?;
            }
            Ok(true)
        })
    }

    /// Removes it, if it is there.
    pub(super) fn remove(&self, digest: &str) -> Result<()> {
        let (client, path) = (&self.store.client, self.path(digest));
        match block(async { Ok(client.delete(&path).await) })? {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            removed => Ok(removed?),
        }
    }

    /// Digests of everything that has been there for at least `age`.
    pub(super) fn older_than(&self, age: Duration) -> Result<Vec<String>> {
        let (client, folder) = (&self.store.client, self.folder());
        let all: Vec<ObjectMeta> = block(async { Ok(client.list(Some(&folder)).try_collect().await?) })?;
        let limit = clock::now().and_utc() - age;
        let old = all.into_iter().filter(|object| object.last_modified <= limit);
        let parts =
            |object: ObjectMeta| object.location.prefix_match(&folder).map(|parts| parts.map(|part| part.as_ref().to_owned()).collect::<String>());
        Ok(old.filter_map(parts).filter(|digest| digest.len() == 64).collect())
    }
}
