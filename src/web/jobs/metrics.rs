//! The curves of a job: what it printed, beside another run where one is chosen.

mod compared;
mod table;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use askama::Template;
use serde::Deserialize;

use super::frame::{Frame, NoRebuild, frame};
use crate::db::Conn;
use crate::error::{Error, Result as Domain};
use crate::jobs::{self, Attempt, Job};
use crate::metrics::{Curve, Curves, NAMES};
use crate::versions;
use crate::web::chart::{self, Chart, Line, Unit};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::rail::Rail;
use crate::web::record;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;
use compared::{Other, Parameter, parameters};
use table::Row;

/// What the page and its JSON are asked with.
#[derive(Deserialize)]
pub struct Asked {
    /// Number of an earlier attempt; none: the newest that reported anything.
    attempt: Option<String>,
    /// Id of another job of the owner's, of the same algorithm.
    compare: Option<String>,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "jobs/metrics.html", blocks = ["tab"])]
struct MetricsPage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    seen: Seen,
    parameters: Vec<Parameter>,
    /// What can be chosen for a comparison.
    others: Vec<Job>,
    /// Address of another page of the charts, up to its number.
    turn: String,
    /// Query of the JSON.
    query: String,
}

impl MetricsPage {
    /// How many hyperparameters the two runs do not share.
    fn differing(&self) -> usize {
        self.parameters.iter().filter(|one| one.differs()).count()
    }
}

/// What there is to see of a job's metrics.
struct Seen {
    job: Job,
    attempts: Vec<Attempt>,
    /// Number of the attempt that is shown.
    shown: i64,
    /// The job compared with.
    other: Option<Other>,
    /// One was asked for that is not there.
    not_there: bool,
    pages: Pages,
    charts: Vec<Chart>,
    rows: Vec<Row>,
    /// More metrics were printed than are kept.
    crowded: bool,
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "metrics").await?;
    let job = frame.head.listed.job.clone();
    let seen = store.apart(move |app| see(app, job, &asked)).await?;
    let (job, other) = (seen.job.clone(), seen.other.as_ref().map(|other| other.job.clone()));
    let read = move |conn: &mut Conn| Ok((parameters(&job, other.as_ref())?, jobs::siblings(conn, &job)?));
    let (parameters, others) = store.read(read).await?;
    let query = seen.query();
    let turn = format!("{}?{query}&page=", frame.head.at("metrics"));
    let query = format!("{query}&page={}", seen.pages.page);
    let page = MetricsPage { layout: view.layout("console"), rail, frame, seen, parameters, others, turn, query };
    view.page_or(&page, page.as_tab())
}

/// The same charts and figures for the page's script.
pub async fn json(store: Store, user: SignedIn, path: super::Path, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (region, id) = path.into_inner();
    let read = move |app: &App| {
        let job = app.db.read(|conn| jobs::find(conn, user.id, &region, id))?.job;
        let live = !job.state.is_final();
        let seen = see(app, job, &asked)?;
        let figures: Vec<Vec<String>> = seen.rows.iter().map(|row| row.figures.clone()).collect();
        chart::json(live, &figures, &seen.charts).map_err(Error::internal)
    };
    let body = store.apart(read).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).insert_header((CACHE_CONTROL, "no-store")).body(body))
}

impl Seen {
    /// The query that leads here again.
    fn query(&self) -> String {
        let compare = self.other.as_ref().map_or_else(String::new, |other| format!("&compare={}", other.job.id));
        let earlier = self.attempts.last().is_some_and(|last| last.number != self.shown);
        if earlier { format!("attempt={}{compare}", self.shown) } else { compare.trim_start_matches('&').to_owned() }
    }

    /// Whether a job of the list is the one compared with.
    fn is_compared(&self, job: &Job) -> bool {
        self.other.as_ref().is_some_and(|other| other.job.id == job.id)
    }
}

/// Reads everything that page and JSON show.
fn see(app: &App, job: Job, asked: &Asked) -> Domain<Seen> {
    let number = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(|text| text.parse::<i64>().unwrap_or(-1));
    let attempts = app.db.read(|conn| jobs::attempts_of(conn, job.id))?;
    let (shown, curves) = newest(app, &job, &attempts, number(&asked.attempt))?;
    let declared = app.db.read(|conn| versions::by_id(conn, job.version_id))?.manifest()?.about.metrics;
    let goal = |name: &str| declared.iter().find(|metric| metric.name == name).and_then(|metric| metric.goal);
    let wanted = number(&asked.compare);
    let other = wanted.map(|id| Other::find(app, &job, id)).transpose()?.flatten();
    let all = curves.all();
    let pages = Pages::of(asked.page.as_deref(), i64::try_from(all.len()).unwrap_or(i64::MAX));
    let (from, most) = (usize::try_from(pages.offset()).unwrap_or(0), usize::try_from(ROWS).unwrap_or(24));
    let here: Vec<&Curve> = all.iter().skip(from).take(most).collect();
    let charts = here.iter().map(|curve| drawn(curve, other.as_ref())).collect();
    let rows = here.iter().map(|curve| Row::of(curve, other.as_ref(), goal(&curve.name))).collect();
    let (crowded, not_there) = (all.len() >= NAMES, wanted.is_some() && other.is_none());
    Ok(Seen { job, attempts, shown, other, not_there, pages, charts, rows, crowded })
}

/// The curves of the attempt asked for, else of the newest one that has any: a retry starts from nothing.
pub(super) fn newest(app: &App, job: &Job, attempts: &[Attempt], asked: Option<i64>) -> Domain<(i64, Curves)> {
    for attempt in attempts.iter().rev().filter(|attempt| asked.is_none_or(|number| attempt.number == number)) {
        let curves = record::curves(app, &job.region, attempt)?;
        if asked.is_some() || !curves.all().is_empty() {
            return Ok((attempt.number, curves));
        }
    }
    Ok((attempts.last().map_or(1, |attempt| attempt.number), Curves::default()))
}

fn drawn(curve: &Curve, other: Option<&Other>) -> Chart {
    let mut lines = vec![Line { label: "this job".to_owned(), class: "line-1", points: curve.points() }];
    if let Some((name, same)) = other.and_then(|other| Some((&other.job.name, other.curves.get(&curve.name, curve.axis)?))) {
        lines.push(Line { label: name.clone(), class: "line-compared", points: same.points() });
    }
    let key = format!("{} {}", curve.axis.word(), curve.name);
    Chart { key, title: curve.name.clone(), across: curve.axis.word(), unit: Unit::Plain, lines }
}
