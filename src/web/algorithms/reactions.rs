use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Place;
use crate::clock::{self, Time};
use crate::db::Conn;
use crate::error;
use crate::reactions::{self, Wish};
use crate::web::actions::{Actions, ActionsPart};
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize)]
pub struct Reaction {
    /// The state that is wanted; without it the present one is turned round.
    #[serde(default)]
    on: String,
    /// Where to go back to, instead of the algorithm's page.
    #[serde(default)]
    next: String,
}

type Change = fn(&mut Conn, i64, i64, Wish, Time) -> error::Result<()>;

/// Likes the algorithm or takes that back.
pub async fn like(store: Store, _: SignedIn, view: View, place: web::Path<Place>, Form(form): Form<Reaction>) -> Result<HttpResponse> {
    react(store, view, place.into_inner(), form, reactions::like).await
}

/// Makes the algorithm a favourite or takes that back.
pub async fn favorite(store: Store, _: SignedIn, view: View, place: web::Path<Place>, Form(form): Form<Reaction>) -> Result<HttpResponse> {
    react(store, view, place.into_inner(), form, reactions::favorite).await
}

async fn react(store: Store, view: View, place: Place, form: Reaction, change: Change) -> Result<HttpResponse> {
    let wish = Wish::of(&form.on);
    let (shared, viewer) = (store.clone(), view.viewer.clone());
    let work = move |conn: &mut Conn| {
        let access = place.find(conn, &viewer)?;
        let user = viewer.id().ok_or(error::Error::NotFound)?;
        change(conn, user, access.algorithm.id, wish, clock::now())?;
        Ok(Actions::of(shared.app(), &place.find(conn, &viewer)?))
    };
    let actions = store.write(work).await?;
    if view.is_partial() {
        return view.page(&ActionsPart { actions });
    }
    Ok(view.see_other(if form.next.is_empty() { &actions.path } else { &form.next }))
}
