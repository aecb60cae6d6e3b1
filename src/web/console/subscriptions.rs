//! Algorithm Management > My subscription.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::algorithms::{Listing, Reader};
use crate::clock::Time;
use crate::config::{Config, Region};
use crate::db::Conn;
use crate::engines::Room;
use crate::jobs;
use crate::subscriptions::{self, Entry, Standing};
use crate::versions::{self, Check};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::paging::{Pages, ROWS};
use crate::web::rail::{Rail, region_of};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Versions that are listed before the older ones are asked for.
const FIRST: i64 = 10;
/// More than anybody reads; a list has an end.
const ALL: i64 = 1000;

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    page: Option<String>,
    /// `publisher/name` of the row that is expanded.
    open: Option<String>,
    /// `all`: older versions too.
    versions: Option<String>,
    /// `publisher/name`: the one row that htmx wants back, expanded or not.
    row: Option<String>,
}

/// A row of the table.
pub struct Line {
    entry: Entry,
    /// `publisher/name`.
    path: String,
    /// How many flavors of this region meet what the newest version needs.
    fit: usize,
    /// What it needs: an icon and the words.
    needs: Vec<(&'static str, String)>,
    /// When it is expanded: its versions.
    versions: Option<Vec<Standing>>,
}

/// What a row is drawn with beside itself.
pub struct Place {
    region: String,
    flavors: usize,
    currency: String,
    /// Address of this page without the row that is expanded, ready for one more pair.
    here: String,
    now: Time,
    tz: Tz,
}

#[derive(Template)]
#[template(path = "console/subscriptions.html")]
struct SubscriptionsPage {
    layout: Layout,
    rail: Rail,
    lines: Vec<Line>,
    place: Place,
    pages: Pages,
    q: String,
    /// Address of another page of the list, up to its number.
    turn: String,
}

#[derive(Template)]
#[template(path = "console/subscription.html")]
struct LineFragment {
    line: Line,
    place: Place,
}

/// **My subscription**: what this member can use here; one row at a time shows its versions.
pub async fn page(store: Store, user: SignedIn, view: View, region: web::Path<String>, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let region = region_of(&store.app().config, &region)?.clone();
    let place = Place::of(&store.app().config, &region, &view, &asked);
    let room = store.app().engines.room(&region.id);
    let reader = Reader::of(Some(&user));
    let (at, limit) = (region.clone(), if asked.versions.as_deref() == Some("all") { ALL } else { FIRST });
    if view.is_partial()
        && let Some(path) = asked.row.clone()
    {
        let open = asked.open.as_deref() == Some(path.as_str());
        let line = store.read(move |conn| one(conn, reader, &at, &path, open.then_some(limit))).await?;
        return view.page(&LineFragment { line: line.counted(&region, room), place });
    }
    let rail = Rail::of(&store, &user, &region.id, "subscriptions").await?;
    let (q, number, open) = (asked.q.clone(), asked.page, asked.open);
    let load = move |conn: &mut Conn| list(conn, reader, &at, &q, number.as_deref(), open.as_deref(), limit);
    let (lines, pages) = store.read(load).await?;
    let lines = lines.into_iter().map(|line| line.counted(&region, room)).collect();
    let turn = format!("?q={}&page=", utf8_percent_encode(&asked.q, NON_ALPHANUMERIC));
    let page = SubscriptionsPage { layout: view.layout("console"), rail, lines, place, pages, turn, q: asked.q };
    view.page(&page)
}

impl Place {
    fn of(config: &Config, region: &Region, view: &View, asked: &Asked) -> Self {
        let mut here = String::from("?");
        for (key, value) in [("q", Some(asked.q.as_str())), ("page", asked.page.as_deref())] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                here += &format!("{key}={}&", utf8_percent_encode(value, NON_ALPHANUMERIC));
            }
        }
        Self { region: region.id.clone(), flavors: region.flavors.len(), currency: config.currency.clone(), here, now: view.now, tz: view.tz }
    }
}

/// The page of the list, with the row that is expanded; it stands first when it is on another page.
fn list(
    conn: &mut Conn,
    reader: Reader,
    region: &Region,
    q: &str,
    number: Option<&str>,
    open: Option<&str>,
    limit: i64,
) -> crate::error::Result<(Vec<Line>, Pages)> {
    let total = subscriptions::entries_count(conn, reader, q)?;
    let pages = Pages::of(number, total);
    let entries = subscriptions::entries(conn, reader, &region.id, q, pages.offset(), ROWS)?;
    let mut lines: Vec<Line> = entries.into_iter().map(Line::of).collect();
    let Some(open) = open else { return Ok((lines, pages)) };
    if let Some(line) = lines.iter_mut().find(|line| line.path == open) {
        let user = reader.user.unwrap_or(0);
        line.versions = Some(subscriptions::versions_of(conn, user, line.entry.algorithm.id, limit)?);
    } else if q.is_empty() {
        match one(conn, reader, region, open, Some(limit)) {
            Ok(line) => lines.insert(0, line),
            // Cancelled in the meantime: the list as it is says so.
            Err(crate::error::Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((lines, pages))
}

/// One row; with `limit`, its newest versions too.
fn one(conn: &mut Conn, reader: Reader, region: &Region, path: &str, limit: Option<i64>) -> crate::error::Result<Line> {
    let (publisher, name) = path.split_once('/').ok_or(crate::error::Error::NotFound)?;
    let entry = subscriptions::entry(conn, reader, &region.id, publisher, name)?;
    let mut line = Line::of(entry);
    if let Some(limit) = limit {
        let user = reader.user.ok_or(crate::error::Error::NotFound)?;
        line.versions = Some(subscriptions::versions_of(conn, user, line.entry.algorithm.id, limit)?);
    }
    Ok(line)
}

fn glyph(check: Check) -> &'static str {
    match check {
        Check::Accelerator | Check::Cpus => "cpu",
        Check::Memory => "server",
        Check::Nodes => "box",
        Check::AtSubmit => "file-search",
    }
}

impl Line {
    fn of(entry: Entry) -> Self {
        let requires = entry.requires.as_ref();
        let needs = |requires| versions::needs(requires).into_iter().map(|need| (glyph(need.check), need.sentence.replace('`', ""))).collect();
        Self {
            path: format!("{}/{}", entry.publisher.handle, entry.algorithm.name),
            fit: 0,
            needs: requires.map_or_else(Vec::new, needs),
            entry,
            versions: None,
        }
    }

    /// With the number of flavors that meet its constraints in a region.
    fn counted(self, region: &Region, room: Option<Room>) -> Self {
        let fit = self.entry.requires.as_ref().map_or(0, |requires| jobs::suitable(region, requires, room.as_ref()));
        Self { fit, ..self }
    }

    /// How many versions are not shown.
    fn older(&self) -> i64 {
        let shown = self.versions.as_ref().map_or(0, Vec::len);
        self.entry.versions - i64::try_from(shown).unwrap_or(i64::MAX)
    }
}
