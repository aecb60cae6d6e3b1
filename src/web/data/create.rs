//! Uploading a new dataset.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse};

use super::list::{Paging, draw};
use super::upload::{Upload, receive};
use crate::datasets::{self, Name, Stored};
use crate::error::{Error, Mistakes};
use crate::web::failure::Result;
use crate::web::limits::{self, Act};
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Takes the file and leads to its page, or gives the form back with every mistake.
pub async fn create(request: HttpRequest, store: Store, user: SignedIn, view: View, form: Multipart) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Upload)?;
    // The router may not share the request while the body is read.
    drop(request);
    let upload = receive(&store, user.id, form).await?;
    let (name, file) = match check(&upload) {
        Ok(fine) => fine,
        Err(mistakes) => return again(&store, &user, &view, upload.name, mistakes).await,
    };
    let (owner, total, at) = (user.id, store.app().config.limits.dataset_total, view.now);
    match store.write(move |conn| datasets::create(conn, owner, &name, &file, total, at)).await {
        Ok(dataset) => Ok(view.see_other_saying(&format!("/console/data/{}", dataset.id), &format!("{} is uploaded.", dataset.name))),
        Err(Error::Refused(mistakes)) => again(&store, &user, &view, upload.name, mistakes).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(store: &Store, user: &SignedIn, view: &View, name: String, mistakes: Mistakes) -> Result<HttpResponse> {
    view.unprocessable(&draw(store, user, view, Paging::default(), (name, mistakes)).await?)
}

/// Every mistake at once. Without a name the file's own is taken.
fn check(upload: &Upload) -> std::result::Result<(Name, Stored), Mistakes> {
    let file = upload.stored();
    let typed = match (upload.name.trim(), &file) {
        ("", Ok(file)) => file.file_name.suggestion(),
        (typed, _) => typed,
    };
    let name: std::result::Result<Name, Mistakes> = match typed.parse() {
        Ok(name) => Ok(name),
        Err(_) if typed.is_empty() => Err(Mistakes::new()),
        Err(sentence) => Err(Mistakes::from([("name".to_owned(), sentence.to_owned())])),
    };
    match (name, file) {
        (Ok(name), Ok(file)) => Ok((name, file.clone())),
        (name, file) => Err(name.err().into_iter().chain(file.err()).flatten().collect()),
    }
}
