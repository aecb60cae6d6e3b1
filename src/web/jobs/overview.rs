//! The first page of a job: what ran, with which values, how often it was tried.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use askama::Template;

use super::frame::{Frame, NoRebuild, frame};
use crate::datasets::{self, Dataset};
use crate::db::Conn;
use crate::jobs::{self, Attempt, Job, State, Value};
use crate::versions;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::record;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

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
    /// Whether its version asks for packages.
    packages: bool,
    /// What there is to say when script and exit code disagree.
    disagreement: Option<String>,
}

impl OverviewPage {
    /// Digest of the lock of the newest attempt's environment.
    fn lock(&self) -> Option<&str> {
        self.attempts.last().and_then(|attempt| attempt.environment.as_deref())
    }
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let (rail, frame) = frame(&store, &user, &view, path, "overview").await?;
    let job = frame.head.listed.job.clone();
    let read = move |conn: &mut Conn| {
        let manifest = versions::by_id(conn, job.version_id)?.manifest()?;
        let parameters = jobs::values(&job, &manifest)?;
        let packages = !manifest.environment.dependencies().is_empty();
        let inputs = datasets::inputs_of(conn, job.id)?;
        Ok((parameters, inputs, job.environment()?, jobs::attempts_of(conn, job.id)?, packages))
    };
    let (parameters, inputs, environment, attempts, packages) = store.read(read).await?;
    let disagreement = disagreement(&store, &frame.head.listed.job, attempts.last()).await?;
    let page = OverviewPage { layout: view.layout("console"), rail, frame, parameters, inputs, environment, attempts, packages, disagreement };
    view.page_or(&page, page.as_tab())
}

/// What the script of a job that ended by itself claimed, where its exit code says otherwise.
async fn disagreement(store: &Store, job: &Job, last: Option<&Attempt>) -> Result<Option<String>> {
    let ended = matches!(job.state, State::Completed | State::Failed);
    let (Some(code), Some(last)) = (job.exit_code.filter(|_| ended), last.cloned()) else { return Ok(None) };
    let region = job.region.clone();
    // An engine that cannot be asked makes this page no less readable.
    let curves = store.apart(move |app| Ok(record::curves(app, &region, &last).ok())).await?;
    Ok(curves.and_then(|curves| curves.claim()).and_then(|claim| claim.against(code)))
}
