use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{self, Target, Task};
use crate::clock;
use crate::comments::{self, Body};
use crate::db::Conn;
use crate::error::Mistakes;
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize)]
pub struct Edit {
    #[serde(default)]
    body: String,
}

/// The comment in a form.
pub async fn form(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    form::ask(&store, &view, Target::new(publisher, name, id), Task::Edit).await
}

/// Changes what it says.
pub async fn update(store: Store, _: SignedIn, view: View, path: web::Path<(String, String, i64)>, Form(form): Form<Edit>) -> Result<HttpResponse> {
    let (publisher, name, id) = path.into_inner();
    let target = Target::new(publisher, name, id);
    let body: Body = match form.body.parse() {
        Ok(body) => body,
        Err(sentence) => {
            let mistakes = Mistakes::from([("body".to_owned(), String::from(sentence))]);
            return form::again(&store, &view, target, Task::Edit, form.body, mistakes).await;
        }
    };
    let viewer = view.viewer.clone();
    let work = move |conn: &mut Conn| {
        let (_, comment) = target.load(conn, &viewer, Task::Edit)?;
        comments::edit(conn, &comment, &body, clock::now())?;
        target.anchor(conn, &comment)
    };
    let anchor = store.write(work).await?;
    Ok(view.see_other(&anchor))
}
