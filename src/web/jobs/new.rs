//! Create training job: the form.

mod field;
mod page;

pub use page::NewJobPage;

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Path;

use crate::datasets::{self, Choice};
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::jobs::{self, Typed};
use crate::web::failure::Result;
use crate::web::form::Query;
use crate::web::ground::{self, Sent, load};
use crate::web::page::View;
use crate::web::rail::{Rail, region_of};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// The form, with the version's defaults, what the address says, or what an earlier job had (`from`).
///
/// With `HX-Request-Type: partial` only the estimate, for what is chosen.
pub async fn page(
    store: Store,
    user: SignedIn,
    view: View,
    region: Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let region = region_of(&store.app().config, &region)?.id.clone();
    let sent = match pairs.iter().find(|(name, _)| name == "from").and_then(|(_, id)| id.parse().ok()) {
        Some(id) => again(&store, &user, &region, id).await?,
        None => Sent::of(pairs),
    };
    if sent.algorithm.is_empty() {
        return Ok(view.see_other(&format!("/console/{region}/algorithms/subscriptions")));
    }
    let ground = match load(&store, &user, &region, &sent).await? {
        Ok(ground) => ground,
        Err(accept) => return Ok(view.see_other(&accept.asking)),
    };
    let rail = Rail::of(&store, &user, &region, "jobs").await?;
    let page = NewJobPage::of(view.layout("console"), rail, ground, sent.typed, Mistakes::new());
    view.page_or(&page, page.as_estimate())
}

/// What a job was launched with, as if typed again.
async fn again(store: &Store, user: &SignedIn, region: &str, id: i64) -> Result<Sent> {
    let owner = user.id;
    let found = store.read(move |conn: &mut Conn| Ok((jobs::billed(conn, owner, id)?, datasets::inputs_of(conn, id)?)));
    let (listed, given) = found.await?;
    if listed.job.region != region {
        return Err(Error::NotFound.into());
    }
    let job = &listed.job;
    let mut values: BTreeMap<String, String> = job.parameters()?.into_iter().collect();
    let mut inputs = BTreeMap::new();
    for (name, dataset, version) in given {
        values.remove(&name);
        // One that was deleted cannot be given again: the form asks for another.
        if dataset.deleted_at.is_none() {
            inputs.insert(name, Choice { name: dataset.name, version }.value());
        }
    }
    let typed = Typed {
        description: job.description.clone(),
        entry_point: job.entry_point.clone(),
        values,
        inputs,
        environment: job.environment()?.into_iter().collect(),
        flavor: job.flavor.clone(),
        nodes: job.nodes.to_string(),
        retries: job.retries.to_string(),
        stop_after: job.stop_after_ms.map_or_else(String::new, ground::duration),
        ..Typed::default()
    };
    Ok(Sent { algorithm: format!("{}/{}", listed.publisher, listed.algorithm), version: listed.version, typed })
}
