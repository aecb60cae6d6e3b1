//! The log of a job: its end on a page, all of it as text.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ContentEncoding};
use actix_web::web::Bytes;
use askama::Template;
use chrono_tz::Tz;
use futures_util::stream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::frame::{Frame, NoRebuild, frame};
use super::log::{self, Found, Log, Part, Place, Tone};
use crate::db::Conn;
use crate::engine::{Chunk, Stream};
use crate::error::{Error, Result as Domain};
use crate::jobs::{self, Attempt};
use crate::web::attachment::SANDBOX;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::record::{handle, unavailable};
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    /// Number of an earlier attempt; none: the newest.
    attempt: Option<String>,
    /// What stands before this byte, where a line begins.
    before: Option<u64>,
    /// The lines around this one: `byte-lines`.
    at: Option<String>,
    /// Words to look for in all of it.
    #[serde(default)]
    q: String,
    /// Where to look on: `byte-lines`.
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "jobs/logs.html", blocks = ["tab"])]
struct LogsPage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    attempts: Vec<Attempt>,
    /// Number of the attempt whose log is shown.
    shown: i64,
    part: Part,
    /// What a search has found.
    found: Option<Found>,
    q: String,
    /// Where the stream goes on.
    place: String,
    /// Whether more may come.
    follows: bool,
    /// Whether this is some earlier part of the log.
    earlier: bool,
    tz: Tz,
}

/// An earlier part alone, for a page that shows what comes after it.
#[derive(Template)]
#[template(path = "jobs/earlier.html")]
struct EarlierFragment {
    /// Address of the log's page, up to the byte before which more stands.
    more: String,
    part: Part,
    tz: Tz,
}

impl LogsPage {
    /// The address of this page, up to a place in the log.
    fn at(&self, name: &str) -> String {
        format!("{}?attempt={}&{name}=", self.frame.head.at("logs"), self.shown)
    }

    /// What is looked for, in an address.
    fn words(&self) -> String {
        utf8_percent_encode(&self.q, NON_ALPHANUMERIC).to_string()
    }
}

/// The page: the end of the log, an earlier part of it, or what is found in it.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "logs").await?;
    let id = frame.head.listed.job.id;
    let attempts = store.read(move |conn| jobs::attempts_of(conn, id)).await?;
    let number = asked.attempt.as_deref().and_then(|number| number.parse::<i64>().ok());
    let attempt = attempts.iter().find(|attempt| Some(attempt.number) == number).or(attempts.last()).ok_or(Error::NotFound)?.clone();
    let (region, shown, over) = (frame.head.listed.job.region.clone(), attempt.number, attempt.ended_at.is_some());
    let (q, earlier, alone) = (asked.words(), asked.is_about_a_part(), asked.before.is_some() && view.is_partial());
    let (part, found) = store.apart(move |app| asked.read(open(app, &region, &attempt)?)).await?;
    if alone {
        let more = format!("{}?attempt={shown}&before=", frame.head.at("logs"));
        return view.page(&EarlierFragment { more, part, tz: view.tz });
    }
    let newest = attempts.last().is_some_and(|last| last.number == shown);
    let follows = newest && !earlier && frame.head.is_live() && !(over && part.complete);
    let (place, layout) = (part.place.to_string(), view.layout("console"));
    let page = LogsPage { layout, rail, frame, attempts, shown, part, found, q, place, follows, earlier, tz: view.tz };
    view.page_or(&page, page.as_tab())
}

impl Asked {
    /// Words to look for; a handful is enough.
    fn words(&self) -> String {
        self.q.trim().chars().take(200).collect()
    }

    /// Whether something else than the end of the log is wanted.
    fn is_about_a_part(&self) -> bool {
        self.before.is_some() || self.at.is_some() || !self.words().is_empty()
    }

    /// Reads what is wanted of a log.
    fn read(&self, log: Option<Log>) -> Domain<(Part, Option<Found>)> {
        let Some(log) = log else { return Ok((Part::default(), (!self.words().is_empty()).then(Found::default))) };
        let start = Place { lines: Some(0), ..Place::default() };
        if !self.words().is_empty() {
            let from = self.from.as_deref().and_then(log::place).unwrap_or(start);
            return Ok((Part::default(), Some(log.search(&self.words(), from).map_err(unavailable)?)));
        }
        let part = match (self.before, self.at.as_deref().and_then(log::place)) {
            (Some(end), _) => log.before(end),
            (None, Some(place)) => log.around(place),
            (None, None) => log.tail(),
        };
        Ok((part.map_err(unavailable)?, None))
    }
}

/// The log of an attempt, with what building its environment wrote; `None` when its engine is not there.
pub(super) fn open(app: &App, region: &str, attempt: &Attempt) -> Domain<Option<Log>> {
    Ok(handle(app, region, attempt)?.map(|(engine, handle)| Log::new(engine, handle)))
}

/// One step of writing the whole log: which attempt, which of its two logs, how far.
struct Writing {
    store: Store,
    region: String,
    attempts: std::vec::IntoIter<Attempt>,
    open: Option<(Attempt, Stream, u64)>,
}

/// The whole log of all attempts, as it was written; what the supervisors said comes before.
pub async fn text(store: Store, user: SignedIn, path: super::Path) -> Result<HttpResponse> {
    let (region, id) = path.into_inner();
    let here = region.clone();
    let read = move |conn: &mut Conn| {
        jobs::find(conn, user.id, &here, id)?;
        jobs::attempts_of(conn, id)
    };
    let attempts = store.read(read).await?.into_iter();
    let body = stream::unfold(Writing { store, region, attempts, open: None }, next);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"job-{id}.log\"")))
        .insert_header(("content-security-policy", SANDBOX))
        .insert_header(ContentEncoding::Identity)
        .streaming(Box::pin(body)))
}

async fn next(mut writing: Writing) -> Option<(Domain<Bytes>, Writing)> {
    loop {
        let (attempt, stream, offset) = match writing.open.take() {
            Some(open) => open,
            None => (writing.attempts.next()?, Stream::System, 0),
        };
        let (region, at) = (writing.region.clone(), attempt.clone());
        let read = move |app: &App| match open(app, &region, &at)? {
            Some(log) => log.chunk(stream, offset).map(Some).map_err(unavailable),
            None => Ok(None),
        };
        let chunk: Option<Chunk> = match writing.store.apart(read).await {
            Ok(chunk) => chunk,
            Err(error) => return Some((Err(error), writing)),
        };
        match chunk.filter(|chunk| !chunk.bytes.is_empty()) {
            Some(chunk) => {
                writing.open = Some((attempt, stream, chunk.next.offset));
                let bytes = if stream == Stream::System { marked(&chunk.bytes) } else { chunk.bytes };
                return Some((Ok(Bytes::from(bytes)), writing));
            }
            // The supervisor's lines are followed by the job's, and those by the next attempt.
            None if stream == Stream::System => writing.open = Some((attempt, Stream::Job, 0)),
            None => {}
        }
    }
}

/// The supervisor's lines as they stand between others.
fn marked(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let sentence = |line: &str| format!("[system] {}\n", line.split_once(' ').map_or(line, |(_, sentence)| sentence));
    text.lines().map(sentence).collect::<String>().into_bytes()
}
