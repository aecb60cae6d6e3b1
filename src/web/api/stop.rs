//! Stopping a job.

use actix_web::{HttpResponse, web};

use super::job::Job;
use super::problem::{Problem, Refusals};
use crate::clock;
use crate::db::Conn;
use crate::jobs;
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::store::Store;

/// Asks a job to stop. It has stopped when its state says so.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/cancellation", tag = "jobs", params(("id" = i64, Path, description = "Of the job")),
    security(("token" = ["jobs"])),
    responses((status = 202, description = "It was asked", body = Job), (status = 409, description = "It has ended already", body = Problem), Refusals)
)]
pub async fn create(store: Store, caller: Caller, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, at) = (id.into_inner(), clock::now());
    let stop = move |conn: &mut Conn| {
        let job = jobs::of_owner(conn, caller.id, id)?.job;
        jobs::stop(conn, &job, at)?;
        Job::of(&jobs::of_owner(conn, caller.id, id)?)
    };
    let job = store.write(stop).await?;
    store.app().bell.ring();
    Ok(HttpResponse::Accepted().json(job))
}
