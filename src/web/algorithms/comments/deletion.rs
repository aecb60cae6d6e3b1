use actix_web::{HttpResponse, web};

use super::form::{self, Target, Task};
use crate::clock;
use crate::comments;
use crate::db::Conn;
use crate::web::failure::Result;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Asks.
pub async fn form(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    form::ask(&store, &view, Target::new(publisher, name, id), Task::Delete).await
}

/// Takes the comment back.
pub async fn create(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    let (target, viewer) = (Target::new(publisher, name, id), view.viewer.clone());
    let tab = target.tab();
    let work = move |conn: &mut Conn| {
        let (_, comment) = target.load(conn, &viewer, Task::Delete)?;
        comments::delete(conn, &comment, clock::now())
    };
    store.write(work).await?;
    Ok(view.see_other_saying(&tab, "The comment is deleted."))
}
