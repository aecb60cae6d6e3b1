//! What a job uses: processors and memory over time, against what its flavor has.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use askama::Template;
use serde::Deserialize;

use super::frame::{Frame, NoRebuild, frame};
use crate::engine::{Basis, Usage};
use crate::error::{Error, Result as Domain};
use crate::jobs::{self, Attempt, Job};
use crate::metrics::{Point, Sample};
use crate::web::chart::{self, Chart, Line, Unit};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::record;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// What the page and its JSON are asked with.
#[derive(Deserialize)]
pub struct Asked {
    /// Number of an earlier attempt; none: the newest that used anything.
    attempt: Option<String>,
}

#[derive(Template)]
#[template(path = "jobs/usage.html", blocks = ["tab"])]
struct UsagePage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    seen: Seen,
}

/// What there is to see.
struct Seen {
    attempts: Vec<Attempt>,
    /// Number of the attempt that is shown.
    shown: i64,
    charts: Vec<Chart>,
    rows: Vec<Row>,
    /// Sampled, and not counted by the kernel.
    estimated: bool,
}

/// One resource.
struct Row {
    name: &'static str,
    /// Peak, mean, limit.
    figures: Vec<String>,
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "usage").await?;
    let job = frame.head.listed.job.clone();
    let seen = store.apart(move |app| see(app, &job, &asked)).await?;
    let page = UsagePage { layout: view.layout("console"), rail, frame, seen };
    view.page_or(&page, page.as_tab())
}

/// The same charts and figures for the page's script.
pub async fn json(store: Store, user: SignedIn, path: super::Path, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (region, id) = path.into_inner();
    let read = move |app: &App| {
        let job = app.db.read(|conn| jobs::find(conn, user.id, &region, id))?.job;
        let seen = see(app, &job, &asked)?;
        let figures: Vec<Vec<String>> = seen.rows.iter().map(|row| row.figures.clone()).collect();
        chart::json(!job.state.is_final(), &figures, &seen.charts).map_err(Error::internal)
    };
    let body = store.apart(read).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).insert_header((CACHE_CONTROL, "no-store")).body(body))
}

fn see(app: &App, job: &Job, asked: &Asked) -> Domain<Seen> {
    let attempts = app.db.read(|conn| jobs::attempts_of(conn, job.id))?;
    let asked = asked.attempt.as_deref().and_then(|number| number.parse::<i64>().ok());
    let (mut shown, mut samples, mut usage) = (attempts.last().map_or(1, |attempt| attempt.number), Vec::new(), Usage::default());
    for attempt in attempts.iter().rev().filter(|attempt| asked.is_none_or(|number| attempt.number == number)) {
        (samples, usage) = record::usage(app, &job.region, attempt)?;
        if asked.is_some() || !samples.is_empty() {
            shown = attempt.number;
            break;
        }
    }
    let flavor = job.hardware()?.flavor;
    let limits = (f64::from(flavor.cpus), float(flavor.memory));
    let estimated = usage.basis == Basis::Estimated;
    if samples.is_empty() {
        return Ok(Seen { attempts, shown, charts: Vec::new(), rows: Vec::new(), estimated });
    }
    let (cpu, memory) = (cores(&samples), bytes(&samples));
    let rows = vec![
        Row { name: "CPU", figures: figures(Unit::Cores, &cpu, mean_cores(&usage), limits.0) },
        Row { name: "Memory", figures: figures(Unit::Bytes, &memory, mean(&memory), limits.1) },
    ];
    let charts = vec![drawn("CPU, cores", Unit::Cores, cpu, limits.0), drawn("Memory", Unit::Bytes, memory, limits.1)];
    Ok(Seen { attempts, shown, charts, rows, estimated })
}

fn cores(samples: &[Sample]) -> Vec<Point> {
    let before = std::iter::once(Sample::default()).chain(samples.iter().copied());
    samples.iter().zip(before).map(|(sample, before)| Point { x: seconds(sample), y: sample.cores_since(&before) }).collect()
}

fn bytes(samples: &[Sample]) -> Vec<Point> {
    samples.iter().map(|sample| Point { x: seconds(sample), y: float(sample.memory) }).collect()
}

fn seconds(sample: &Sample) -> f64 {
    float(sample.running_ms) / 1000.0
}

/// Bytes and milliseconds are far below where a float would round them.
#[allow(clippy::cast_precision_loss, reason = "2^53 bytes are 8 PiB")]
fn float(number: u64) -> f64 {
    number as f64
}

fn drawn(title: &str, unit: Unit, points: Vec<Point>, limit: f64) -> Chart {
    let ends = points.first().zip(points.last()).map(|(first, last)| [first.x, last.x]).unwrap_or_default();
    let limit = Line { label: "limit of the flavor".to_owned(), class: "line-limit", points: ends.map(|x| Point { x, y: limit }).to_vec() };
    let own = Line { label: "this job".to_owned(), class: "line-1", points };
    Chart { key: title.to_owned(), title: title.to_owned(), across: "time", unit, lines: vec![own, limit] }
}

fn figures(unit: Unit, points: &[Point], mean: f64, limit: f64) -> Vec<String> {
    let peak = points.iter().map(|point| point.y).fold(0.0, f64::max);
    [peak, mean, limit].map(|value| unit.show(value)).to_vec()
}

/// Over the whole run.
fn mean_cores(usage: &Usage) -> f64 {
    if usage.running_ms == 0 { 0.0 } else { float(usage.cpu_ms) / float(usage.running_ms) }
}

fn mean(points: &[Point]) -> f64 {
    let count = u32::try_from(points.len().max(1)).unwrap_or(u32::MAX);
    points.iter().map(|point| point.y).sum::<f64>() / f64::from(count)
}
