use actix_web::{HttpResponse, web};

use super::form::{self, Target, Task};
use crate::error::Mistakes;
use crate::web::algorithms::Place;
use crate::web::failure::Result;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Asks for the answer to a comment; it is posted to the tab, with `parent`.
pub async fn form(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    form::ask(&store, &view, Target::new(publisher, name, id), Task::Answer).await
}

/// Asks again for an answer that could not be taken.
pub async fn refused(store: &Store, view: &View, place: Place, parent: i64, body: String, mistakes: Mistakes) -> Result<HttpResponse> {
    form::again(store, view, Target::parent(place, parent), Task::Answer, body, mistakes).await
}
