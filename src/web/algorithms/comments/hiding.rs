use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{self, Target, Task};
use crate::clock;
use crate::comments::{self, Reason};
use crate::db::Conn;
use crate::error::Mistakes;
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize)]
pub struct Hiding {
    #[serde(default)]
    reason: String,
}

/// Asks why.
pub async fn form(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    form::ask(&store, &view, Target::new(publisher, name, id), Task::Hide).await
}

/// Hides the comment: others read the reason in its place.
pub async fn create(
    store: Store,
    user: SignedIn,
    view: View,
    path: web::Path<(String, String, i64)>,
    Form(form): Form<Hiding>,
) -> Result<HttpResponse> {
    let target = Target::of(path);
    let reason: Reason = match form.reason.parse() {
        Ok(reason) => reason,
        Err(sentence) => {
            let mistakes = Mistakes::from([("reason".to_owned(), String::from(sentence))]);
            return form::again(&store, &view, target, Task::Hide, form.reason, mistakes).await;
        }
    };
    let viewer = view.viewer.clone();
    let work = move |conn: &mut Conn| {
        let (_, comment) = target.load(conn, &viewer, Task::Hide)?;
        comments::hide(conn, &comment, user.id, &reason, clock::now())?;
        target.anchor(conn, &comment)
    };
    let anchor = store.write(work).await?;
    Ok(view.see_other(&anchor))
}

/// Shows it again.
pub async fn end(store: Store, user: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    let (target, viewer) = (Target::new(publisher, name, id), view.viewer.clone());
    let work = move |conn: &mut Conn| {
        let (_, comment) = target.load(conn, &viewer, Task::Hide)?;
        comments::show(conn, &comment, user.id, clock::now())?;
        target.anchor(conn, &comment)
    };
    let anchor = store.write(work).await?;
    Ok(view.see_other(&anchor))
}
