//! Moving an algorithm to another publisher.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Place;
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::publishers::Publisher;
use crate::releases;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "publish/transfer.html", blocks = ["dialog"])]
struct TransferPage {
    layout: Layout,
    place: Place,
    takers: Vec<Publisher>,
    chosen: String,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    publisher: String,
}

/// Says what will happen and asks to whom.
pub async fn form(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let page = draw(&store, user, &view, place.into_inner(), String::new(), Mistakes::new()).await?;
    view.page_or(&page, page.as_dialog())
}

/// Moves it.
pub async fn create(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let (there, member, to, at) = (place.clone(), user.clone(), asked.publisher.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &member)?;
        releases::transfer(conn, &member, &access, &to, at)
    };
    match store.write(write).await {
        Ok(to) => {
            let path = format!("/publish/{}/{}", to.handle, place.name);
            Ok(view.see_other_saying(&path, &format!("It belongs to {} now.", to.handle)))
        }
        Err(Error::Refused(mistakes)) => view.unprocessable(&draw(&store, user, &view, place, asked.publisher, mistakes).await?),
        Err(error) => Err(error.into()),
    }
}

async fn draw(store: &Store, user: SignedIn, view: &View, place: Place, chosen: String, mistakes: Mistakes) -> Result<TransferPage> {
    let there = place.clone();
    let read = move |conn: &mut Conn| {
        let access = there.managed(conn, &user)?;
        releases::takers(conn, &user, &access)
    };
    let takers = store.read(read).await?;
    Ok(TransferPage { layout: view.layout("profile"), place, takers, chosen, mistakes })
}
