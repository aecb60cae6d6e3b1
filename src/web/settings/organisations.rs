use actix_web::HttpResponse;
use askama::Template;

use crate::publishers::{self, Organisation};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "settings/organisations.html")]
struct OrganisationsPage {
    layout: Layout,
    organisations: Vec<Organisation>,
}

/// The organisations that the member belongs to.
pub async fn page(store: Store, user: SignedIn, view: View) -> Result<HttpResponse> {
    let organisations = store.read(move |conn| publishers::organisations(conn, user.id)).await?;
    view.page(&OrganisationsPage { layout: view.layout("profile"), organisations })
}
