use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::datasets;
use crate::db::Conn;
use crate::error::Mistakes;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;
use crate::{clock, subscriptions, users};

#[derive(Template)]
#[template(path = "settings/deletion.html")]
struct DeletionPage {
    layout: Layout,
    handle: String,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
pub struct Deletion {
    #[serde(default)]
    password: String,
}

/// The page that asks and says what will happen.
pub async fn form(user: SignedIn, view: View) -> Result<HttpResponse> {
    view.page(&DeletionPage { layout: view.layout("profile"), handle: user.0.handle, mistakes: Mistakes::new() })
}

/// Deletes the account.
pub async fn create(
    request: HttpRequest,
    store: Store,
    session: Session,
    user: SignedIn,
    view: View,
    Form(form): Form<Deletion>,
) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Login)?;
    let id = user.id;
    let hash = store.read(move |conn| users::hash_of(conn, id)).await?;
    if !store.verify_password(form.password, Some(hash)).await? {
        let mistakes = Mistakes::from([("password".to_owned(), "This is not your password.".to_owned())]);
        return view.unprocessable(&DeletionPage { layout: view.layout("profile"), handle: user.0.handle, mistakes });
    }
    let close = move |conn: &mut Conn| {
        subscriptions::cancel_all(conn, id, clock::now())?;
        datasets::delete_all(conn, id, clock::now())?;
        users::delete(conn, id, clock::now())
    };
    store.write(close).await?;
    session.purge();
    tracing::info!(event = "account_deleted", user = id);
    Ok(view.see_other_saying("/", "Your account is deleted."))
}
