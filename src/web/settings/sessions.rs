use actix_session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use crate::clock::Time;
use crate::sessions::{self, SignIn};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "settings/sessions.html")]
struct SessionsPage {
    layout: Layout,
    sign_ins: Vec<SignIn>,
    current: String,
    now: Time,
    tz: Tz,
}

/// Where this member is signed in.
pub async fn page(store: Store, user: SignedIn, view: View) -> Result<HttpResponse> {
    let (id, now) = (user.id, view.now);
    let sign_ins = store.read(move |conn| sessions::of_user(conn, id, now)).await?;
    let current = view.viewer.session.clone().unwrap_or_default();
    view.page(&SessionsPage { layout: view.layout("profile"), sign_ins, current, now, tz: view.tz })
}

/// Ends one of them; ending the current one is signing out.
pub async fn revoke(store: Store, session: Session, user: SignedIn, view: View, hash: web::Path<String>) -> Result<HttpResponse> {
    let (id, hash) = (user.id, hash.into_inner());
    let current = view.viewer.session.as_deref() == Some(hash.as_str());
    store.write(move |conn| sessions::revoke(conn, id, &hash)).await?;
    tracing::info!(event = "session_revoked", user = id);
    if current {
        session.purge();
        return Ok(view.see_other_saying("/", "You are signed out."));
    }
    Ok(view.see_other_saying("/settings/sessions", "That session has ended."))
}
