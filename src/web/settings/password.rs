use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::error::Mistakes;
use crate::users::{self, password};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "settings/password.html")]
struct PasswordPage {
    layout: Layout,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
pub struct NewPassword {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

/// The page.
pub async fn form(_user: SignedIn, view: View) -> Result<HttpResponse> {
    view.page(&PasswordPage { layout: view.layout("profile"), mistakes: Mistakes::new() })
}

/// Replaces the password; every session ends but this one, which goes on under a new token.
pub async fn update(
    request: HttpRequest,
    store: Store,
    session: Session,
    user: SignedIn,
    view: View,
    Form(form): Form<NewPassword>,
) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Login)?;
    let id = user.id;
    let hash = store.read(move |conn| users::hash_of(conn, id)).await?;
    let known = store.verify_password(form.current, Some(hash)).await?;
    let mistakes = mistakes(known, &form.password);
    if !mistakes.is_empty() {
        return view.unprocessable(&PasswordPage { layout: view.layout("profile"), mistakes });
    }
    let hash = store.hash_password(form.password).await?;
    store.write(move |conn| users::set_password(conn, id, &hash)).await?;
    session.renew();
    tracing::info!(event = "password_changed", user = id);
    Ok(view.see_other_saying("/settings", "Your password is changed. You are signed out everywhere else, and your API tokens have ended."))
}

/// What is wrong, with the current password `known` to be theirs or not.
fn mistakes(known: bool, password: &str) -> Mistakes {
    let mut mistakes = Mistakes::new();
    if !known {
        mistakes.insert("current".into(), "This is not your password.".into());
    }
    if let Err(sentence) = password::check(password) {
        mistakes.insert("password".into(), sentence.into());
    }
    mistakes
}
