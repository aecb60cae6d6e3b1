//! New lines of a log as they come: server-sent events, for a page that follows.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;
use futures_util::{StreamExt, stream};
use serde::Deserialize;

use super::log::{Line, Part, Place, Tone};
use super::logs::open;
use crate::db::Conn;
use crate::error::Result as Domain;
use crate::jobs;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::View;
use crate::web::record::unavailable;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Looks before the browser has to ask again: a server that is to stop waits no longer for its streams.
const LOOKS: u32 = 60;

/// Where to go on: what the page says, or the last event that the browser has.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    from: String,
}

#[derive(Template)]
#[template(path = "jobs/lines.html")]
struct LinesFragment {
    part: Part,
    tz: Tz,
}

/// One browser that follows one log.
struct Following {
    store: Store,
    owner: i64,
    region: String,
    job: i64,
    place: Place,
    tz: Tz,
    looks: u32,
    over: bool,
    /// The unfinished line as it was last sent.
    unfinished: Option<Line>,
}

/// The stream: `lines` with their HTML, `unfinished` with that of a last line that may still change, and `end` when nothing more will come.
pub async fn events(
    request: HttpRequest,
    store: Store,
    user: SignedIn,
    view: View,
    path: super::Path,
    Query(asked): Query<Asked>,
) -> Result<HttpResponse> {
    let (region, job) = path.into_inner();
    let (owner, here) = (user.id, region.clone());
    store.read(move |conn| jobs::find(conn, owner, &here, job)).await?;
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let place = last.unwrap_or(&asked.from).parse().unwrap_or_default();
    let following = Following { store, owner, region, job, place, tz: view.tz, looks: 0, over: false, unfinished: None };
    // Browsers wait three seconds or five before they ask again, unless they are told.
    let again = Bytes::from(format!("retry: {}\n\n", LOOK.as_millis()));
    let body = stream::iter([Ok(again)]).chain(stream::unfold(following, next));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compressed, events would wait for more of their kind.
        .insert_header(ContentEncoding::Identity)
        .streaming(Box::pin(body)))
}

async fn next(mut following: Following) -> Option<(Domain<Bytes>, Following)> {
    loop {
        if following.over || following.looks >= LOOKS {
            return None;
        }
        if following.looks > 0 {
            actix_web::rt::time::sleep(LOOK).await;
        }
        following.looks += 1;
        let (part, last) = match look(&following).await {
            Ok(seen) => seen,
            Err(error) => return Some((Err(error), Following { over: true, ..following })),
        };
        following.over = last && (part.complete || part.lines.is_empty());
        following.place = part.place;
        let lines = if part.lines.is_empty() { String::new() } else { event("lines", &part, following.tz) };
        let unfinished = following.unfinished(&part);
        let end = if following.over { "event: end\ndata: end\n\n" } else { "" };
        // A beat now and then, so that a connection nobody reads is noticed.
        let beat = if lines.is_empty() && unfinished.is_empty() && end.is_empty() && following.looks.is_multiple_of(20) { ":\n\n" } else { "" };
        let text = [&lines, &unfinished, end, beat].concat();
        if !text.is_empty() {
            return Some((Ok(Bytes::from(text)), following));
        }
    }
}

/// What has come, and whether the job has ended, so that no other attempt follows.
async fn look(following: &Following) -> Domain<(Part, bool)> {
    let (owner, region, job, place) = (following.owner, following.region.clone(), following.job, following.place);
    let read = move |app: &crate::web::store::App| {
        let find = |conn: &mut Conn| Ok((jobs::find(conn, owner, &region, job)?.job.state.is_final(), jobs::latest(conn, job)?));
        let (over, attempt) = app.db.read(find)?;
        match open(app, &region, &attempt)? {
            Some(log) => log.since(place).map(|part| (part, over)).map_err(unavailable),
            None => Ok((Part { place, complete: over, ..Part::default() }, over)),
        }
    };
    following.store.apart(read).await
}

impl Following {
    /// The last line, where it has changed or new lines have come before it.
    fn unfinished(&mut self, part: &Part) -> String {
        let changed = part.unfinished != self.unfinished || !part.lines.is_empty();
        self.unfinished.clone_from(&part.unfinished);
        let Some(line) = part.unfinished.clone().filter(|_| changed) else { return String::new() };
        event("unfinished", &Part { lines: vec![line], place: part.place, ..Part::default() }, self.tz)
    }
}

fn event(name: &str, part: &Part, tz: Tz) -> String {
    let id = part.place.to_string();
    match (LinesFragment { part: part.clone(), tz }).render() {
        Ok(html) => format!("event: {name}\nid: {id}\ndata: {}\n\n", html.trim_end().replace('\n', "\ndata: ")),
        Err(error) => {
            tracing::error!(%error, "lines of a log could not be drawn");
            String::new()
        }
    }
}
