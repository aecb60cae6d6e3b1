use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{Index as Tantivy, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyError};

use super::card::{Entry, Place};
use super::fields::{Fields, VERSION};
use super::view::View;
use crate::clock::{self, Time};
use crate::error::{Error, Result};

/// Servers that may share a data folder.
const MOST: u32 = 64;
/// Bytes that the writer gathers before it writes a segment.
const GATHERED: usize = 40_000_000;
/// Larger segments are left as they are, so that putting some together never takes long, or much memory.
const LARGEST: usize = 200_000;
/// Blocks of cards kept by each segment, 16 KiB each.
const BLOCKS: usize = 8;

impl From<TantivyError> for Error {
    fn from(error: TantivyError) -> Self {
        match &error {
            TantivyError::IoError(cause) if cause.kind() == std::io::ErrorKind::StorageFull => Self::Full(error.into()),
            _ => Self::internal(error),
        }
    }
}

/// What an index holds; kept within it, so that the two are always of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) version: u32,
    /// Of which database.
    pub(super) identity: String,
    /// How far what was announced is in it.
    pub(super) place: Place,
    /// The database's sequence when the index was begun: what was announced up to then is in it once at most.
    pub(super) begun: i64,
    /// Up to when counters are in it.
    pub(super) counted: Time,
}

impl Mark {
    /// Of an index that holds nothing.
    pub(super) fn none(identity: &str, begun: i64) -> Self {
        Self { version: VERSION, identity: identity.to_owned(), place: (-1, i64::MAX), begun, counted: clock::now() }
    }

    /// Whether it does not hold yet what had been announced when it was begun.
    pub(super) fn is_building(&self) -> bool {
        !self.covers(self.begun)
    }

    /// Whether all that was announced up to a sequence is in it.
    pub(super) fn covers(&self, sequence: i64) -> bool {
        self.place >= (sequence, i64::MAX)
    }
}

/// An index on the disk, of this process alone while it lives.
pub(super) struct Index {
    fields: Arc<Fields>,
    writer: IndexWriter,
    reader: IndexReader,
    _lock: Flock<File>,
}

impl Index {
    /// The one in the first folder beneath `data` that no other server has; an empty one if that is not of this database, of
    /// another version or damaged.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn open(data: &Path, fields: &Arc<Fields>, identity: &str, sequence: i64) -> Result<(Self, Mark)> {
        let (folder, lock) = lock(&data.join("index"))?;
        let segments = folder.join("segments");
        let kept = kept(&segments).and_then(|(index, mark)| match mark.version == VERSION && mark.identity == identity && mark.place.0 <= sequence {
            true => Ok((index, mark)),
            false => Err("it is of another version or another database".to_owned()),
        });
        let (index, mark) = kept.or_else(|why| {
            tracing::info!(%why, "the search index is made anew");
            Ok::<_, Error>((empty(&segments, fields)?, Mark::none(identity, sequence)))
        })?;
        let options = IndexWriterOptions::builder().num_worker_threads(1).num_merge_threads(1).memory_budget_per_thread(GATHERED).build();
        let writer: IndexWriter = index.writer_with_options(options)?;
        let mut policy = LogMergePolicy::default();
        policy.set_max_docs_before_merge(LARGEST);
        policy.set_del_docs_ratio_before_merge(0.3);
        writer.set_merge_policy(Box::new(policy));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(BLOCKS).try_into()?;
        Ok((Self { fields: Arc::clone(fields), writer, reader, _lock: lock }, mark))
    }

    /// Takes entries in, in place of what was there of them unless `new` says that nothing was; they are found after
    /// [`Index::commit`].
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn put(&self, entries: Vec<Entry>, new: impl Fn(&Entry) -> bool) -> Result<()> {
        for entry in entries {
            if !new(&entry) {
                self.writer.delete_term(self.fields.key(entry.about.id));
            }
            if let Some(document) = self.fields.document(entry)? {
                self.writer.add_document(document)?;
            }
        }
        Ok(())
    }

    /// Makes all that was taken in lasting, and found in the view that it gives.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn commit(&mut self, mark: Mark, before: Option<&View>) -> Result<View> {
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&mark).map_err(Error::internal)?);
        commit.commit()?;
        self.view(mark, before)
    }

    /// What is found now.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn view(&self, mark: Mark, before: Option<&View>) -> Result<View> {
        self.reader.reload()?;
        View::new(self.reader.searcher(), Arc::clone(&self.fields), mark, before)
    }
}

/// The first folder that nobody else has, for as long as the lock lives.
fn lock(index: &Path) -> Result<(PathBuf, Flock<File>)> {
    for number in 0..MOST {
        let folder = index.join(number.to_string());
        fs::create_dir_all(&folder)?;
        let file = File::options().create(true).append(true).open(folder.join("lock"))?;
        if let Ok(lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            return Ok((folder, lock));
        }
    }
    Err(Error::internal(format!("{MOST} servers hold every search index in {}", index.display())))
}

/// What an earlier process left, if all of it is as it was written; otherwise why not.
fn kept(segments: &Path) -> std::result::Result<(Tantivy, Mark), String> {
    let index = Tantivy::open_in_dir(segments).map_err(|error| error.to_string())?;
    let payload = index.load_metas().map_err(|error| error.to_string())?.payload.ok_or("nothing was finished")?;
    let mark: Mark = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
    match index.validate_checksum() {
        Ok(damaged) if damaged.is_empty() => Ok((index, mark)),
        Ok(damaged) => Err(format!("damaged: {damaged:?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn empty(segments: &Path, fields: &Fields) -> Result<Tantivy> {
    if segments.exists() {
        fs::remove_dir_all(segments)?;
    }
    fs::create_dir_all(segments)?;
    let directory = MmapDirectory::open(segments).map_err(Error::internal)?;
    Ok(Tantivy::create(directory, fields.schema.clone(), IndexSettings::default())?)
}
