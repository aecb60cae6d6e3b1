use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Place;
use super::head::{self, Head, Tab};
use crate::db::Conn;
use crate::error;
use crate::measured::{self, Measured};
use crate::overview::{self, Mine};
use crate::search::Stamp;
use crate::web::actions::Actions;
use crate::web::drawn::Source;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::kept::{Moment, Prose, Sheet};
use crate::web::page::{Layout, View};
use crate::web::store::{App, Store};

#[derive(Template)]
#[template(path = "algorithms/description.html", blocks = ["tab"])]
struct DescriptionPage {
    layout: Layout,
    head: Head,
    measured: Arc<Measured>,
    description: Option<Arc<str>>,
    delivery: Option<Arc<str>>,
    restrictions: Option<Arc<str>>,
}

/// The README in place of a description.
enum Readme {
    None,
    Drawn(Arc<str>),
    Text(String),
}

/// The **Description** tab, which is the algorithm's page.
pub async fn page(store: Store, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let path = place.path();
    if let Some(sheet) = kept(&store, &view, &path).await? {
        let (drawn, source) = (&store.app().drawn, Source::Sheet(sheet.number));
        if let Some(page) = view.again(drawn, source) {
            return Ok(page);
        }
        let page = sheet_page(&store, &view, &sheet);
        return if view.is_partial() { view.page_of(drawn, source, &page.as_tab()) } else { view.page_of(drawn, source, &page) };
    }
    let page = read(&store, &view, place.into_inner()).await?;
    if view.viewer.user.is_none() {
        store.app().kept.keep_sheet(path, Sheet::of(&page));
    }
    view.page_or(&page, page.as_tab())
}

/// What a visitor saw before, unless anything about the algorithm has changed since.
async fn kept(store: &Store, view: &View, path: &str) -> Result<Option<Arc<Sheet>>> {
    let app = store.app();
    let Some(sheet) = app.kept.sheet(path).filter(|_| view.viewer.user.is_none()) else { return Ok(None) };
    let stamp = Stamp::of(&sheet.access.algorithm);
    let is_still = || app.catalogue.is_still(&app.db, stamp);
    if !is_still() {
        store.apart(|app| app.catalogue.look(&app.db)).await?;
    }
    Ok(is_still().then_some(sheet))
}

fn sheet_page(store: &Store, view: &View, sheet: &Sheet) -> DescriptionPage {
    let Sheet { access, overview, measured, description, delivery, restrictions, .. } = sheet.clone();
    let actions = Actions::of(store.app(), &access, Mine::default());
    let head = Head::of(view, Tab::Description, access, overview, actions);
    DescriptionPage { layout: view.layout("market"), head, measured, description, delivery, restrictions }
}

impl Sheet {
    fn of(page: &DescriptionPage) -> Self {
        let mut access = page.head.access.clone();
        // Drawn already, and long.
        for text in [&mut access.algorithm.description, &mut access.algorithm.delivery, &mut access.algorithm.restrictions] {
            text.clear();
        }
        let (overview, measured) = (page.head.overview.clone(), Arc::clone(&page.measured));
        let [description, delivery, restrictions] = [&page.description, &page.delivery, &page.restrictions].map(Clone::clone);
        Self { number: Self::next_number(), access, overview, measured, description, delivery, restrictions }
    }
}

/// Reads and draws it all on one thread: each change of threads costs a visitor more than a query.
async fn read(store: &Store, view: &View, place: Place) -> Result<DescriptionPage> {
    let shown = view.clone();
    let work = move |app: &App| {
        let then = |conn: &mut Conn, head: &Head, app: &App| Ok((measured(conn, head, app)?, readme(conn, head, app)?));
        let (head, (measured, readme)) = head::read(app, &shown, &place, Tab::Description, then)?;
        let texts = &head.access.algorithm;
        let delivery = section(app, "delivery-", &texts.delivery);
        let restrictions = section(app, "restrictions-", &texts.restrictions);
        let description = match readme {
            Readme::None => section(app, "doc-", &texts.description),
            Readme::Drawn(html) => Some(html),
            Readme::Text(text) => draw_readme(app, &head, &text),
        };
        Ok(DescriptionPage { layout: shown.layout("market"), head, measured, description, delivery, restrictions })
    };
    Ok(store.apart(work).await?)
}

fn measured(conn: &mut Conn, head: &Head, app: &App) -> error::Result<Arc<Measured>> {
    let Some(edition) = &head.overview.edition else { return Ok(Arc::default()) };
    let algorithm = &head.access.algorithm;
    let moment = Moment { version: edition.id, completed: algorithm.completed, failed: algorithm.failed };
    app.kept.measured(moment, || measured::of_version(conn, edition.id, head.now))
}

/// What was drawn of this archive before needs no reading: its digest names its README.
fn readme(conn: &mut Conn, head: &Head, app: &App) -> error::Result<Readme> {
    match &head.overview.edition {
        Some(edition) if head.access.algorithm.description.trim().is_empty() => Ok(match app.kept.readme(&edition.digest) {
            Some(html) => Readme::Drawn(html),
            None => Readme::Text(overview::readme(conn, edition.id)?),
        }),
        _ => Ok(Readme::None),
    }
}

fn draw_readme(app: &App, head: &Head, text: &str) -> Option<Arc<str>> {
    let html = section(app, "doc-", text)?;
    if let Some(edition) = &head.overview.edition {
        app.kept.keep_readme(&edition.digest, &html);
    }
    Some(html)
}

fn section(app: &App, prefix: &str, text: &str) -> Option<Arc<str>> {
    (!text.trim().is_empty()).then(|| app.kept.draw(&Prose::new(prefix, text)))
}
