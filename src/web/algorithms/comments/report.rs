use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{self, Target, Task};
use crate::db::Conn;
use crate::error::Mistakes;
use crate::reports::{self, Reason};
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    reason: String,
}

/// Asks what is wrong with the comment.
pub async fn form(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    form::ask(&store, &view, Target::of(path), Task::Report).await
}

/// Reports it to the operator.
pub async fn create(
    store: Store,
    user: SignedIn,
    view: View,
    path: web::Path<(String, String, i64)>,
    Form(asked): Form<Asked>,
) -> Result<HttpResponse> {
    let target = Target::of(path);
    let reason: Reason = match asked.reason.parse() {
        Ok(reason) => reason,
        Err(sentence) => {
            let mistakes = Mistakes::from([("reason".to_owned(), String::from(sentence))]);
            return form::again(&store, &view, target, Task::Report, asked.reason, mistakes).await;
        }
    };
    let (viewer, at) = (view.viewer.clone(), view.now);
    let work = move |conn: &mut Conn| {
        let (access, comment) = target.load(conn, &viewer, Task::Report)?;
        let filed = reports::create(conn, &user, &access, Some(&comment), &reason, at)?;
        Ok((filed, target.anchor(conn, &comment)?))
    };
    let (filed, anchor) = store.write(work).await?;
    Ok(view.see_other_saying(&anchor, filed.sentence()))
}
