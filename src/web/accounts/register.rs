use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::clock;
use crate::error::{Error, Mistakes};
use crate::slug::Slug;
use crate::users::{self, NewUser, password};
use crate::web::failure::{Failure, Result};
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::{Form, Query};
use crate::web::limits::{self, Act};
use crate::web::page::{Layout, View, local};
use crate::web::store::Store;

/// What is posted; also what is shown again.
#[derive(Deserialize, Default)]
pub struct Registration {
    #[serde(default)]
    handle: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "accounts/register.html")]
struct RegisterPage {
    layout: Layout,
    form: Registration,
    mistakes: Mistakes,
}

impl Registration {
    /// Handle and e-mail address as they will be stored, or every mistake.
    fn parse(&self) -> Result<(Slug, String), Mistakes> {
        let mut mistakes = Mistakes::new();
        let handle = self.handle.trim().parse::<Slug>();
        let email = self.email.trim().to_lowercase();
        if let Err(sentence) = &handle {
            mistakes.insert("handle".into(), (*sentence).into());
        }
        if !users::is_email(&email) {
            mistakes.insert("email".into(), "Please give an e-mail address such as ann@example.org.".into());
        }
        if let Err(sentence) = password::check(&self.password) {
            mistakes.insert("password".into(), sentence.into());
        }
        match handle {
            Ok(handle) if mistakes.is_empty() => Ok((handle, email)),
            _ => Err(mistakes),
        }
    }
}

/// The page.
pub async fn form(store: Store, view: View, Query(form): Query<Registration>) -> Result<HttpResponse> {
    open(&store)?;
    if view.viewer.user.is_some() {
        return Ok(view.see_other(local(&form.next)));
    }
    let form = Registration { next: form.next, ..Registration::default() };
    view.page(&RegisterPage { layout: view.layout(""), form, mistakes: Mistakes::new() })
}

/// Opens the account and signs in.
pub async fn create(request: HttpRequest, store: Store, session: Session, view: View, Form(form): Form<Registration>) -> Result<HttpResponse> {
    open(&store)?;
    limits::check(&request, store.app(), Act::Register)?;
    let again = |form, mistakes| view.unprocessable(&RegisterPage { layout: view.layout(""), form, mistakes });
    let (handle, email) = match form.parse() {
        Ok(parsed) => parsed,
        Err(mistakes) => {
            let (handle, email) = (form.handle.trim().to_owned(), form.email.trim().to_lowercase());
            let mut all = store.read(move |conn| users::taken(conn, &handle, &email)).await?;
            all.extend(mistakes);
            return again(form, all);
        }
    };
    let new = NewUser { handle, email, password_hash: store.hash_password(form.password.clone()).await?, admin: false };
    match store.write(move |conn| users::register(conn, &new, clock::now())).await {
        Ok(user) => {
            super::begin(&session, &request, &user)?;
            Ok(view.see_other_saying(local(&form.next), &format!("Welcome, {}.", user.handle)))
        }
        Err(Error::Refused(mistakes)) => again(form, mistakes),
        Err(error) => Err(error.into()),
    }
}

fn open(store: &Store) -> Result<()> {
    match store.app().config.registration_open {
        true => Ok(()),
        false => Err(Failure::Domain(Error::Forbidden("Registration is closed here. Please ask the operator for an account."))),
    }
}
