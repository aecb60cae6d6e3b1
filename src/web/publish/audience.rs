//! Who may see an algorithm.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Place;
use super::release::draw;
use crate::algorithms::{Listing, Visibility};
use crate::db::Conn;
use crate::error::Error;
use crate::releases::{self, TypedAudience};
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    visibility: String,
    #[serde(default)]
    users: String,
}

/// Says who may see it from now on.
pub async fn update(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let typed = TypedAudience { visibility: asked.visibility, users: asked.users };
    let (member, there, wanted, at) = (user.clone(), place.clone(), typed.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &member)?;
        let audience = wanted.check(conn)?;
        releases::open_to(conn, member.id, &access, &audience, at)?;
        there.managed(conn, &member)
    };
    match store.write(write).await {
        Ok(access) => {
            store.app().bell.ring();
            let said = match (access.algorithm.visibility, access.algorithm.state) {
                (Visibility::Private, _) => "Only its publishers see it now.",
                (_, Listing::Draft) => "Others see it once its proof run has succeeded.",
                _ => "Saved.",
            };
            Ok(view.see_other_saying(&place.path(), said))
        }
        Err(Error::Refused(mistakes)) => view.unprocessable(&draw(&store, &user, &view, place, Some((typed, mistakes))).await?),
        Err(error) => Err(error.into()),
    }
}
