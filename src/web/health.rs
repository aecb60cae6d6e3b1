//! For load balancers and whoever watches: is it up, can it work.

use actix_web::HttpResponse;

use super::failure::Result;
use super::store::Store;
use crate::db;

/// The process answers.
pub async fn live() -> &'static str {
    "ok"
}

/// Database and storage can be used.
pub async fn ready(store: Store) -> Result<HttpResponse> {
    store.read(db::ping).await?;
    store.apart(|app| Ok(tempfile::tempfile_in(&app.config.data_dir).map(drop)?)).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready"))
}
