//! Times in words, in the reader's zone.

use chrono::{NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;

/// How long before (or after) `now`: just now, 5 minutes ago, yesterday, 3 weeks ago, in 2 hours.
pub fn ago(at: NaiveDateTime, now: NaiveDateTime, zone: Tz) -> String {
    let seconds = (now - at).num_seconds();
    let days = (local(now, zone).date() - local(at, zone).date()).num_days();
    let length = match seconds.abs() {
        0..45 => return "just now".to_owned(),
        45..3_570 => plural((seconds.abs() + 30) / 60, "minute"),
        3_570..86_400 => plural((seconds.abs() + 1_800) / 3_600, "hour"),
        _ if days == 1 => return "yesterday".to_owned(),
        _ if days == -1 => return "tomorrow".to_owned(),
        _ => match days.abs() {
            day @ ..14 => plural(day, "day"),
            day @ 14..60 => plural(day / 7, "week"),
            day @ 60..365 => plural(day * 12 / 365, "month"),
            day => plural(day / 365, "year"),
        },
    };
    if seconds < 0 { format!("in {length}") } else { format!("{length} ago") }
}

/// The day as near as it is: "Today, 14:02", "Yesterday, 11:38", else the date.
pub fn when(at: NaiveDateTime, now: NaiveDateTime, zone: Tz) -> String {
    let here = local(at, zone);
    match (local(now, zone).date() - here.date()).num_days() {
        0 => here.format("Today, %H:%M").to_string(),
        1 => here.format("Yesterday, %H:%M").to_string(),
        _ => day(at, zone),
    }
}

/// 18 Aug 2026.
pub fn day(at: NaiveDateTime, zone: Tz) -> String {
    local(at, zone).format("%-d %b %Y").to_string()
}

/// 18 Aug 2026, 14:02:11.
pub fn stamp(at: NaiveDateTime, zone: Tz) -> String {
    local(at, zone).format("%-d %b %Y, %H:%M:%S").to_string()
}

/// 14:02:11.
pub fn clock(at: NaiveDateTime, zone: Tz) -> String {
    local(at, zone).format("%H:%M:%S").to_string()
}

fn local(at: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    zone.from_utc_datetime(&at).naive_local()
}

fn plural(number: i64, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, NaiveDate};

    use super::*;

    fn noon() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(12, 0, 0).unwrap()
    }

    #[test]
    fn ago_uses_the_largest_unit_that_says_enough() {
        for (past, expected) in [
            (Duration::seconds(10), "just now"),
            (Duration::seconds(60), "1 minute ago"),
            (Duration::minutes(59), "59 minutes ago"),
            (Duration::minutes(60), "1 hour ago"),
            (Duration::hours(23), "23 hours ago"),
            (Duration::hours(30), "yesterday"),
            (Duration::days(11), "11 days ago"),
            (Duration::days(23), "3 weeks ago"),
            (Duration::days(100), "3 months ago"),
            (Duration::days(800), "2 years ago"),
            (Duration::hours(-2), "in 2 hours"),
        ] {
            assert_eq!(ago(noon() - past, noon(), Tz::UTC), expected);
        }
    }

    #[test]
    fn the_day_is_the_readers_own() {
        let late = noon() + Duration::hours(11) + Duration::minutes(30);
        assert_eq!(day(late, Tz::UTC), "22 Nov 2026");
        assert_eq!(day(late, Tz::Europe__Berlin), "23 Nov 2026");
        assert_eq!(when(late, late, Tz::Europe__Berlin), "Today, 00:30");
        assert_eq!(when(noon(), late, Tz::Europe__Berlin), "Yesterday, 13:00");
        assert_eq!(stamp(noon(), Tz::America__New_York), "22 Nov 2026, 07:00:00");
        assert_eq!(clock(noon(), Tz::Asia__Tokyo), "21:00:00");
    }
}
