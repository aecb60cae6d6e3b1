//! Files given to be saved: never a page of ours, whatever is in them.

use std::fs::File;
use std::io::Read;

use actix_web::body::{MessageBody, SizedStream};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, stream};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::store::{App, Store};
use crate::error::{Error, Result};

/// Bytes that are read at once.
pub const PIECE: usize = 256 * 1024;
/// The policy of what others wrote, should a browser show it all the same: no scripts, no forms, nothing from elsewhere, in nobody's frame.
pub const SANDBOX: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox";

/// Bytes that come piece by piece, so that nothing large is ever held whole.
pub trait Pieces: Send + 'static {
    /// The next piece; `None` at the end. Called off the async threads.
    ///
    /// # Errors
    /// When it cannot be read; then the answer is broken off, so that nobody takes it for whole.
    fn next(&mut self) -> Result<Option<Bytes>>;
}

/// The first `size` bytes of `file` under the name `name`, streamed. The size is the promise, also when somebody writes on.
pub fn attachment(store: Store, name: &str, file: File, size: u64) -> HttpResponse {
    attachment_of(store, name, "application/octet-stream", file, size)
}

/// The same with a type, which a picture needs that pages of ours show. A browser that is led to it saves it all the same.
pub fn attachment_of(store: Store, name: &str, kind: &'static str, file: File, size: u64) -> HttpResponse {
    begin(name, kind).body(content(store, file, size))
}

/// The first `size` bytes of `file`, streamed.
pub fn content(store: Store, file: File, size: u64) -> impl MessageBody + 'static {
    SizedStream::new(size, Box::pin(streamed(store, Reading { file, left: size })))
}

/// A ZIP whose size nobody knows yet.
pub fn archive(store: Store, name: &str, pieces: impl Pieces) -> HttpResponse {
    begin(name, "application/zip").streaming(Box::pin(streamed(store, pieces)))
}

fn begin(name: &str, kind: &'static str) -> HttpResponseBuilder {
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(kind)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{encoded}")))
        .insert_header(("content-security-policy", SANDBOX))
        .insert_header(ContentEncoding::Identity);
    answer
}

fn streamed<P: Pieces>(store: Store, pieces: P) -> impl Stream<Item = Result<Bytes>> {
    stream::unfold((store, Some(pieces)), next)
}

async fn next<P: Pieces>((store, pieces): (Store, Option<P>)) -> Option<(Result<Bytes>, (Store, Option<P>))> {
    let mut pieces = pieces?;
    match store.apart(move |_: &App| Ok((pieces.next()?, pieces))).await {
        Ok((piece, pieces)) => Some((Ok(piece?), (store, Some(pieces)))),
        Err(error) => Some((Err(error), (store, None))),
    }
}

struct Reading {
    file: File,
    left: u64,
}

impl Pieces for Reading {
    fn next(&mut self) -> Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; PIECE.min(usize::try_from(self.left).unwrap_or(PIECE))];
        let read = self.file.read(&mut piece)?;
        if read == 0 {
            return Err(Error::internal("a file became shorter while it was read"));
        }
        piece.truncate(read);
        self.left = self.left.saturating_sub(read as u64);
        Ok(Some(Bytes::from(piece)))
    }
}
