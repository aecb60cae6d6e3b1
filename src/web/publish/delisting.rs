//! Taking an algorithm off the market, and putting it back.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Place;
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::releases;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "publish/delisting.html", blocks = ["dialog"])]
struct DelistingPage {
    layout: Layout,
    place: Place,
    reason: String,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    reason: String,
}

/// Asks why.
pub async fn form(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let there = place.clone();
    store.read(move |conn| there.managed(conn, &user)).await?;
    let page = DelistingPage { layout: view.layout("profile"), place, reason: String::new(), mistakes: Mistakes::new() };
    view.page_or(&page, page.as_dialog())
}

/// Takes it off the market.
pub async fn create(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let (there, reason, at) = (place.clone(), asked.reason.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &user)?;
        releases::delist(conn, user.id, &access, &reason, at)
    };
    match store.write(write).await {
        Ok(()) => Ok(view.see_other_saying(&place.path(), "It is off the market. Active subscribers go on using it.")),
        Err(Error::Refused(mistakes)) => view.unprocessable(&DelistingPage { layout: view.layout("profile"), place, reason: asked.reason, mistakes }),
        Err(error) => Err(error.into()),
    }
}

/// Puts it back.
pub async fn end(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let (there, at) = (place.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &user)?;
        releases::relist(conn, user.id, &access, at)
    };
    store.write(write).await?;
    Ok(view.see_other_saying(&place.path(), "It stands in the market again."))
}
