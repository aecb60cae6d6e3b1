use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::jobs::Job;
use crate::schema::{algorithms, attempts, jobs, publishers, versions};

/// A calendar month in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month of a moment.
    pub fn of(at: Time) -> Self {
        Self { first: at.date().with_day(1).unwrap_or(at.date()) }
    }

    /// The one before.
    pub fn previous(self) -> Self {
        Self { first: self.first.checked_sub_months(chrono::Months::new(1)).unwrap_or(self.first) }
    }

    /// The one after.
    pub fn next(self) -> Self {
        Self { first: self.first.checked_add_months(chrono::Months::new(1)).unwrap_or(self.first) }
    }

    /// `November 2026`.
    pub fn title(self) -> String {
        self.first.format("%B %Y").to_string()
    }

    /// `November`.
    pub fn name(self) -> String {
        self.first.format("%B").to_string()
    }

    fn begin(self) -> Time {
        self.first.and_time(chrono::NaiveTime::MIN)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().filter(|_| fits);
        first.filter(|first| (2000..=9998).contains(&first.year())).map(|first| Self { first }).ok_or(())
    }
}

/// What one job cost in one month.
#[derive(Debug, Clone)]
pub struct Line {
    /// The job as it is now; deleted ones too.
    pub job: Job,
    /// Handle of the algorithm's publisher.
    pub publisher: String,
    /// The algorithm's name.
    pub algorithm: String,
    /// The pinned version's number.
    pub version: String,
    /// Milliseconds Running.
    pub metered_ms: i64,
    /// The sum over its attempts, each rounded once.
    pub cost_micros: i64,
}

/// What one month cost one member.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Which month.
    pub month: Month,
    /// The latest job first.
    pub lines: Vec<Line>,
}

impl Statement {
    /// Milliseconds Running altogether.
    pub fn metered_ms(&self) -> i64 {
        self.lines.iter().map(|line| line.metered_ms).sum()
    }

    /// The total of each currency that jobs were priced in.
    pub fn totals(&self) -> BTreeMap<&str, i64> {
        let mut totals = BTreeMap::new();
        for line in &self.lines {
            *totals.entry(line.job.currency.as_str()).or_insert(0) += line.cost_micros;
        }
        totals
    }
}

/// The bill of a member for a month. An attempt belongs to the month in which it ended, so that past months never change;
/// one that is not over belongs to the month of `at`.
///
/// # Errors
/// Only the database's.
pub fn statement(conn: &mut Conn, owner: i64, month: Month, at: Time) -> Result<Statement> {
    let in_month = attempts::ended_at.ge(month.begin()).and(attempts::ended_at.lt(month.next().begin()));
    let theirs = attempts::table
        .inner_join(jobs::table.inner_join(versions::table).inner_join(algorithms::table.inner_join(publishers::table)))
        .filter(jobs::owner_id.eq(owner))
        .filter(attempts::metered_ms.gt(0))
        .order((jobs::id.desc(), attempts::number))
        .select((Job::as_select(), publishers::handle, algorithms::name, versions::number, attempts::metered_ms, attempts::cost_micros));
    let rows: Vec<(Job, String, String, String, i64, i64)> = if month == Month::of(at) {
        theirs.filter(in_month.or(attempts::ended_at.is_null())).load(conn)?
    } else {
        theirs.filter(in_month).load(conn)?
    };
    let mut lines: Vec<Line> = Vec::new();
    for (job, publisher, algorithm, version, metered_ms, cost_micros) in rows {
        match lines.last_mut().filter(|line| line.job.id == job.id) {
            Some(line) => {
                line.metered_ms += metered_ms;
                line.cost_micros += cost_micros;
            }
            None => lines.push(Line { job, publisher, algorithm, version, metered_ms, cost_micros }),
        }
    }
    Ok(Statement { month, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_strictly() {
        let month: Month = "2026-11".parse().unwrap();
        assert_eq!((month.to_string(), month.title()), ("2026-11".to_owned(), "November 2026".to_owned()));
        assert_eq!((month.previous().to_string(), month.next().next().to_string()), ("2026-10".to_owned(), "2027-01".to_owned()));
        for wrong in ["", "2026", "2026-13", "2026-1", "26-11", "2026-11-01", "+026-11", "9999-01"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
