use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::Place;
use super::head::{self, Head, Tab};
use crate::algorithms::{Access, Listing, Mine, Reader, Visibility, judge, judge_with};
use crate::db::Conn;
use crate::error;
use crate::measured::{self, Measured};
use crate::overview;
use crate::search::Stamp;
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
    if let Some(sheet) = kept(&store, &path).await? {
        if view.viewer.user.is_some() {
            return for_member(&store, &view, sheet).await;
        }
        let (drawn, source) = (&store.app().drawn, Source::Sheet(sheet.number));
        if let Some(page) = view.again(drawn, source) {
            return Ok(page);
        }
        let page = sheet_page(store.app(), &view, &sheet, sheet.access.clone());
        return if view.is_partial() { view.page_of(drawn, source, &page.as_tab()) } else { view.page_of(drawn, source, &page) };
    }
    let page = read(&store, &view, place.into_inner()).await?;
    if let Some(sheet) = Sheet::of(&page) {
        store.app().kept.keep_sheet(path, sheet);
    }
    view.page_or(&page, page.as_tab())
}

/// What everybody sees, with what this member is to the algorithm.
async fn for_member(store: &Store, view: &View, sheet: Arc<Sheet>) -> Result<HttpResponse> {
    let (reader, algorithm, publisher) = (Reader::of(view.viewer.user.as_ref()), sheet.access.algorithm.clone(), sheet.access.publisher.clone());
    let access = match view.viewer.bond {
        Some((topic, bond)) if topic == algorithm.topic() => judge_with(reader, bond, algorithm, publisher),
        _ => store.read(move |conn| judge(conn, reader, algorithm, publisher)).await?,
    };
    let page = sheet_page(store.app(), view, &sheet, access.ok_or(error::Error::NotFound)?);
    view.page_or(&page, page.as_tab())
}

/// What a visitor saw before, unless anything about the algorithm has changed since.
async fn kept(store: &Store, path: &str) -> Result<Option<Arc<Sheet>>> {
    let app = store.app();
    let Some(sheet) = app.kept.sheet(path) else { return Ok(None) };
    let is_still = || app.catalogue.is_still(&app.db, &sheet.stamp);
    if !is_still() {
        store.apart(|app| app.catalogue.look(&app.db)).await?;
    }
    Ok(is_still().then_some(sheet))
}

fn sheet_page(app: &App, view: &View, sheet: &Sheet, access: Access) -> DescriptionPage {
    let head = Head::of(app, view, Tab::Description, access, sheet.overview.clone());
    let [description, delivery, restrictions] = [&sheet.description, &sheet.delivery, &sheet.restrictions].map(Clone::clone);
    DescriptionPage { layout: view.layout("market"), head, measured: Arc::clone(&sheet.measured), description, delivery, restrictions }
}

impl Sheet {
    /// What everybody sees of it; `None` when only some may see it at all.
    fn of(page: &DescriptionPage) -> Option<Self> {
        let mut access = Access { own: false, manages: false, subscribed: false, mine: Mine::default(), ..page.head.access.clone() };
        if access.algorithm.visibility != Visibility::Public || access.algorithm.state != Listing::Listed {
            return None;
        }
        // Drawn already, and long.
        for text in [&mut access.algorithm.description, &mut access.algorithm.delivery, &mut access.algorithm.restrictions] {
            text.clear();
        }
        let (overview, measured) = (page.head.overview.clone(), Arc::clone(&page.measured));
        let [description, delivery, restrictions] = [&page.description, &page.delivery, &page.restrictions].map(Clone::clone);
        Some(Self {
            number: Self::next_number(),
            stamp: Stamp::of(&access.algorithm),
            access,
            overview,
            measured,
            description,
            delivery,
            restrictions,
        })
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
