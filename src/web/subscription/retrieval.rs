//! Taking a cancellation back.

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::row::RowFragment;
use super::{Path, asking, details, find, origin};
use crate::algorithms::Reader;
use crate::subscriptions::{self, Outcome};
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize)]
pub struct Retrieval {
    next: Option<String>,
}

/// Takes the cancellation back at once, or leads to what changed since and must be accepted first.
pub async fn create(request: HttpRequest, store: Store, user: SignedIn, view: View, path: Path, Form(form): Form<Retrieval>) -> Result<HttpResponse> {
    let ((publisher, name), note, at) = (path.into_inner(), store.app().config.note.clone(), view.now);
    let retrieve = move |conn: &mut crate::db::Conn| {
        let reader = Reader::of(Some(&user));
        let (access, version) = find(conn, reader, &publisher, &name, None)?;
        let outcome = subscriptions::retrieve(conn, user.id, &access, &version, &note, at)?;
        let row = subscriptions::find(conn, reader, &publisher, &name)?;
        Ok((access, version, outcome, row))
    };
    let (access, version, outcome, row) = store.write(retrieve).await?;
    let next = origin::of(&request, form.next.as_deref(), &details(&access));
    match outcome {
        Outcome::Asks => Ok(view.leave_for(&asking(&access, &version, &next))),
        Outcome::Active if view.is_partial() => view.page(&RowFragment { row, tz: view.tz }),
        Outcome::Active => Ok(view.see_other_saying(&next, "Subscribed again.")),
    }
}
