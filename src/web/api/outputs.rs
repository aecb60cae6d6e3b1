//! What a job left behind.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Refusals;
use crate::db::Conn;
use crate::jobs::{self, Attempt};
use crate::package::PackedFile;
use crate::web::attachment::{archive, attachment};
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::outputs::{self, MOST};
use crate::web::store::Store;
use crate::web::tree::encoded;

/// The files of a job.
#[derive(Serialize, ToSchema)]
pub struct Outputs {
    /// By path, at most 1,000.
    pub outputs: Vec<File>,
    /// Whether there are more than are listed.
    pub more: bool,
    /// Where to download all of them as one ZIP, with a token.
    pub archive: String,
}

/// A file.
#[derive(Serialize, ToSchema)]
pub struct File {
    /// Relative to the outputs, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Where to download it, with a token.
    pub href: String,
    /// The page that shows it to its owner.
    pub view: String,
}

/// Lists the files that a job left behind, or has written so far.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/outputs", tag = "jobs", params(("id" = i64, Path, description = "Of the job")), security(("token" = ["read"])),
    responses((status = 200, description = "The files", body = Outputs), Refusals)
)]
pub async fn list(store: Store, caller: Caller, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (region, attempt) = latest(&store, &caller, id).await?;
    let (here, page) = (format!("/api/v1/jobs/{id}/outputs"), format!("/console/{region}/jobs/{id}/outputs"));
    let files = store.apart(move |app| outputs::list(app, &region, &attempt)).await?;
    let (more, archive) = (files.len() >= MOST, format!("{here}.zip"));
    let file = |file: PackedFile| {
        let path = encoded(&file.path);
        File { href: format!("{here}/{path}"), view: format!("{page}/{path}?view"), path: file.path, size: file.size }
    };
    Ok(HttpResponse::Ok().json(Outputs { outputs: files.into_iter().map(file).collect(), more, archive }))
}

/// Downloads all of them, or what is there so far, as one ZIP.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/outputs.zip", tag = "jobs", params(("id" = i64, Path, description = "Of the job")), security(("token" = ["read"])),
    responses((status = 200, description = "A ZIP", body = Vec<u8>, content_type = "application/zip"), Refusals)
)]
pub async fn pack(store: Store, caller: Caller, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (region, attempt) = latest(&store, &caller, id).await?;
    let packing = store.apart(move |app| outputs::pack(app, &region, &attempt)).await?;
    Ok(archive(store, &format!("job-{id}.zip"), packing))
}

/// Downloads one of them.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/outputs/{path}", tag = "jobs", security(("token" = ["read"])),
    params(("id" = i64, Path, description = "Of the job"), ("path" = String, Path, description = "Of the file, with `/` between folders")),
    responses((status = 200, description = "Its bytes", body = Vec<u8>, content_type = "application/octet-stream"), Refusals)
)]
pub async fn file(store: Store, caller: Caller, path: web::Path<(i64, String)>) -> Result<HttpResponse> {
    let (id, wanted) = path.into_inner();
    let name = wanted.rsplit('/').next().unwrap_or("output").to_owned();
    let (region, attempt) = latest(&store, &caller, id).await?;
    let (file, size) = store.apart(move |app| outputs::opened(app, &region, &attempt, &wanted)).await?;
    Ok(attachment(store, &name, file, size))
}

pub(super) async fn latest(store: &Store, caller: &Caller, id: i64) -> Result<(String, Attempt)> {
    let owner = caller.id;
    let find = move |conn: &mut Conn| Ok((jobs::of_owner(conn, owner, id)?.job.region, jobs::latest(conn, id)?));
    Ok(store.read(find).await?)
}
