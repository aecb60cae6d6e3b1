//! How an algorithm is taken up, for its publishers.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Place;
use crate::algorithms::Access;
use crate::clock::Time;
use crate::db::Conn;
use crate::metrics::Point;
use crate::releases::{self, Uptake};
use crate::web::chart::{Chart, Line, Unit};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "publish/uptake.html")]
struct UptakePage {
    layout: Layout,
    access: Access,
    uptake: Uptake,
    charts: Vec<Chart>,
    now: Time,
    tz: Tz,
}

impl UptakePage {
    /// `publisher/name`.
    fn path(&self) -> String {
        format!("{}/{}", self.access.publisher.handle, self.access.algorithm.name)
    }
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn| {
        let access = place.managed(conn, &user)?;
        Ok((releases::uptake(conn, access.algorithm.id)?, access))
    };
    let (uptake, access) = store.read(read).await?;
    let charts = charts(&uptake, view.now.date());
    view.page(&UptakePage { layout: view.layout("profile"), access, uptake, charts, now: view.now, tz: view.tz })
}

fn charts(uptake: &Uptake, today: NaiveDate) -> Vec<Chart> {
    let line = |label: &str, class: &'static str, days: &[(NaiveDate, i64)]| Line { label: label.to_owned(), class, points: points(days, today) };
    let chart = |title: &str, lines: Vec<Line>| Chart { key: title.to_owned(), title: title.to_owned(), across: "day", unit: Unit::Count, lines };
    let lines = vec![line("Completed", "line-1", &uptake.completed), line("Failed", "line-2", &uptake.failed)];
    let both = [chart("Subscribers", vec![line("Active subscribers", "line-1", &uptake.subscribers)]), chart("Runs", lines)];
    let empty = uptake.subscribers.is_empty() && uptake.completed.is_empty() && uptake.failed.is_empty();
    if empty { Vec::new() } else { both.into() }
}

/// From nothing the day before to today.
#[allow(clippy::cast_precision_loss)] // exact up to 2^53
fn points(days: &[(NaiveDate, i64)], today: NaiveDate) -> Vec<Point> {
    let at = |day: NaiveDate, count: i64| Point { x: f64::from(day.to_epoch_days()), y: count as f64 };
    let first = days.first().map_or(today, |(day, _)| *day);
    let count = days.last().map_or(0, |(_, count)| *count);
    let before = [at(first - chrono::Duration::days(1), 0)].into_iter();
    let after = days.last().is_none_or(|(last, _)| *last < today).then(|| at(today, count));
    before.chain(days.iter().map(|(day, count)| at(*day, *count))).chain(after).collect()
}
