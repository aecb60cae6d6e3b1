//! Billing: what training cost, month by month and job by job.

pub(crate) mod receipt;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use askama::Template;
use serde::Deserialize;

use crate::billing::{self, Month, Statement};
use crate::db::Conn;
use crate::error::Error;
use crate::jobs::Hardware;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    /// `2026-11`; none: this month.
    month: Option<String>,
}

/// A row of the table.
struct Row {
    line: billing::Line,
    hardware: Hardware,
    /// Metered, in seconds.
    seconds: String,
}

#[derive(Template)]
#[template(path = "billing/month.html")]
struct BillingPage {
    layout: Layout,
    rail: Rail,
    statement: Statement,
    rows: Vec<Row>,
    /// Metered altogether, in seconds.
    seconds: String,
    /// The totals of the month before, by currency.
    before: Vec<(String, i64)>,
    /// Whether a later month has begun.
    is_past: bool,
    currency: String,
}

/// The page of a month.
pub async fn page(store: Store, user: SignedIn, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let month = month(&view, asked.month.as_deref())?;
    let region = store.app().config.regions.first().map_or_else(String::new, |region| region.id.clone());
    let rail = Rail::of(&store, &user, &region, "billing").await?;
    let at = view.now;
    let read = move |conn: &mut Conn| Ok((billing::statement(conn, user.id, month, at)?, billing::statement(conn, user.id, month.previous(), at)?));
    let (statement, before) = store.read(read).await?;
    let rows = rows(&statement)?;
    let before = before.totals().into_iter().map(|(currency, micros)| (currency.to_owned(), micros)).collect();
    let is_past = month < Month::of(at);
    let currency = store.app().config.currency.clone();
    let seconds = seconds(statement.metered_ms());
    view.page(&BillingPage { layout: view.layout("console"), rail, seconds, statement, rows, before, is_past, currency })
}

/// The same as a table for other programs: exact figures, no symbols.
pub async fn csv(store: Store, user: SignedIn, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (month, at) = (month(&view, asked.month.as_deref())?, view.now);
    let statement = store.read(move |conn| billing::statement(conn, user.id, month, at)).await?;
    let mut text = "job,name,algorithm,version,state,region,flavor,nodes,metered_seconds,price_per_hour,currency,cost\n".to_owned();
    text.extend(rows(&statement)?.iter().map(csv_line));
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"galleria-{month}.csv\"")))
        .body(text))
}

fn csv_line(row: &Row) -> String {
    let (line, job) = (&row.line, &row.line.job);
    let cells = [
        job.id.to_string(),
        cell(&job.name),
        cell(&format!("{}/{}", line.publisher, line.algorithm)),
        cell(&line.version),
        job.state.to_string(),
        cell(&job.region),
        cell(&job.flavor),
        job.nodes.to_string(),
        row.seconds.clone(),
        decimal(job.price_micros),
        job.currency.clone(),
        decimal(line.cost_micros),
    ];
    cells.join(",") + "\n"
}

fn month(view: &View, asked: Option<&str>) -> Result<Month> {
    let this = Month::of(view.now);
    match asked.filter(|text| !text.is_empty()) {
        None => Ok(this),
        Some(text) => Ok(text.parse::<Month>().ok().filter(|month| *month <= this).ok_or(Error::NotFound)?),
    }
}

fn rows(statement: &Statement) -> Result<Vec<Row>> {
    let row = |line: &billing::Line| Ok(Row { hardware: line.job.hardware()?, seconds: seconds(line.metered_ms), line: line.clone() });
    statement.lines.iter().map(row).collect()
}

/// Milliseconds as seconds, exactly.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Micro-units as a plain decimal number.
fn decimal(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// In quotes where it needs them; what a spreadsheet would take for a formula is made text.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas_and_amounts_are_exact() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(decimal(53_616), "0.053616");
        assert_eq!(decimal(12_000_000), "12.000000");
    }
}
