use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Place;
use crate::db::Conn;
use crate::error::Mistakes;
use crate::reports::{self, Reason};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "algorithms/report.html", blocks = ["dialog"])]
struct ReportPage {
    layout: Layout,
    place: Place,
    title: String,
    reason: String,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    reason: String,
}

/// Asks what is wrong with the algorithm.
pub async fn form(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let page = draw(&store, &user, &view, place.into_inner(), (String::new(), Mistakes::new())).await?;
    view.page_or(&page, page.as_dialog())
}

/// Reports it to the operator.
pub async fn create(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let reason: Reason = match asked.reason.parse() {
        Ok(reason) => reason,
        Err(sentence) => {
            let mistakes = Mistakes::from([("reason".to_owned(), String::from(sentence))]);
            return view.unprocessable(&draw(&store, &user, &view, place, (asked.reason, mistakes)).await?);
        }
    };
    let (path, viewer, at) = (place.path(), view.viewer.clone(), view.now);
    let work = move |conn: &mut Conn| {
        let access = place.find(conn, &viewer)?;
        reports::create(conn, &user, &access, None, &reason, at)
    };
    let filed = store.write(work).await?;
    Ok(view.see_other_saying(&path, filed.sentence()))
}

async fn draw(store: &Store, user: &SignedIn, view: &View, place: Place, (reason, mistakes): (String, Mistakes)) -> Result<ReportPage> {
    let (there, viewer, reporter) = (place.clone(), view.viewer.clone(), user.id);
    let read = move |conn: &mut Conn| {
        let access = there.find(conn, &viewer)?;
        reports::check(reporter, &access, None)?;
        Ok(access.algorithm.title)
    };
    let title = store.read(read).await?;
    Ok(ReportPage { layout: view.layout("market"), place, title, reason, mistakes })
}
