//! The first page.

use actix_web::HttpResponse;

use super::failure::Result;
use super::page::View;

/// What this gallery is.
pub async fn page(view: View) -> Result<HttpResponse> {
    Ok(view.see_other("/login"))
}
