//! Deleting a dataset.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

use crate::datasets::{self, Dataset};
use crate::db::Conn;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "data/deletion.html", blocks = ["dialog"])]
struct DeletionPage {
    layout: Layout,
    dataset: Dataset,
}

/// Asks, and says what will happen.
pub async fn form(store: Store, user: SignedIn, view: View, id: Path<i64>) -> Result<HttpResponse> {
    let id = id.into_inner();
    let dataset = store.read(move |conn| datasets::find(conn, user.id, id)).await?;
    let page = DeletionPage { layout: view.layout("console"), dataset };
    view.page_or(&page, page.as_dialog())
}

/// Deletes.
pub async fn create(store: Store, user: SignedIn, view: View, id: Path<i64>) -> Result<HttpResponse> {
    let (id, at) = (id.into_inner(), view.now);
    let delete = move |conn: &mut Conn| {
        let name = datasets::find(conn, user.id, id)?.name;
        datasets::delete(conn, user.id, id, at)?;
        Ok(name)
    };
    let name = store.write(delete).await?;
    Ok(view.see_other_saying("/console/data", &format!("{name} is deleted.")))
}
