//! Suspending a member, and ending that.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Why;
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::users;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::Operator;

#[derive(Template)]
#[template(path = "operator/suspension.html", blocks = ["dialog"])]
struct SuspensionPage {
    layout: Layout,
    handle: String,
    reason: String,
    mistakes: Mistakes,
}

/// Asks why.
pub async fn form(store: Store, _: Operator, view: View, handle: web::Path<String>) -> Result<HttpResponse> {
    let handle = handle.into_inner();
    let handle = store.read(move |conn| users::by_handle(conn, &handle)).await?.handle;
    let page = SuspensionPage { layout: view.layout("profile"), handle, reason: String::new(), mistakes: Mistakes::new() };
    view.page_or(&page, page.as_dialog())
}

/// Suspends the member.
pub async fn create(store: Store, operator: Operator, view: View, handle: web::Path<String>, Form(why): Form<Why>) -> Result<HttpResponse> {
    let handle = handle.into_inner();
    let (whose, reason, at) = (handle.clone(), why.reason.clone(), view.now);
    let write = move |conn: &mut Conn| users::suspend(conn, operator.0.id, &whose, &reason, at);
    match store.write(write).await {
        Ok(user) => Ok(view.see_other_saying(&row(&user.handle), &format!("{handle} is suspended and signed out everywhere."))),
        Err(Error::Refused(mistakes)) => view.unprocessable(&SuspensionPage { layout: view.layout("profile"), handle, reason: why.reason, mistakes }),
        Err(error) => Err(error.into()),
    }
}

/// Lets the member in again.
pub async fn end(store: Store, operator: Operator, view: View, handle: web::Path<String>) -> Result<HttpResponse> {
    let (handle, at) = (handle.into_inner(), view.now);
    let user = store.write(move |conn| users::end_suspension(conn, operator.0.id, &handle, at)).await?;
    Ok(view.see_other_saying(&row(&user.handle), &format!("The suspension of {} has ended.", user.handle)))
}

/// The list with this member in it.
fn row(handle: &str) -> String {
    format!("/operator/users?q={handle}")
}
