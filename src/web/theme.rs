//! Light, dark or as the system says: a choice of the browser, not of the account.

use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use serde::Deserialize;

use super::failure::Result;
use super::form::Form;
use super::page::{View, local};

/// What is posted.
#[derive(Deserialize)]
pub struct Theme {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    next: String,
}

/// Remembers the choice and comes back.
pub async fn update(view: View, Form(form): Form<Theme>) -> Result<HttpResponse> {
    let age = if ["light", "dark"].contains(&form.theme.as_str()) { Duration::days(365) } else { Duration::ZERO };
    let mut response = view.see_other(local(&form.next));
    // Not HttpOnly: the page's script changes it in place.
    let cookie = Cookie::build("theme", form.theme).path("/").same_site(SameSite::Lax).max_age(age).finish();
    response.add_cookie(&cookie).map_err(crate::error::Error::internal)?;
    Ok(response)
}
