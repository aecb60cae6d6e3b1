//! Subscribing and cancelling.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::moment;
use super::problem::{Conflict, Problem, Refusals, acceptance_required};
use crate::algorithms::Reader;
use crate::clock;
use crate::db::Conn;
use crate::subscriptions::{self, Row};
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::store::Store;

/// Your subscription to an algorithm.
#[derive(Serialize, ToSchema)]
pub struct Subscription {
    /// `publisher/name`.
    pub algorithm: String,
    /// `active` or `cancelled`.
    pub state: String,
    /// For the first time.
    #[schema(format = "date-time")]
    pub subscribed_at: String,
    /// Last subscribed, cancelled or retrieved.
    #[schema(format = "date-time")]
    pub changed_at: String,
}

impl Subscription {
    fn of(row: &Row) -> Self {
        Self {
            algorithm: format!("{}/{}", row.publisher.handle, row.algorithm.name),
            state: row.subscription.state.to_string(),
            subscribed_at: moment(row.subscription.subscribed_at),
            changed_at: moment(row.subscription.changed_at),
        }
    }
}

/// What is accepted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Digests of the texts that you have read and accept.
    #[serde(default)]
    accept: Vec<String>,
    /// Whose texts are asked for; else the newest version's.
    version: Option<String>,
}

/// Subscribes, or retrieves a cancelled subscription. Again changes nothing.
///
/// What the version asks for is accepted by digest; without the digests 409 lists the texts, and nothing happens.
#[utoipa::path(
    put, path = "/api/v1/algorithms/{publisher}/{name}/subscription", tag = "subscriptions", request_body = Acceptance,
    params(("publisher" = String, Path, description = "Its handle"), ("name" = String, Path, description = "Of the algorithm")),
    security(("token" = ["subscriptions"])),
    responses(
        (status = 200, description = "Active", body = Subscription), (status = 400, description = "No JSON, or not of this shape", body = Problem),
        (status = 409, description = "`acceptance_required`, or `conflict`: the version is withdrawn", body = Conflict), Refusals
    )
)]
pub async fn update(store: Store, caller: Caller, path: web::Path<(String, String)>, body: Body) -> Result<HttpResponse> {
    let ((publisher, name), asked, note, at) = (path.into_inner(), body.json::<Acceptance>()?, store.app().config.note.clone(), clock::now());
    let subscribe = move |conn: &mut Conn| {
        let reader = Reader::of(Some(&caller));
        let (access, version) = subscriptions::offered(conn, reader, &publisher, &name, asked.version.as_deref())?;
        let missing = subscriptions::subscribe_accepting(conn, caller.id, (&access, &version), &asked.accept, &note, at)?;
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        subscriptions::find(conn, reader, &publisher, &name).map(Ok)
    };
    Ok(match store.write(subscribe).await? {
        Ok(row) => HttpResponse::Ok().json(Subscription::of(&row)),
        Err(missing) => acceptance_required(missing),
    })
}

/// Cancels. Again changes nothing; jobs that were submitted go on.
#[utoipa::path(
    delete, path = "/api/v1/algorithms/{publisher}/{name}/subscription", tag = "subscriptions",
    params(("publisher" = String, Path, description = "Its handle"), ("name" = String, Path, description = "Of the algorithm")),
    security(("token" = ["subscriptions"])),
    responses((status = 200, description = "Cancelled", body = Subscription), (status = 409, description = "You never subscribed", body = Problem), Refusals)
)]
pub async fn delete(store: Store, caller: Caller, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let ((publisher, name), at) = (path.into_inner(), clock::now());
    let cancel = move |conn: &mut Conn| {
        let reader = Reader::of(Some(&caller));
        let found = subscriptions::find(conn, reader, &publisher, &name)?;
        subscriptions::cancel(conn, caller.id, found.algorithm.id, at)?;
        subscriptions::find(conn, reader, &publisher, &name)
    };
    Ok(HttpResponse::Ok().json(Subscription::of(&store.write(cancel).await?)))
}
