//! Other algorithms that do about the same: beneath the description, and as a page of its own.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Place;
use crate::algorithms::Reader;
use crate::search::Card;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;

/// How many are shown.
const MOST: usize = 4;

#[derive(Template)]
#[template(path = "algorithms/similar.html", blocks = ["list"])]
struct SimilarPage {
    layout: Layout,
    place: Place,
    title: String,
    cards: Vec<Card>,
}

/// The most alike that the viewer may see.
pub async fn page(store: Store, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let (place, viewer) = (place.into_inner(), view.viewer.clone());
    let (there, reader) = (place.clone(), Reader::of(view.viewer.user.as_ref()));
    let algorithm = store.read(move |conn| there.find(conn, &viewer).map(|access| access.algorithm)).await?;
    let id = algorithm.id;
    let cards = store.searched(move |app| app.catalogue.similar(&app.db, reader, id, MOST)).await?;
    let page = SimilarPage { layout: view.layout("market"), place, title: algorithm.title, cards };
    view.page_or(&page, page.as_list())
}
