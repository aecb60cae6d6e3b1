//! For load balancers and whoever watches: is it up, can it work.

use std::time::Duration;

use actix_web::HttpResponse;

use super::bearer::Watcher;
use super::failure::Result;
use super::figures::Now;
use super::store::{App, Store};
use crate::error;
use crate::{db, jobs};

/// The process answers.
pub async fn live() -> &'static str {
    "ok"
}

/// How long the worker of this process may be without a sign of life.
const PATIENCE: Duration = Duration::from_secs(60);

/// Database, storage and, where it is in this process, the worker can be used.
pub async fn ready(store: Store) -> Result<HttpResponse> {
    store.read(db::ping).await?;
    if let Some(since) = store.app().bell.since_worked().filter(|since| *since > PATIENCE) {
        let why = format!("not ready\nThe worker has not looked after training jobs for {} seconds.\n", since.as_secs());
        return Ok(HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body(why));
    }
    let lag = store.apart(|app| {
        tempfile::tempfile_in(&app.config.data_dir)?;
        app.catalogue.lag(&app.db)
    });
    // A search index that is behind still finds things, and catches up.
    let body = format!("ready\nsearch index: {} changes behind\n", lag.await?);
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(body))
}

/// What a program that watches the server draws curves from.
pub async fn metrics(store: Store, _: Watcher) -> Result<HttpResponse> {
    let text = store.apart(|app| app.figures.text(now(app)?)).await?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().content_type(kind).insert_header(("cache-control", "no-store")).body(text))
}

fn now(app: &App) -> error::Result<Now> {
    let found = app.db.read(jobs::unfinished)?;
    let count = |state: jobs::State| found.iter().find(|(other, _)| *other == state).map_or(0, |(_, count)| *count);
    let states = jobs::State::ALL.iter().copied().filter(|state| !state.is_final());
    let (open, idle) = app.db.connections();
    Ok(Now {
        lag: app.catalogue.lag(&app.db)?,
        jobs: states.map(|state| (state.as_str(), count(state))).collect(),
        connections: (open.saturating_sub(idle), idle),
        writes: app.db.writes(),
        memory: resident_memory(),
    })
}

/// Bytes; 0 where the system does not say.
fn resident_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0) << 10
}
