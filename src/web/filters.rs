//! What templates write as `|name`: links to static files, icons, and numbers and times as people read them.
//!
//! No filter reads the clock: what compares with the present takes `now`.

#![allow(missing_docs, reason = "the attribute macro makes a bare struct and method of each filter")]

use std::fmt::Write as _;

use askama::filters::Safe;
use askama::{Result, Values};
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use crate::web::assets;
use sprite::Icon;

mod sprite;
mod task;
mod time;

/// A whole number, behind any number of references.
pub trait Whole {
    /// The number.
    fn whole(&self) -> i128;
}

macro_rules! whole {
    ($($kind:ty)*) => { $(impl Whole for $kind {
        fn whole(&self) -> i128 {
            i128::try_from(*self).unwrap_or(i128::MAX)
        }
    })* };
}
whole!(i32 i64 u16 u32 u64 usize);

impl<T: Whole + ?Sized> Whole for &T {
    fn whole(&self) -> i128 {
        (**self).whole()
    }
}

/// A share of one, behind any number of references.
pub trait Share {
    /// The share, 0.0 to 1.0.
    fn share(&self) -> f64;
}

impl Share for f64 {
    fn share(&self) -> f64 {
        *self
    }
}

impl<T: Share + ?Sized> Share for &T {
    fn share(&self) -> f64 {
        (**self).share()
    }
}

/// A moment in UTC, behind any number of references.
pub trait Moment {
    /// The moment.
    fn moment(&self) -> NaiveDateTime;
}

impl Moment for NaiveDateTime {
    fn moment(&self) -> NaiveDateTime {
        *self
    }
}

impl<T: Moment + ?Sized> Moment for &T {
    fn moment(&self) -> NaiveDateTime {
        (**self).moment()
    }
}

/// `"app.css"|asset`: the path of a static file.
#[askama::filter_fn]
pub fn asset<T: std::fmt::Display>(name: T, _: &dyn Values) -> Result<&'static str> {
    Ok(assets::url(&name.to_string()))
}

/// `"check"|icon`: an icon of the sprite, hidden from screen readers: a word stands beside it, or a label on its control.
#[askama::filter_fn]
pub fn icon<T: std::fmt::Display>(name: T, _: &dyn Values) -> Result<Safe<Icon<T>>> {
    Ok(Safe(Icon::new(name)))
}

/// `"loader-2"|icon_class("spin")`: an icon with more classes.
#[askama::filter_fn]
pub fn icon_class<T: std::fmt::Display>(name: T, _: &dyn Values, class: &str) -> Result<Safe<Icon<T>>> {
    Ok(Safe(Icon { more: class.to_owned(), ..Icon::new(name) }))
}

/// `algorithm.task|task_icon`: an icon for what an algorithm does.
#[askama::filter_fn]
pub fn task_icon<T: AsRef<str>>(task: T, _: &dyn Values) -> Result<Safe<Icon<&'static str>>> {
    Ok(Safe(Icon::new(task::icon(task.as_ref()))))
}

/// `1022|count`: 1,022.
#[askama::filter_fn]
pub fn count<T: Whole>(value: T, _: &dyn Values) -> Result<String> {
    Ok(grouped(value.whole()))
}

/// A whole number in groups of three digits.
pub fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `bytes|bytes`: 48.2 KiB.
#[askama::filter_fn]
pub fn bytes<T: Whole>(value: T, _: &dyn Values) -> Result<String> {
    Ok(binary(value.whole().max(0)))
}

fn binary(bytes: i128) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut tenths, mut unit) = (bytes * 10, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    match tenths % 10 {
        0 => format!("{} {}", grouped(tenths / 10), UNITS[unit]),
        rest => format!("{}.{rest} {}", grouped(tenths / 10), UNITS[unit]),
    }
}

/// `digest|short_digest`: its two ends, enough to compare by eye.
#[askama::filter_fn]
pub fn short_digest<T: AsRef<str>>(digest: T, _: &dyn Values) -> Result<String> {
    let digest = digest.as_ref();
    let ends = digest.get(..8).zip(digest.get(digest.len().saturating_sub(6)..));
    Ok(ends.map_or_else(|| digest.to_owned(), |(start, end)| format!("{start}…{end}")))
}

/// `micros|money("USD")`: $0.05, and "< $0.01" for what would else look free.
#[askama::filter_fn]
pub fn money<T: Whole>(micros: T, _: &dyn Values, currency: &str) -> Result<String> {
    Ok(match micros.whole() {
        1..5_000 => format!("< {}", decimal(10_000, 2, currency)),
        micros => decimal(micros, 2, currency),
    })
}

/// `micros|money4("USD")`: $0.0536, for columns that have to add up.
#[askama::filter_fn]
pub fn money4<T: Whole>(micros: T, _: &dyn Values, currency: &str) -> Result<String> {
    Ok(decimal(micros.whole(), 4, currency))
}

/// `micros|money6("USD")`: $0.053616, to the last micro-unit.
#[askama::filter_fn]
pub fn money6<T: Whole>(micros: T, _: &dyn Values, currency: &str) -> Result<String> {
    Ok(decimal(micros.whole(), 6, currency))
}

/// Micro-units with 0 to 6 `places`, rounded half to even as the bills are.
fn decimal(micros: i128, places: u32, currency: &str) -> String {
    let step = 10_i128.pow(6 - places);
    let (whole, rest) = (micros.unsigned_abs() as i128 / step, micros.unsigned_abs() as i128 % step);
    let units = whole + i128::from(rest * 2 > step || (rest * 2 == step && whole % 2 == 1));
    let scale = 10_i128.pow(places);
    let mut text = String::from(if micros < 0 { "−" } else { "" });
    match currency {
        "USD" => text.push('$'),
        "EUR" => text.push('€'),
        "GBP" => text.push('£'),
        other => text = format!("{text}{other} "),
    }
    let _ = write!(text, "{}.{:0width$}", grouped(units / scale), units % scale, width = places as usize);
    text
}

/// `millis|duration_ms`: 0.4 s, 12 s, 6 min 12 s, 7 h 41 min, 3 d 4 h.
#[askama::filter_fn]
pub fn duration_ms<T: Whole>(millis: T, _: &dyn Values) -> Result<String> {
    Ok(duration(millis.whole().max(0)))
}

fn duration(millis: i128) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("0.{} s", millis / 100),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// `0.979|percent`: 97.9 %. What is not whole is never rounded to 100.
#[askama::filter_fn]
pub fn percent<T: Share>(value: T, _: &dyn Values) -> Result<String> {
    Ok(percentage(value.share()))
}

fn percentage(share: f64) -> String {
    let share = share.clamp(0.0, 1.0);
    match share {
        1.0 => "100 %".to_owned(),
        _ => format!("{:.1} %", (share * 1000.0).round().min(999.0) / 10.0),
    }
}

/// `at|ago(now, zone)`: 11 days ago, with the exact UTC in the title.
#[askama::filter_fn]
pub fn ago<T: Moment>(at: T, _: &dyn Values, now: &NaiveDateTime, zone: &Tz) -> Result<Safe<String>> {
    Ok(element(at.moment(), &time::ago(at.moment(), *now, *zone)))
}

/// `at|when(now, zone)`: Today, 14:02; Yesterday, 11:38; 3 Nov 2026.
#[askama::filter_fn]
pub fn when<T: Moment>(at: T, _: &dyn Values, now: &NaiveDateTime, zone: &Tz) -> Result<Safe<String>> {
    Ok(element(at.moment(), &time::when(at.moment(), *now, *zone)))
}

/// `at|day(zone)`: 18 Aug 2026.
#[askama::filter_fn]
pub fn day<T: Moment>(at: T, _: &dyn Values, zone: &Tz) -> Result<Safe<String>> {
    Ok(element(at.moment(), &time::day(at.moment(), *zone)))
}

/// `at|stamp(zone)`: 18 Aug 2026, 14:02:11.
#[askama::filter_fn]
pub fn stamp<T: Moment>(at: T, _: &dyn Values, zone: &Tz) -> Result<Safe<String>> {
    Ok(element(at.moment(), &time::stamp(at.moment(), *zone)))
}

/// `at|clock_time(zone)`: 14:02:11.
#[askama::filter_fn]
pub fn clock_time<T: Moment>(at: T, _: &dyn Values, zone: &Tz) -> Result<Safe<String>> {
    Ok(element(at.moment(), &time::clock(at.moment(), *zone)))
}

/// `text` holds no markup: it comes from `time`.
fn element(at: NaiveDateTime, text: &str) -> Safe<String> {
    let (machine, exact) = (at.format("%Y-%m-%dT%H:%M:%SZ"), at.format("%-d %b %Y, %H:%M:%S UTC"));
    Safe(format!("<time datetime=\"{machine}\" title=\"{exact}\">{text}</time>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::filters;

    #[test]
    fn whole_numbers_are_grouped_by_thousands() {
        let written: Vec<String> = [0, 7, 999, 1_022, 1_234_567, -1_022].map(grouped).into();
        assert_eq!(written, ["0", "7", "999", "1,022", "1,234,567", "−1,022"]);
    }

    #[test]
    fn sizes_have_one_decimal_at_most() {
        let written: Vec<String> = [0, 1_023, 1_024, 49_357, 40_265_318, 1 << 40].map(binary).into();
        assert_eq!(written, ["0 B", "1,023 B", "1 KiB", "48.2 KiB", "38.4 MiB", "1 TiB"]);
    }

    #[test]
    fn money_is_rounded_half_to_even_and_never_looks_free() {
        assert_eq!(decimal(53_616, 2, "USD"), "$0.05");
        assert_eq!(decimal(53_616, 4, "USD"), "$0.0536");
        assert_eq!(decimal(53_616, 6, "USD"), "$0.053616");
        assert_eq!((decimal(25_000, 2, "EUR"), decimal(35_000, 2, "EUR")), ("€0.02".to_owned(), "€0.04".to_owned()));
        assert_eq!(decimal(1_234_560_000, 2, "CHF"), "CHF 1,234.56");
        assert_eq!(decimal(-53_616, 2, "GBP"), "−£0.05");
    }

    #[test]
    fn durations_name_the_two_largest_units() {
        let written: Vec<String> = [0, 420, 12_000, 372_000, 27_660_000, 273_600_000].map(duration).into();
        assert_eq!(written, ["0.0 s", "0.4 s", "12 s", "6 min 12 s", "7 h 41 min", "3 d 4 h"]);
    }

    #[test]
    fn only_the_whole_is_a_hundred_percent() {
        let written: Vec<String> = [0.0, 0.9786, 0.9999, 1.0, 7.0].map(percentage).into();
        assert_eq!(written, ["0.0 %", "97.9 %", "99.9 %", "100 %", "100 %"]);
    }

    #[derive(askama::Template)]
    #[template(
        source = "{{ runs|count }} {{ cost|money(currency) }} {{ at|day(zone) }} {{ at|ago(now, zone) }} {{ \"app.css\"|asset }}",
        ext = "html"
    )]
    struct Line {
        runs: i64,
        cost: i64,
        currency: String,
        at: NaiveDateTime,
        now: NaiveDateTime,
        zone: Tz,
    }

    #[test]
    fn templates_can_call_them() {
        let at = NaiveDateTime::parse_from_str("2026-08-18 23:30:05", "%Y-%m-%d %H:%M:%S").unwrap();
        let line = Line { runs: 1022, cost: 4_000, currency: "USD".to_owned(), at, now: at + chrono::Duration::days(11), zone: Tz::Europe__Berlin };
        let time = "<time datetime=\"2026-08-18T23:30:05Z\" title=\"18 Aug 2026, 23:30:05 UTC\">";
        let written = askama::Template::render(&line).unwrap();
        assert!(written.starts_with(&format!("1,022 &#60; $0.01 {time}19 Aug 2026</time> {time}11 days ago</time> /static/")), "{written}");
    }
}

/// `mistakes|of("handle")`: the sentence beside a field, or nothing.
#[askama::filter_fn]
pub fn of<'a>(mistakes: &'a crate::error::Mistakes, _: &dyn Values, field: &str) -> Result<&'a str> {
    Ok(mistakes.get(field).map_or("", String::as_str))
}
