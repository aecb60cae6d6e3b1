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
    let lag = store.apart(|app| {
        tempfile::tempfile_in(&app.config.data_dir)?;
        app.catalogue.lag(&app.db)
    });
    // A search index that is behind still finds things, and catches up.
    let body = format!("ready\nsearch index: {} changes behind\n", lag.await?);
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(body))
}
