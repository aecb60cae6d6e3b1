//! The operator's area: what was reported, members, publishers, jobs under way, and the log of who did what.

pub(crate) mod audit;
pub(crate) mod closing;
pub(crate) mod jobs;
pub(crate) mod members;
pub(crate) mod publishers;
pub(crate) mod reports;
pub(crate) mod suspension;

use actix_web::HttpResponse;
use serde::Deserialize;

use super::failure::Result;
use super::page::View;
use super::viewer::Operator;

/// Which page of a list, and what to look for in it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    q: String,
    page: Option<String>,
}

/// What is posted with an act that needs a reason.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Why {
    reason: String,
}

/// The address of another page of a filtered list, up to its number.
fn turn(list: &str, text: &str) -> String {
    let query = serde_html_form::to_string([("q", text)]).unwrap_or_default();
    if text.is_empty() { format!("{list}?page=") } else { format!("{list}?{query}&page=") }
}

/// The first tab.
pub async fn first(_: Operator, view: View) -> Result<HttpResponse> {
    Ok(view.see_other("/operator/reports"))
}
