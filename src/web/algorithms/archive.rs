use std::fs::File;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, EntityTag, Header as _, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::Place;
use super::head::open_source;
use crate::algorithms::{Access, Visibility};
use crate::blobs::Blobs;
use crate::db::Conn;
use crate::error::{Error, Result as Domain};
use crate::overview::{self, Edition};
use crate::web::attachment::{SANDBOX, content};
use crate::web::failure::Result;
use crate::web::page::View;
use crate::web::store::{App, Store};
use crate::web::viewer::Viewer;

/// The download link: the version's files as a ZIP, with nothing that a browser would run.
pub async fn download(store: Store, view: View, request: HttpRequest, path: web::Path<(String, String, String)>) -> Result<HttpResponse> {
    let (publisher, name, number) = path.into_inner();
    let (viewer, place) = (view.viewer.clone(), Place { publisher, name });
    let (edition, access) = store.read(move |conn| find(conn, &viewer, &place, &number)).await?;
    let tag = EntityTag::new_strong(edition.digest.clone());
    let unchanged = matches_tag(&request, &tag);
    let mut answer = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    let public = access.algorithm.visibility == Visibility::Public;
    answer.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, if public { "no-cache" } else { "no-store" }));
    answer.insert_header((CONTENT_SECURITY_POLICY, SANDBOX));
    if unchanged {
        return Ok(answer.finish());
    }
    let digest = edition.digest;
    let (stored, size) = store.apart(move |app| open(app, &digest)).await?;
    let file = format!("attachment; filename=\"{}-{}.zip\"", access.algorithm.name, edition.number);
    // Said out loud, so that no middleware compresses it once more.
    answer.insert_header((CONTENT_DISPOSITION, file)).insert_header((CONTENT_ENCODING, "identity"));
    Ok(answer.content_type("application/zip").body(content(store, stored, size)))
}

/// A version whose code is here and may be read.
fn find(conn: &mut Conn, viewer: &Viewer, place: &Place, number: &str) -> Domain<(Edition, Access)> {
    let access = open_source(conn, viewer, place)?;
    let edition = overview::edition(conn, &access, number)?;
    if edition.has_archive() { Ok((edition, access)) } else { Err(Error::NotFound) }
}

fn open(app: &App, digest: &str) -> Domain<(File, u64)> {
    let file = Blobs::archives(&app.config.data_dir).behind(app.config.store.as_ref()).open(digest)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn matches_tag(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(items)) => items.iter().any(|item| item.weak_eq(tag)),
        Err(_) => false,
    }
}
