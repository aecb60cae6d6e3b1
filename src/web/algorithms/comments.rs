//! The **Comments** tab, and what can be done to one comment.

pub(crate) mod answer;
pub(crate) mod deletion;
pub(crate) mod edit;
mod form;
pub(crate) mod hiding;
pub(crate) mod history;
pub(crate) mod report;
mod said;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use self::said::Said;
use super::Place;
use super::head::{self, Head, Tab};
use crate::clock;
use crate::comments::{self, Body, Thread};
use crate::db::Conn;
use crate::error::{self, Error, Mistakes};
use crate::publishers;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::{Form, Query};
use crate::web::page::{Layout, View};
use crate::web::paging::Pages;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "algorithms/comments.html", blocks = ["tab"])]
struct CommentsPage {
    layout: Layout,
    head: Head,
    said: Vec<(Said, Vec<Said>)>,
    pages: Pages,
    /// What was typed, when it could not be taken.
    body: String,
    mistakes: Mistakes,
}

/// Which page of the threads.
#[derive(Deserialize, Default)]
pub struct Paging {
    #[serde(default)]
    page: Option<String>,
}

/// A comment, or with `parent` an answer, as it is posted.
#[derive(Deserialize)]
pub struct NewComment {
    #[serde(default)]
    body: String,
    #[serde(default)]
    parent: String,
}

/// The tab.
pub async fn page(store: Store, view: View, place: web::Path<Place>, Query(paging): Query<Paging>) -> Result<HttpResponse> {
    let page = draw(&store, &view, place.into_inner(), paging, (String::new(), Mistakes::new())).await?;
    view.page_or(&page, page.as_tab())
}

/// Says something, or answers.
pub async fn create(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(form): Form<NewComment>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let parent = match form.parent.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    let body: Body = match form.body.parse() {
        Ok(body) => body,
        Err(sentence) => return refused(&store, &view, place, form.body, parent, sentence).await,
    };
    let (viewer, path) = (view.viewer.clone(), place.path());
    let work = move |conn: &mut Conn| {
        let access = place.find(conn, &viewer)?;
        let id = comments::create(conn, access.algorithm.id, user.id, &body, parent, clock::now())?;
        let comment = comments::find(conn, access.algorithm.id, id)?;
        Ok((id, comments::page_of(conn, &comment)?))
    };
    let (id, page) = store.write(work).await?;
    Ok(view.see_other(&anchor(&path, id, page)))
}

/// The form again, with what was typed.
async fn refused(store: &Store, view: &View, place: Place, body: String, parent: Option<i64>, sentence: &str) -> Result<HttpResponse> {
    let mistakes = Mistakes::from([("body".to_owned(), sentence.to_owned())]);
    if let Some(parent) = parent {
        return answer::refused(store, view, place, parent, body, mistakes).await;
    }
    view.unprocessable(&draw(store, view, place, Paging::default(), (body, mistakes)).await?)
}

/// Where a comment is read.
fn anchor(path: &str, id: i64, page: i64) -> String {
    match page {
        1 => format!("{path}/comments#comment-{id}"),
        page => format!("{path}/comments?page={page}#comment-{id}"),
    }
}

async fn draw(store: &Store, view: &View, place: Place, paging: Paging, typed: (String, Mistakes)) -> Result<CommentsPage> {
    let read = move |conn: &mut Conn, head: &Head, _: &App| read(conn, head, &paging);
    let (head, (threads, team, pages)) = head::with(store, view, place, Tab::Comments, read).await?;
    let said = said::draw(store, view, &head, threads, &team).await?;
    let (body, mistakes) = typed;
    Ok(CommentsPage { layout: view.layout("market"), head, said, pages, body, mistakes })
}

impl CommentsPage {
    /// The address of what can be done to a comment.
    fn place(&self, id: &i64) -> String {
        format!("{}/comments/{id}", self.head.path())
    }

    /// Beginning of the address of another page.
    fn paging(&self) -> String {
        format!("{}/comments?page=", self.head.path())
    }
}

type Found = (Vec<Thread>, Vec<i64>, Pages);

fn read(conn: &mut Conn, head: &Head, paging: &Paging) -> error::Result<Found> {
    let algorithm = head.access.algorithm.id;
    if head.overview.comments == 0 {
        return Ok((Vec::new(), Vec::new(), Pages::of(None, 0)));
    }
    let pages = Pages::of(paging.page.as_deref(), comments::count_threads(conn, algorithm)?);
    let team = publishers::team(conn, &head.access.publisher)?;
    Ok((comments::threads(conn, algorithm, pages.offset())?, team, pages))
}
