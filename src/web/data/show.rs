//! A dataset: its versions, the beginning of one, and the jobs that used it.

use std::fs::File;

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::blobs::Blobs;
use crate::datasets::{self, Dataset, Preview, Use, Version};
use crate::error::{Error, Mistakes};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// Which version's beginning is shown.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    version: Option<String>,
}

#[derive(Template)]
#[template(path = "data/show.html")]
pub(super) struct DatasetPage {
    layout: Layout,
    rail: Rail,
    dataset: Dataset,
    versions: Vec<Version>,
    shown: Version,
    preview: Preview,
    uses: Vec<Use>,
    mistakes: Mistakes,
    most: u64,
    tz: Tz,
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, id: Path<i64>, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let number = asked.version.map(|text| text.parse().map_err(|_| Error::NotFound)).transpose()?;
    view.page(&draw(&store, &user, &view, id.into_inner(), number, Mistakes::new()).await?)
}

/// The page with the beginning of that version, else of the newest.
pub(super) async fn draw(store: &Store, user: &SignedIn, view: &View, id: i64, number: Option<i64>, mistakes: Mistakes) -> Result<DatasetPage> {
    let owner = user.id;
    let read = move |app: &App| {
        let (dataset, versions, uses) = app.db.read(|conn| {
            let dataset = datasets::find(conn, owner, id)?;
            Ok((dataset, datasets::versions_of(conn, id)?, datasets::uses(conn, id)?))
        })?;
        let shown = versions.iter().find(|version| number.is_none_or(|number| version.number == number)).ok_or(Error::NotFound)?.clone();
        let file = File::open(Blobs::datasets(&app.config.data_dir).behind(app.config.store.as_ref()).fetch(&shown.digest)?)?;
        let preview = datasets::preview(&file, &shown.format)?;
        Ok((dataset, versions, uses, shown, preview))
    };
    let (dataset, versions, uses, shown, preview) = store.apart(read).await?;
    let rail = super::rail(store, user).await?;
    let (layout, most, tz) = (view.layout("console"), store.app().config.limits.dataset_size.bytes(), view.tz);
    Ok(DatasetPage { layout, rail, dataset, versions, shown, preview, uses, mistakes, most, tz })
}
