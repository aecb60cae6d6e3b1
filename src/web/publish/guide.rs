//! How to publish: what an archive holds, and the schema for editors.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use askama::Template;

use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::kept::Prose;
use crate::web::page::{Layout, View};
use crate::web::store::Store;

/// Markdown.
const GUIDE: &str = include_str!("../../../templates/publish/guide.md");
const SCHEMA: &str = include_str!("../../../templates/publish/mlproject.schema.json");

#[derive(Template)]
#[template(path = "publish/guide.html")]
struct GuidePage {
    layout: Layout,
    /// HTML.
    text: Arc<str>,
}

/// The page.
pub async fn page(store: Store, view: View) -> Result<HttpResponse> {
    let guide = GUIDE.replace("BASE_URL", store.app().config.base_url.as_str());
    let text = store.prose(vec![Prose::new("guide-", guide)]).await?.pop().unwrap_or_default();
    view.page(&GuidePage { layout: view.layout(""), text })
}

/// JSON Schema of an `MLproject`, for editors.
pub async fn schema() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/schema+json")).insert_header((CACHE_CONTROL, "no-cache")).body(SCHEMA)
}
