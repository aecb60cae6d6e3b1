//! The OpenAPI document, made from the handlers themselves.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{algorithms, jobs, logs, metrics, outputs, publish, stop, submit, subscriptions};
use crate::error::Error;
use crate::web::failure::Result;

#[derive(OpenApi)]
#[openapi(
    info(title = "Galleria", description = "Find algorithms, subscribe, and run training jobs. Make a token under Settings > API tokens."),
    paths(
        algorithms::list, algorithms::show, publish::create, subscriptions::update, subscriptions::delete, submit::create, jobs::list, jobs::show, logs::show,
        metrics::show, outputs::list, outputs::pack, outputs::file, stop::create,
    ),
    modifiers(&Tokens)
)]
struct Document;

/// How a token is shown.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("gal_…");
        let scheme = scheme.description(Some("A token of Settings > API tokens; the words behind `token` are the scopes it needs.")).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

static JSON: LazyLock<std::result::Result<String, String>> = LazyLock::new(|| Document::openapi().to_json().map_err(|error| error.to_string()));

/// Describes every address of the API.
pub async fn show() -> Result<HttpResponse> {
    let json = JSON.as_ref().map_err(|error| Error::internal(error.as_str()))?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(json.as_str()))
}
