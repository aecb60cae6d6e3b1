//! The header of a job alone, for a page that follows it.

use actix_web::HttpResponse;
use askama::Template;

use super::frame::{Head, NoRebuild, head};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::View;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "jobs/status.html")]
struct StatusFragment {
    head: Head,
}

/// As it is now; without the wish to be asked again when nothing changes any more.
pub async fn fragment(store: Store, user: SignedIn, view: View, path: super::Path) -> Result<HttpResponse> {
    let ((region, id), tz) = (path.into_inner(), view.tz);
    let head = store.read(move |conn| head(conn, user.id, &region, id, tz)).await?;
    view.page(&StatusFragment { head })
}
