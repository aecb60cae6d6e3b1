//! The bytes of a version.

use std::fs::File;

use actix_web::HttpResponse;
use actix_web::web::Path;

use crate::blobs::Blobs;
use crate::datasets;
use crate::web::attachment::attachment;
use crate::web::failure::Result;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// As it was uploaded.
pub async fn download(store: Store, user: SignedIn, path: Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, number) = path.into_inner();
    let open = move |app: &App| {
        let version = app.db.read(|conn| {
            datasets::find(conn, user.id, id)?;
            datasets::version(conn, id, number)
        })?;
        let file = File::open(Blobs::datasets(&app.config.data_dir).behind(app.config.store.as_ref()).fetch(&version.digest)?)?;
        let size = file.metadata()?.len();
        Ok((version.file_name, file, size))
    };
    let (name, file, size) = store.apart(open).await?;
    Ok(attachment(store, &name, file, size))
}
