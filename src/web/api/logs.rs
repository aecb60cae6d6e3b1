//! A job's log in pieces.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Problem, Refusals};
use crate::db::Conn;
use crate::engine::{Chunk, Cursor, Stream};
use crate::error::{Error, Result as Domain};
use crate::jobs::{self, Attempt};
use crate::web::bearer::Caller;
use crate::web::failure::{Failure, Result};
use crate::web::form::Query;
use crate::web::store::{App, Store};

/// A piece of the log of one attempt.
#[derive(Serialize, ToSchema)]
pub struct Piece {
    /// Number of the attempt, from 1; a job that is tried again has several.
    pub attempt: i64,
    /// Byte at which the piece begins.
    pub from: u64,
    /// Where to go on: `from` of the next request.
    pub next: u64,
    /// What the job printed, at most 256 KiB; bytes that are no UTF-8 are replaced. Empty when nothing is new.
    pub text: String,
    /// The attempt is over and nothing follows.
    pub complete: bool,
}

/// What the log is asked with.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Byte to begin at: 0, then `next` of the piece before.
    #[serde(default)]
    #[param(minimum = 0)]
    from: i64,
    /// Number of an attempt; else the newest.
    attempt: Option<i64>,
}

/// Reads the log from a byte on. Ask again with `next` until `complete`.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/logs", tag = "jobs", params(("id" = i64, Path, description = "Of the job"), Asked), security(("token" = ["read"])),
    responses((status = 200, description = "A piece", body = Piece), (status = 400, description = "`from` is no number", body = Problem), Refusals)
)]
pub async fn show(store: Store, caller: Caller, id: web::Path<i64>, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let from = u64::try_from(asked.from).map_err(|_| Failure::Unreadable("`from` is a number from 0."))?;
    let find = move |conn: &mut Conn| {
        let job = jobs::of_owner(conn, caller.id, id.into_inner())?.job;
        let attempts = jobs::attempts_of(conn, job.id)?;
        let wanted = attempts.iter().find(|attempt| Some(attempt.number) == asked.attempt);
        let attempt = if asked.attempt.is_none() { attempts.last() } else { wanted };
        Ok((job.region, attempt.ok_or(Error::NotFound)?.clone()))
    };
    let (region, attempt) = store.read(find).await?;
    let piece = store.apart(move |app| read(app, &region, &attempt, from)).await?;
    Ok(HttpResponse::Ok().json(piece))
}

fn read(app: &App, region: &str, attempt: &Attempt, from: u64) -> Domain<Piece> {
    let engine = app.engines.get(region).filter(|_| attempt.admitted_at.is_some());
    let chunk = match engine {
        Some(engine) => {
            let handle = attempt.id.parse().map_err(Error::internal)?;
            let cursor = Cursor { stream: Stream::Job, offset: from };
            Some(engine.logs(&handle, cursor).map_err(|error| Error::Unavailable(error.into()))?)
        }
        None => None,
    };
    Ok(piece(attempt, from, chunk))
}

/// Before an engine has the attempt there is nothing to read, and after its end nothing to wait for.
fn piece(attempt: &Attempt, from: u64, chunk: Option<Chunk>) -> Piece {
    let Some(chunk) = chunk else {
        return Piece { attempt: attempt.number, from, next: from, text: String::new(), complete: attempt.ended_at.is_some() };
    };
    let whole = if chunk.complete { chunk.bytes.len() } else { whole_characters(&chunk.bytes) };
    let text = String::from_utf8_lossy(chunk.bytes.get(..whole).unwrap_or_default()).into_owned();
    Piece { attempt: attempt.number, from, next: from + whole as u64, text, complete: chunk.complete }
}

/// Bytes before a character that is cut at the end.
fn whole_characters(bytes: &[u8]) -> usize {
    let start = bytes.iter().rev().take(4).position(|byte| byte & 0xC0 != 0x80).map_or(bytes.len(), |back| bytes.len() - 1 - back);
    let cut = bytes.get(start..).is_some_and(|rest| std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none()));
    if cut { start } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_not_torn() {
        let euro = "a€".as_bytes();
        assert_eq!([&euro[..1], &euro[..2], &euro[..3], euro, b"", b"\xff"].map(whole_characters), [1, 1, 1, 4, 0, 1]);
    }
}
