//! Finding algorithms, and what there is to know of one.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::catalogue::{Algorithms, Chosen, Details, EntryPoint, Facts, Summary, Version};
use super::problem::{Refusals, Text};
use crate::algorithms::{self, Access, Reader};
use crate::clock;
use crate::config::Note;
use crate::consents;
use crate::db::Conn;
use crate::error::Result as Domain;
use crate::measured;
use crate::overview;
use crate::search::Query;
use crate::versions;
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::form;
use crate::web::limits::{self, Act};
use crate::web::store::Store;

/// Versions that are listed.
const VERSIONS: i64 = 100;

/// What is looked for, as in the Asset Market; what means nothing there is left out.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // the document alone needs it: `Query::read` takes the pairs
pub struct Asked {
    /// Words; each must occur.
    q: Option<String>,
    /// As publishers wrote it, in any case; may be repeated, as all of these.
    task: Option<String>,
    /// As publishers wrote it, in any case.
    framework: Option<String>,
    /// As publishers wrote it, in any case.
    license: Option<String>,
    /// A handle; `organisation` or `person` for all that are one.
    publisher: Option<String>,
    /// Released by the operator of this gallery, or not.
    official: Option<bool>,
    /// Whether everybody may read the code.
    open_source: Option<bool>,
    /// `none` or `gpu`.
    accelerator: Option<String>,
    /// Whether it runs on several nodes.
    distributed: Option<bool>,
    /// `none` or `any`.
    constraints: Option<String>,
    /// `best`, `subscribers`, `trending`, `updated`, `likes`.
    sort: Option<String>,
    /// From 1.
    page: Option<u64>,
}

/// Searches the algorithms that you may see.
#[utoipa::path(
    get, path = "/api/v1/algorithms", tag = "algorithms", params(Asked), security(("token" = ["read"])),
    responses((status = 200, description = "A page of them", body = Algorithms), Refusals)
)]
pub async fn list(
    request: HttpRequest,
    store: Store,
    caller: Caller,
    form::Query(pairs): form::Query<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let (query, reader) = (Query::read(&pairs), Reader::of(Some(&caller)));
    if query.has_words() {
        limits::check_of(&request, store.app(), Act::Search, Some(caller.id))?;
    }
    let found = store.apart(move |app| app.catalogue.search(&app.db, reader, query)).await?;
    let algorithms = found.cards().map(Summary::of_card).collect();
    Ok(HttpResponse::Ok().json(Algorithms { algorithms, page: found.page, pages: found.pages, total: found.total }))
}

/// Which version is shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Chooses {
    /// `1.2.3`; else the newest that can be picked.
    version: Option<String>,
}

/// Shows an algorithm, its versions, and one of them with entry points, constraints and measured facts.
#[utoipa::path(
    get, path = "/api/v1/algorithms/{publisher}/{name}", tag = "algorithms", security(("token" = ["read"])),
    params(("publisher" = String, Path, description = "Its handle"), ("name" = String, Path, description = "Of the algorithm"), Chooses),
    responses((status = 200, description = "The algorithm", body = Details), Refusals)
)]
pub async fn show(store: Store, caller: Caller, path: web::Path<(String, String)>, form::Query(asked): form::Query<Chooses>) -> Result<HttpResponse> {
    let ((publisher, name), note) = (path.into_inner(), store.app().config.note.clone());
    let read = move |conn: &mut Conn| {
        let access = algorithms::find(conn, Reader::of(Some(&caller)), &publisher, &name)?;
        details(conn, caller.id, access, asked.version.as_deref(), &note)
    };
    Ok(HttpResponse::Ok().json(store.read(read).await?))
}

fn details(conn: &mut Conn, user: i64, access: Access, number: Option<&str>, note: &Note) -> Domain<Details> {
    let id = access.algorithm.id;
    let version = match number {
        Some(number) => Some(versions::pick(conn, &access, number)?),
        None => versions::newest(conn, id)?,
    };
    let versions = overview::editions(conn, id, 0, VERSIONS)?.into_iter().map(Version::of).collect();
    let chosen = version.map(|version| chosen(conn, user, &access, &version, note)).transpose()?;
    let (summary, subscribed, algorithm) = (Summary::of_access(&access), access.subscribed, access.algorithm);
    let (description, delivery, restrictions) = (algorithm.description, algorithm.delivery, algorithm.restrictions);
    Ok(Details { summary, description, delivery, restrictions, subscribed, versions, chosen })
}

fn chosen(conn: &mut Conn, user: i64, access: &Access, version: &versions::Version, note: &Note) -> Domain<Chosen> {
    let constraints = version.constraints_digest.as_deref().map(|digest| versions::text(conn, digest)).transpose()?;
    Ok(Chosen {
        version: version.number.clone(),
        digest: version.digest.clone(),
        constraints,
        accept: Text::all(consents::missing(conn, user, access, version, note)?),
        entry_points: version.manifest()?.entry_points.into_iter().map(EntryPoint::of).collect(),
        measured: Facts::of(&measured::of_version(conn, version.id, clock::now())?),
    })
}
