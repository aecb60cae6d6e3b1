use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use crate::error::Mistakes;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;
use crate::{publishers, users};

#[derive(Template)]
#[template(path = "settings/account.html")]
struct AccountPage {
    layout: Layout,
    handle: String,
    email: String,
    about: String,
    time_zone: String,
    zones: Vec<&'static str>,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
pub struct Account {
    #[serde(default)]
    about: String,
    #[serde(default)]
    time_zone: String,
}

fn page_of(view: &View, user: SignedIn, about: String, time_zone: String, mistakes: Mistakes) -> AccountPage {
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let (handle, email) = (user.0.handle, user.0.email.unwrap_or_default());
    AccountPage { layout: view.layout("profile"), handle, email, about, time_zone, zones, mistakes }
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View) -> Result<HttpResponse> {
    let handle = user.handle.clone();
    let publisher = store.read(move |conn| publishers::by_handle(conn, &handle)).await?;
    let zone = user.time_zone.clone().unwrap_or_default();
    view.page(&page_of(&view, user, publisher.about, zone, Mistakes::new()))
}

/// Saves what others read about the member, and the zone of their times.
pub async fn update(store: Store, user: SignedIn, view: View, Form(form): Form<Account>) -> Result<HttpResponse> {
    let mut mistakes = Mistakes::new();
    if form.about.chars().count() > 2000 {
        mistakes.insert("about".into(), "Use at most 2,000 characters.".into());
    }
    if !form.time_zone.is_empty() && form.time_zone.parse::<chrono_tz::Tz>().is_err() {
        mistakes.insert("time_zone".into(), "Please choose a zone of the list, such as Europe/Berlin.".into());
    }
    if !mistakes.is_empty() {
        return view.unprocessable(&page_of(&view, user, form.about, form.time_zone, mistakes));
    }
    let id = user.id;
    let saved = move |conn: &mut crate::db::Conn| {
        publishers::set_about(conn, id, form.about.trim())?;
        users::set_time_zone(conn, id, Some(form.time_zone.as_str()).filter(|zone| !zone.is_empty()))
    };
    store.write(saved).await?;
    Ok(view.see_other_saying("/settings", "Saved."))
}
