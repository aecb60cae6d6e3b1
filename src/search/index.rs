use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{Index as Tantivy, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyError};

use super::card::{Entry, Place};
use super::fields::{Fields, VERSION};
use super::files::Files;
use super::soundness::{Check, guarded};
use super::view::View;
use crate::clock::{self, Time};
use crate::error::{Error, Result};

/// Bytes of an index that is read over before it is used, which takes a few milliseconds.
const SMALL: u64 = 32 << 20;
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

    /// The last change that is in it with all that was announced with it.
    pub(super) fn reached(&self) -> i64 {
        if self.place.1 == i64::MAX { self.place.0 } else { self.place.0 - 1 }
    }

    /// Whether all that was announced up to a sequence is in it.
    pub(super) fn covers(&self, sequence: i64) -> bool {
        self.place >= (sequence, i64::MAX)
    }
}

/// What an index must be to be used.
pub(super) struct Wanted<'a> {
    /// Of which database.
    pub(super) identity: &'a str,
    /// The database's sequence now: one that is further is of another past.
    pub(super) sequence: i64,
}

/// A place on the disk for an index, of this process alone while it lives.
pub(super) struct Index {
    fields: Arc<Fields>,
    /// Where its files are.
    pub(super) segments: PathBuf,
    opened: Option<Opened>,
    _lock: Flock<File>,
}

struct Opened {
    writer: IndexWriter,
    reader: IndexReader,
}

impl Index {
    /// In the first folder beneath `data` that no other server has; not opened yet.
    ///
    /// # Errors
    /// The disk's, and when there are too many servers.
    pub(super) fn at(data: &Path, fields: &Arc<Fields>) -> Result<Self> {
        let (folder, lock) = lock(&data.join("index"))?;
        Ok(Self { fields: Arc::clone(fields), segments: folder.join("segments"), opened: None, _lock: lock })
    }

    /// Opens what is there; an empty one if that is not of this database, of another version or damaged. Only a small one is read
    /// over for that, as a large one takes too long: [`super::integrity::Rounds`] does it later.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn open(&mut self, wanted: &Wanted<'_>) -> Result<View> {
        let kept = guarded(|| {
            let (index, mark) = kept(&self.segments, wanted)?;
            let (reader, view) = read(&index, &self.fields, mark)?;
            Ok((index, reader, view))
        });
        let (index, reader, view) = kept.or_else(|why| {
            // At the first start there is none, of which nobody needs to hear.
            if self.segments.exists() {
                tracing::info!(?why, "the search index is made anew");
            }
            let index = empty(&self.segments, &self.fields)?;
            let (reader, view) = read(&index, &self.fields, Mark::none(wanted.identity, wanted.sequence))?;
            Ok::<_, Error>((index, reader, view))
        })?;
        // It may be sound and yet not writable.
        self.opened = Some(Opened { writer: writer(&index)?, reader });
        Ok(view)
    }

    /// Whether it can be written and read.
    pub(super) fn is_open(&self) -> bool {
        self.opened.is_some()
    }

    /// Lets go of the files, and of what was not committed.
    pub(super) fn close(&mut self) {
        self.opened = None;
    }

    /// Takes the files away.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn discard(&mut self) -> Result<()> {
        self.close();
        Ok(fs::remove_dir_all(&self.segments)?)
    }

    /// Takes entries in, in place of what was there of them unless `new` says that nothing was; they are found after
    /// [`Index::commit`].
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn put(&mut self, entries: Vec<Entry>, new: impl Fn(&Entry) -> bool) -> Result<()> {
        for entry in entries {
            let (key, replaces) = (self.fields.key(entry.about.id), !new(&entry));
            let document = self.fields.document(entry)?;
            let writer = &self.opened()?.writer;
            if replaces {
                writer.delete_term(key);
            }
            if let Some(document) = document {
                writer.add_document(document)?;
            }
        }
        Ok(())
    }

    /// Makes all that was taken in lasting, and found in the view that it gives.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn commit(&mut self, mark: Mark, before: Option<&View>) -> Result<View> {
        let payload = serde_json::to_string(&mark).map_err(Error::internal)?;
        let Opened { writer, reader } = self.opened()?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        reader.reload()?;
        let searcher = reader.searcher();
        View::new(searcher, Arc::clone(&self.fields), mark, before)
    }

    fn opened(&mut self) -> Result<&mut Opened> {
        self.opened.as_mut().ok_or_else(|| Error::internal("the search index is closed"))
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

fn read(index: &Tantivy, fields: &Arc<Fields>, mark: Mark) -> Result<(IndexReader, View)> {
    let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(BLOCKS).try_into()?;
    let view = View::new(reader.searcher(), Arc::clone(fields), mark, None)?;
    Ok((reader, view))
}

fn writer(index: &Tantivy) -> Result<IndexWriter> {
    let options = IndexWriterOptions::builder().num_worker_threads(1).num_merge_threads(1).memory_budget_per_thread(GATHERED).build();
    let writer: IndexWriter = index.writer_with_options(options)?;
    let mut policy = LogMergePolicy::default();
    policy.set_max_docs_before_merge(LARGEST);
    policy.set_del_docs_ratio_before_merge(0.3);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}

/// What an earlier process left; an error if it is not what is wanted.
fn kept(segments: &Path, wanted: &Wanted<'_>) -> Result<(Tantivy, Mark)> {
    let index = Tantivy::open(Files::of(segments)?)?;
    let payload = index.load_metas()?.payload.ok_or_else(|| Error::internal("nothing was finished"))?;
    let mark: Mark = serde_json::from_str(&payload)?;
    if mark.version != VERSION || mark.identity != wanted.identity || mark.place.0 > wanted.sequence {
        return Err(Error::internal("it is of another version or another database"));
    }
    if size(segments) <= SMALL {
        let mut check = Check::of(segments)?;
        while let Some(file) = check.step() {
            file?;
        }
    }
    Ok((index, mark))
}

/// Bytes of the files in a folder.
fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

fn empty(segments: &Path, fields: &Fields) -> Result<Tantivy> {
    if segments.exists() {
        fs::remove_dir_all(segments)?;
    }
    fs::create_dir_all(segments)?;
    Ok(Tantivy::create(Files::of(segments)?, fields.schema.clone(), IndexSettings::default())?)
}
