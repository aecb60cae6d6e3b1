//! Proof runs.

use actix_web::{HttpResponse, web};

use super::Place;
use crate::db::Conn;
use crate::releases;
use crate::web::failure::Result;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Has a version proved once more.
pub async fn create(store: Store, user: SignedIn, view: View, path: web::Path<(String, String, String)>) -> Result<HttpResponse> {
    let (publisher, name, number) = path.into_inner();
    let place = Place { publisher, name };
    let (there, now) = (place.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &user)?;
        releases::prove_again(conn, &access, &number, now)
    };
    store.write(write).await?;
    store.app().bell.ring();
    Ok(view.see_other_saying(&place.path(), "Its proof run begins."))
}
