use actix_web::HttpResponse;
use askama::Template;

use crate::error::{Error, Mistakes};
use crate::publishers::{self, TypedOrganisation};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "organisations/new.html")]
struct NewPage {
    layout: Layout,
    typed: TypedOrganisation,
    mistakes: Mistakes,
}

/// The empty form.
pub async fn form(_: SignedIn, view: View) -> Result<HttpResponse> {
    view.page(&NewPage { layout: view.layout("profile"), typed: TypedOrganisation::default(), mistakes: Mistakes::new() })
}

/// Founds it; who does is its owner.
pub async fn create(store: Store, user: SignedIn, view: View, Form(typed): Form<TypedOrganisation>) -> Result<HttpResponse> {
    let (asked, at) = (typed.clone(), view.now);
    match store.write(move |conn| publishers::found(conn, user.id, &asked, at)).await {
        Ok(organisation) => Ok(view.see_other_saying(&format!("/organisations/{}", organisation.handle), "The organisation is created.")),
        Err(Error::Refused(mistakes)) => view.unprocessable(&NewPage { layout: view.layout("profile"), typed, mistakes }),
        Err(error) => Err(error.into()),
    }
}
