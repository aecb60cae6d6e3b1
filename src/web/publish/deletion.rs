//! Deleting a draft.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Place;
use crate::db::Conn;
use crate::releases;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "publish/deletion.html", blocks = ["dialog"])]
struct DeletionPage {
    layout: Layout,
    place: Place,
}

/// Asks.
pub async fn form(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let there = place.clone();
    store.read(move |conn| there.managed(conn, &user)).await?;
    let page = DeletionPage { layout: view.layout("profile"), place };
    view.page_or(&page, page.as_dialog())
}

/// Deletes it.
pub async fn create(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let (there, at) = (place.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &user)?;
        releases::delete_draft(conn, user.id, &access, at)
    };
    store.write(write).await?;
    Ok(view.see_other_saying("/me/algorithms/releases", &format!("{}/{} is deleted.", place.publisher, place.name)))
}
