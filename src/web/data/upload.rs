use actix_multipart::{Field, Multipart};
use futures_util::TryStreamExt as _;

use crate::blobs::{Blobs, Draft};
use crate::config::Size;
use crate::datasets::{self, FileName, Stored};
use crate::error::{Error, Mistakes};
use crate::web::failure::{Failure, Result};
use crate::web::store::{App, Store};

/// Bytes that are gathered before they are written.
const PIECE: usize = 1 << 20;
/// Bytes of a field of text.
const TEXT: usize = 4 << 10;

/// What came with a form that has a file.
#[derive(Default)]
pub struct Upload {
    /// As typed.
    pub name: String,
    /// The file, in the store already.
    pub file: Option<Stored>,
    /// Why the file is too much; the rest of it was not read.
    pub too_much: Option<Mistakes>,
}

/// How much may come.
struct Bounds {
    /// Of one file.
    size: Size,
    /// Of all files of the member.
    total: Size,
    /// Bytes until then.
    room: u64,
}

impl Bounds {
    async fn of(store: &Store, owner: i64) -> std::result::Result<Self, Error> {
        let limits = store.app().config.limits;
        let (size, total) = (limits.dataset_size, limits.dataset_total);
        let room = store.read(move |conn| datasets::room(conn, owner, total)).await?;
        Ok(Self { size, total, room })
    }

    fn check(&self, bytes: u64) -> std::result::Result<(), Error> {
        if bytes > self.size.bytes() {
            return Err(Error::refused("file", format!("A dataset can have at most {}.", self.size)));
        }
        datasets::require_room(self.room, bytes, self.total)
    }
}

impl Upload {
    /// The file, or what is wrong, beside `file`.
    pub fn stored(&self) -> std::result::Result<&Stored, Mistakes> {
        let mistake = |sentence: &str| Mistakes::from([("file".to_owned(), sentence.to_owned())]);
        if let Some(mistakes) = &self.too_much {
            return Err(mistakes.clone());
        }
        match &self.file {
            None => Err(mistake("Choose a file.")),
            Some(file) if file.size == 0 => Err(mistake("This file is empty.")),
            Some(file) => Ok(file),
        }
    }
}

/// Reads a form with a file of this member, straight to the disk.
///
/// # Errors
/// `Unreadable` when it breaks off; `Full` when the disk is.
pub async fn receive(store: &Store, owner: i64, mut form: Multipart) -> Result<Upload> {
    let bounds = Bounds::of(store, owner).await?;
    let mut upload = Upload::default();
    let mut first = true;
    loop {
        let field = match form.try_next().await {
            Ok(Some(field)) => field,
            // Another kind of form: then nothing was sent.
            Err(_) if first => return Ok(upload),
            Ok(None) => return Ok(upload),
            Err(_) => return Err(BROKEN),
        };
        first = false;
        match field.name() {
            Some("name") => upload.name = text(field).await?,
            Some("file") if upload.file.is_none() => match file(store, field, &bounds).await {
                Ok(file) => upload.file = file,
                Err(Failure::Domain(Error::Refused(mistakes))) => return Ok(Upload { too_much: Some(mistakes), ..upload }),
                Err(failure) => return Err(failure),
            },
            _ => skip(field).await?,
        }
    }
}

const BROKEN: Failure = Failure::Unreadable("The upload broke off. Please try again.");

async fn text(mut field: Field) -> Result<String> {
    let bytes = field.bytes(TEXT).await.map_err(|_| Failure::TooLarge)?.map_err(|_| BROKEN)?;
    Ok(String::from_utf8_lossy(&bytes).replace('\0', ""))
}

async fn skip(mut field: Field) -> Result<()> {
    while field.try_next().await.map_err(|_| BROKEN)?.is_some() {}
    Ok(())
}

/// The file; `None` when none was chosen.
async fn file(store: &Store, mut field: Field, bounds: &Bounds) -> Result<Option<Stored>> {
    let sent = field.content_disposition().and_then(|about| about.get_filename()).unwrap_or("").to_owned();
    let mut draft = store.apart(|app| blobs(app).draft()).await?;
    let mut gathered = Vec::new();
    while let Some(piece) = field.try_next().await.map_err(|_| BROKEN)? {
        gathered.extend_from_slice(&piece);
        bounds.check(draft.size() + gathered.len() as u64)?;
        if gathered.len() >= PIECE {
            draft = written(store, draft, std::mem::take(&mut gathered)).await?;
        }
    }
    let draft = written(store, draft, gathered).await?;
    if sent.is_empty() && draft.size() == 0 {
        return Ok(None);
    }
    let size = draft.size();
    let digest = store.apart(move |app| blobs(app).keep(draft)).await?;
    Ok(Some(Stored { file_name: FileName::of(&sent), digest, size }))
}

async fn written(store: &Store, mut draft: Draft, bytes: Vec<u8>) -> std::result::Result<Draft, Error> {
    let write = move |_: &App| {
        draft.write(&bytes)?;
        Ok(draft)
    };
    store.apart(write).await
}

fn blobs(app: &App) -> Blobs {
    Blobs::datasets(&app.config.data_dir).behind(app.config.store.as_ref())
}
