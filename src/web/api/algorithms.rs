//! Finding algorithms, and what there is to know of one.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::Object;

use super::catalogue::{Algorithms, Chosen, Details, EntryPoint, Facts, Summary, Version};
use super::one_of;
use super::problem::{Problem, Refusals, Text};
use crate::algorithms::{self, Access, Reader};
use crate::clock;
use crate::config::Note;
use crate::consents;
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result as Domain};
use crate::measured;
use crate::overview;
use crate::search::{Query, Sort};
use crate::versions;
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::form;
use crate::web::limits::{self, Act};
use crate::web::store::Store;

/// Versions that are listed.
const VERSIONS: i64 = 100;

/// What is looked for, as in the Asset Market.
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
    #[param(schema_with = accelerators)]
    accelerator: Option<String>,
    /// Whether it runs on several nodes.
    distributed: Option<bool>,
    /// `none` or `any`.
    #[param(schema_with = terms)]
    constraints: Option<String>,
    /// In what order.
    #[param(schema_with = sorts)]
    sort: Option<String>,
    /// From 1.
    #[param(minimum = 1)]
    page: Option<i64>,
}

const ACCELERATORS: [&str; 3] = ["none", "cpu", "gpu"];
const TERMS: [&str; 2] = ["none", "any"];
const FLAGS: [&str; 2] = ["true", "false"];

fn accelerators() -> Object {
    one_of(ACCELERATORS)
}

fn terms() -> Object {
    one_of(TERMS)
}

fn sorts() -> Object {
    one_of(Sort::ALL.iter().map(|sort| sort.as_str()))
}

/// Where people see a list anyway, a program is told what it got wrong.
fn wrong(pairs: &[(String, String)]) -> Mistakes {
    let mut wrong = Mistakes::new();
    for (name, value) in pairs {
        let sorts = || Sort::ALL.iter().map(|sort| sort.as_str());
        let (known, words) = match name.as_str() {
            "page" => (value.parse::<i64>().is_ok_and(|page| page > 0), "a number from 1".to_owned()),
            "sort" => (sorts().any(|sort| sort == value), format!("one of: {}", sorts().collect::<Vec<_>>().join(", "))),
            "accelerator" => (ACCELERATORS.contains(&value.as_str()), ACCELERATORS.join(" or ")),
            "constraints" => (TERMS.contains(&value.as_str()), TERMS.join(" or ")),
            "official" | "open_source" | "distributed" => (FLAGS.contains(&value.as_str()), FLAGS.join(" or ")),
            _ => continue,
        };
        if !known {
            wrong.insert(name.clone(), format!("Give {words}."));
        }
    }
    wrong
}

/// Searches the algorithms that you may see.
#[utoipa::path(
    get, path = "/api/v1/algorithms", tag = "algorithms", params(Asked), security(("token" = ["read"])),
    responses(
        (status = 200, description = "A page of them", body = Algorithms), (status = 422, description = "A filter means nothing", body = Problem), Refusals
    )
)]
pub async fn list(
    request: HttpRequest,
    store: Store,
    caller: Caller,
    form::Query(pairs): form::Query<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let wrong = wrong(&pairs);
    if !wrong.is_empty() {
        return Err(Error::Refused(wrong).into());
    }
    let (query, reader) = (Query::read(&pairs), Reader::of(Some(&caller)));
    if query.is_costly() {
        limits::check_of(&request, store.app(), Act::Search, Some(caller.id))?;
    }
    let found = store.search(reader, query).await?;
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
