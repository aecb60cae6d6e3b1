//! The first page of a job: what ran, with which values, how often it was tried.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use askama::Template;

use super::frame::{Frame, NoRebuild, frame};
use crate::datasets::{self, Dataset};
use crate::db::Conn;
use crate::jobs::{self, Attempt, State};
use crate::versions;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// A hyperparameter as it was given.
struct Value {
    name: String,
    value: String,
    /// Not the default of its version.
    changed: bool,
}

#[derive(Template)]
#[template(path = "jobs/overview.html", blocks = ["tab"])]
struct OverviewPage {
    layout: Layout,
    rail: Rail,
    frame: Frame,
    parameters: Vec<Value>,
    /// Name of the input, and the dataset given for it.
    inputs: Vec<(String, Dataset, datasets::Version)>,
    environment: BTreeMap<String, String>,
    attempts: Vec<Attempt>,
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "overview").await?;
    let job = frame.head.listed.job.clone();
    let read = move |conn: &mut Conn| {
        let manifest = versions::by_id(conn, job.version_id)?.manifest()?;
        let entry = manifest.entry_point(&job.entry_point);
        let default = |name: &str| entry.and_then(|entry| entry.parameter(name)).and_then(|parameter| parameter.default.clone());
        let value = |(name, value): (String, String)| Value { changed: default(&name).is_none_or(|default| default != value), name, value };
        let parameters: Vec<Value> = job.parameters()?.into_iter().map(value).collect();
        let inputs = datasets::inputs_of(conn, job.id)?;
        Ok((parameters, inputs, job.environment()?, jobs::attempts_of(conn, job.id)?))
    };
    let (parameters, inputs, environment, attempts) = store.read(read).await?;
    let page = OverviewPage { layout: view.layout("console"), rail, frame, parameters, inputs, environment, attempts };
    view.page_or(&page, page.as_tab())
}
