use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::{self, Mistakes};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;
use crate::{clock, comments, datasets, publishers, subscriptions, users};

#[derive(Template)]
#[template(path = "settings/deletion.html")]
struct DeletionPage {
    layout: Layout,
    handle: String,
    /// Organisations with other members and no other owner.
    depending: Vec<String>,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
pub struct Deletion {
    #[serde(default)]
    password: String,
}

/// The page that asks and says what will happen.
pub async fn form(store: Store, user: SignedIn, view: View) -> Result<HttpResponse> {
    view.page(&draw(&store, user, &view, Mistakes::new()).await?)
}

async fn draw(store: &Store, user: SignedIn, view: &View, mistakes: Mistakes) -> Result<DeletionPage> {
    let id = user.id;
    let depending = store.read(move |conn| publishers::depending(conn, id)).await?;
    Ok(DeletionPage { layout: view.layout("profile"), handle: user.0.handle, depending, mistakes })
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
        return view.unprocessable(&draw(&store, user, &view, mistakes).await?);
    }
    store.write(move |conn| close(conn, id, clock::now())).await?;
    session.purge();
    tracing::info!(event = "account_deleted", user = id);
    Ok(view.see_other_saying("/", "Your account is deleted."))
}

fn close(conn: &mut Conn, user: i64, at: Time) -> error::Result<()> {
    subscriptions::cancel_all(conn, user, at)?;
    comments::delete_all(conn, user, at)?;
    datasets::delete_all(conn, user, at)?;
    users::delete(conn, user, at)
}
