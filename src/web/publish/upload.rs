//! Reading a form that brings an archive, straight to the disk.

use std::collections::BTreeMap;

use actix_multipart::{Field, Multipart};
use futures_util::TryStreamExt as _;

use crate::blobs::Draft;
use crate::releases::{TypedAudience, TypedUpload};
use crate::web::archive::Writing;
use crate::web::failure::{Failure, Result};
use crate::web::store::Store;

/// Bytes of a field of text.
const TEXT: usize = 256 << 10;

const BROKEN: Failure = Failure::Unreadable("The upload broke off. Please try again.");

/// What came with the form.
#[derive(Default)]
pub struct Sent {
    /// As typed.
    pub typed: TypedUpload,
    /// The archive on its way into the store; `None` when none was chosen.
    pub archive: Option<Draft>,
    /// It is too large; the rest of it was not read.
    pub too_large: bool,
}

impl Sent {
    /// Whether there is any use in reading on.
    fn takes(&mut self, taken: Taken) -> bool {
        match taken {
            Taken::All(draft) => self.archive = Some(draft),
            Taken::Nothing => {}
            Taken::TooMuch => self.too_large = true,
        }
        !self.too_large
    }
}

/// Reads the form; stops where the archive is larger than any may be.
///
/// # Errors
/// `Unreadable` when it breaks off; `Full` when the disk is.
pub async fn receive(store: &Store, mut form: Multipart) -> Result<Sent> {
    let mut texts = BTreeMap::new();
    let mut sent = Sent::default();
    let mut first = true;
    loop {
        let field = match form.try_next().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            // Another kind of form: then nothing was sent.
            Err(_) if first => break,
            Err(_) => return Err(BROKEN),
        };
        first = false;
        let name = field.name().unwrap_or_default().to_owned();
        if name != "archive" || sent.archive.is_some() {
            texts.insert(name, text(field).await?);
        } else if !sent.takes(archive(store, field).await?) {
            break;
        }
    }
    sent.typed = typed(texts);
    Ok(sent)
}

fn typed(mut texts: BTreeMap<String, String>) -> TypedUpload {
    let mut take = |name: &str| texts.remove(name).unwrap_or_default();
    TypedUpload {
        publisher: take("publisher"),
        name: take("name"),
        algorithm: take("algorithm"),
        version: take("version"),
        notes: take("notes"),
        audience: TypedAudience { visibility: take("visibility"), users: take("users") },
    }
}

async fn text(mut field: Field) -> Result<String> {
    let bytes = field.bytes(TEXT).await.map_err(|_| Failure::TooLarge)?.map_err(|_| BROKEN)?;
    Ok(String::from_utf8_lossy(&bytes).replace('\0', "").replace("\r\n", "\n"))
}

/// What came of a file's field.
enum Taken {
    All(Draft),
    Nothing,
    TooMuch,
}

async fn archive(store: &Store, mut field: Field) -> Result<Taken> {
    let sent = field.content_disposition().and_then(|about| about.get_filename()).unwrap_or("").to_owned();
    let mut writing = Writing::begin(store).await?;
    while let Some(piece) = field.try_next().await.map_err(|_| BROKEN)? {
        let Some(more) = writing.add(store, &piece).await? else { return Ok(Taken::TooMuch) };
        writing = more;
    }
    let draft = writing.end(store).await?;
    Ok(if sent.is_empty() && draft.size() == 0 { Taken::Nothing } else { Taken::All(draft) })
}
