use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::error::Error;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::{Form, Query};
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View, local};
use crate::web::store::Store;
use crate::{sessions, users};

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// What is posted.
#[derive(Deserialize)]
pub struct Login {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "accounts/login.html")]
struct LoginPage {
    layout: Layout,
    login: String,
    next: String,
    error: Option<&'static str>,
}

/// The page; whoever is signed in goes on at once.
pub async fn form(view: View, Query(query): Query<Next>) -> Result<HttpResponse> {
    if view.viewer.user.is_some() {
        return Ok(view.see_other(local(&query.next)));
    }
    view.page(&LoginPage { layout: view.layout(""), login: String::new(), next: query.next, error: None })
}

/// Signs in. Unknown user and wrong password are told the same after the same time.
pub async fn create(request: HttpRequest, store: Store, session: Session, view: View, Form(form): Form<Login>) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Login)?;
    store.app().limits.count(Act::Login, format!("login {}", form.login.trim().to_lowercase()))?;
    let login = form.login.clone();
    let found = store.read(move |conn| users::by_login(conn, &login)).await?;
    let (user, hash) = found.unzip();
    let right = store.verify_password(form.password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        tracing::warn!(event = "sign_in_refused");
        let error = Some("The login or the password is wrong.");
        return view.unprocessable(&LoginPage { layout: view.layout(""), login: form.login, next: form.next, error });
    };
    super::begin(&session, &request, &user)?;
    Ok(view.see_other(local(&form.next)))
}

/// Signs out; the session is dead on the server.
pub async fn end(store: Store, session: Session, view: View) -> Result<HttpResponse> {
    if let (Some(user), Some(hash)) = (view.viewer.id(), view.viewer.session.clone()) {
        store.write(move |conn| sessions::revoke(conn, user, &hash)).await.or_else(already_ended)?;
    }
    session.purge();
    Ok(view.see_other_saying("/", "You are signed out."))
}

fn already_ended(error: Error) -> crate::error::Result<()> {
    match error {
        Error::NotFound => Ok(()),
        other => Err(other),
    }
}
