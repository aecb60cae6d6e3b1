//! Subscribing.

use actix_web::HttpResponse;

use super::{Path, asking, details, find};
use crate::algorithms::Reader;
use crate::subscriptions::{self, Outcome};
use crate::web::failure::Result;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Subscribes at once, or leads to what must be accepted first.
pub async fn create(store: Store, user: SignedIn, view: View, path: Path) -> Result<HttpResponse> {
    let ((publisher, name), note, at) = (path.into_inner(), store.app().config.note.clone(), view.now);
    let subscribe = move |conn: &mut crate::db::Conn| {
        let (access, version) = find(conn, Reader::of(Some(&user)), &publisher, &name, None)?;
        let outcome = subscriptions::subscribe(conn, user.id, &access, &version, &note, at)?;
        Ok((access, version, outcome))
    };
    let (access, version, outcome) = store.write(subscribe).await?;
    Ok(match outcome {
        Outcome::Active => view.see_other_saying(&details(&access), "Subscribed."),
        Outcome::Asks => view.see_other(&asking(&access, &version, "")),
    })
}
