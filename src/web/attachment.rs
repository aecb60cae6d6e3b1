//! A file given to be saved: never a page of ours, whatever is in it.

use std::fs::File;
use std::io::Read;

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ContentEncoding};
use actix_web::web::Bytes;
use futures_util::stream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::store::{App, Store};
use crate::error::{Error, Result};

/// Bytes that are read at once.
const PIECE: usize = 256 * 1024;

/// The first `size` bytes of `file` under the name `name`, streamed. The size is the promise, also when somebody writes on.
pub fn attachment(store: Store, name: &str, file: File, size: u64) -> HttpResponse {
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let body = stream::unfold((store, Some(file), size), next);
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{encoded}")))
        .insert_header(("content-security-policy", "default-src 'none'; sandbox"))
        .insert_header(ContentEncoding::Identity)
        .body(SizedStream::new(size, Box::pin(body)))
}

type Reading = (Store, Option<File>, u64);

async fn next((store, file, left): Reading) -> Option<(Result<Bytes>, Reading)> {
    let mut file = file.filter(|_| left > 0)?;
    let read = move |_: &App| {
        let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Err(Error::internal("a file became shorter while it was read"));
        }
        piece.truncate(read);
        Ok((file, piece))
    };
    match store.apart(read).await {
        Ok((file, piece)) => {
            let left = left.saturating_sub(piece.len() as u64);
            Some((Ok(Bytes::from(piece)), (store, Some(file), left)))
        }
        Err(error) => Some((Err(error), (store, None, 0))),
    }
}
