//! Hiding or delisting what was reported.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Why;
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::reports::{self, Case};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::Operator;

/// What is done about a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Hide,
    Delist,
}

#[derive(Template)]
#[template(path = "operator/closing.html", blocks = ["dialog"])]
struct ClosingPage {
    layout: Layout,
    case: Case,
    measure: Measure,
    reason: String,
    mistakes: Mistakes,
}

/// Asks why a comment is to be hidden.
pub async fn hiding(store: Store, _: Operator, view: View, id: web::Path<i64>) -> Result<HttpResponse> {
    ask(&store, &view, id.into_inner(), Measure::Hide).await
}

/// Hides it.
pub async fn hide(store: Store, operator: Operator, view: View, id: web::Path<i64>, Form(why): Form<Why>) -> Result<HttpResponse> {
    act(&store, operator, &view, (id.into_inner(), Measure::Hide), why.reason).await
}

/// Asks why an algorithm is to be delisted.
pub async fn delisting(store: Store, _: Operator, view: View, id: web::Path<i64>) -> Result<HttpResponse> {
    ask(&store, &view, id.into_inner(), Measure::Delist).await
}

/// Delists it.
pub async fn delist(store: Store, operator: Operator, view: View, id: web::Path<i64>, Form(why): Form<Why>) -> Result<HttpResponse> {
    act(&store, operator, &view, (id.into_inner(), Measure::Delist), why.reason).await
}

async fn ask(store: &Store, view: &View, id: i64, measure: Measure) -> Result<HttpResponse> {
    let page = draw(store, view, (id, measure), (String::new(), Mistakes::new())).await?;
    view.page_or(&page, page.as_dialog())
}

async fn act(store: &Store, operator: Operator, view: &View, (id, measure): (i64, Measure), reason: String) -> Result<HttpResponse> {
    let (why, at) = (reason.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let case = reports::find(conn, id)?;
        match measure {
            Measure::Hide => reports::hide(conn, &operator.0, &case, &why, at),
            Measure::Delist => reports::delist(conn, &operator.0, &case, &why, at),
        }
    };
    match store.write(write).await {
        Ok(()) => Ok(view.see_other_saying("/operator/reports", measure.done())),
        Err(Error::Refused(mistakes)) => view.unprocessable(&draw(store, view, (id, measure), (reason, mistakes)).await?),
        Err(error) => Err(error.into()),
    }
}

async fn draw(store: &Store, view: &View, (id, measure): (i64, Measure), (reason, mistakes): (String, Mistakes)) -> Result<ClosingPage> {
    let case = store.read(move |conn| reports::find(conn, id)).await?;
    let possible = match measure {
        Measure::Hide => case.can_hide(),
        Measure::Delist => case.can_delist(),
    };
    match possible {
        true => Ok(ClosingPage { layout: view.layout("profile"), case, measure, reason, mistakes }),
        false => Err(Error::Conflict("There is nothing left to do about this report, or it is closed already.").into()),
    }
}

impl Measure {
    fn done(self) -> &'static str {
        match self {
            Self::Hide => "The comment is hidden and the report closed.",
            Self::Delist => "It is off the market and the report closed.",
        }
    }
}

impl ClosingPage {
    fn hides(&self) -> bool {
        self.measure == Measure::Hide
    }
}
