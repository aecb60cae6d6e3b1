//! Uploading another version of a dataset.

use actix_multipart::Multipart;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::show::draw;
use super::upload::receive;
use crate::datasets;
use crate::error::{Error, Mistakes};
use crate::web::failure::Result;
use crate::web::limits::{self, Act};
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Takes the file as the next version, or gives the page back with what is wrong.
pub async fn create(request: HttpRequest, store: Store, user: SignedIn, view: View, id: Path<i64>, form: Multipart) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Upload)?;
    drop(request);
    let (owner, id, at) = (user.id, id.into_inner(), view.now);
    // Before anything is read: not for what is somebody else's.
    store.read(move |conn| datasets::find(conn, owner, id)).await?;
    let upload = receive(&store, owner, form).await?;
    let file = match upload.stored() {
        Ok(file) => file.clone(),
        Err(mistakes) => return again(&store, &user, &view, id, mistakes).await,
    };
    let total = store.app().config.limits.dataset_total;
    match store.write(move |conn| datasets::extend(conn, owner, id, &file, total, at)).await {
        Ok(dataset) => Ok(view.see_other_saying(&format!("/console/data/{id}"), &format!("{} has this version now.", dataset.name))),
        Err(Error::Refused(mistakes)) => again(&store, &user, &view, id, mistakes).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(store: &Store, user: &SignedIn, view: &View, id: i64, mistakes: Mistakes) -> Result<HttpResponse> {
    view.unprocessable(&draw(store, user, view, id, None, mistakes).await?)
}
