//! How an algorithm is taken up: who subscribes, how its runs end, and where they fail.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{jobs, subscription_events, subscriptions, versions};

/// Events and jobs looked at, the newest.
const MOST: i64 = 50_000;
/// Groups of failures shown.
const GROUPS: usize = 50;

/// What has become of an algorithm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Uptake {
    /// Active subscribers at the end of each day on which that changed.
    pub subscribers: Vec<(NaiveDate, i64)>,
    /// Completed runs up to the end of each day on which some ended.
    pub completed: Vec<(NaiveDate, i64)>,
    /// Failed runs, the same way.
    pub failed: Vec<(NaiveDate, i64)>,
    /// By version, the newest first.
    pub versions: Vec<OfVersion>,
    /// The most frequent first.
    pub failures: Vec<Failures>,
}

/// How the runs of one version end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfVersion {
    /// Its number.
    pub number: String,
    /// Runs that completed.
    pub completed: i64,
    /// Runs that failed.
    pub failed: i64,
    /// Different members who ran it.
    pub people: i64,
}

impl OfVersion {
    /// Share of finished runs that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        let finished = self.completed + self.failed;
        #[allow(clippy::cast_precision_loss)] // exact up to 2^53 runs
        (finished > 0).then(|| self.completed as f64 / finished as f64)
    }
}

/// Runs that failed alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// Exception class and source line, or the exit code.
    pub failure: String,
    /// Of which version.
    pub number: String,
    /// How many.
    pub runs: i64,
    /// Different members who met it.
    pub people: i64,
    /// When the last of them ended.
    pub last: Option<Time>,
}

/// How an algorithm is taken up.
///
/// # Errors
/// Only the database's.
pub fn uptake(conn: &mut Conn, algorithm: i64) -> Result<Uptake> {
    let numbers = versions::table.filter(versions::algorithm_id.eq(algorithm)).order(versions::rank.desc());
    let numbers: Vec<(i64, String)> = numbers.select((versions::id, versions::number)).load(conn)?;
    let finished = jobs::table.filter(jobs::algorithm_id.eq(algorithm)).filter(jobs::state.eq_any(["completed", "failed"]));
    let columns = (jobs::version_id, jobs::state, jobs::owner_id, jobs::ended_at, jobs::failure);
    let mut runs: Vec<Run> = finished.order(jobs::id.desc()).limit(MOST).select(columns).load(conn)?;
    runs.reverse();
    let ends = |state: &str| daily(runs.iter().filter(|run| run.state == state).filter_map(|run| Some((run.ended_at?, 1))));
    Ok(Uptake {
        subscribers: subscribers(conn, algorithm)?,
        completed: ends("completed"),
        failed: ends("failed"),
        versions: numbers.iter().map(|(id, number)| of_version(number, runs.iter().filter(|run| run.version == *id))).collect(),
        failures: failures(&numbers, &runs),
    })
}

#[derive(Queryable)]
struct Run {
    version: i64,
    state: String,
    owner: i64,
    ended_at: Option<Time>,
    failure: Option<String>,
}

fn subscribers(conn: &mut Conn, algorithm: i64) -> Result<Vec<(NaiveDate, i64)>> {
    let joined = subscription_events::table.inner_join(subscriptions::table).filter(subscriptions::algorithm_id.eq(algorithm));
    let counted = joined.filter(subscriptions::counted.eq(true)).order(subscription_events::id).limit(MOST);
    let events: Vec<(String, Time)> = counted.select((subscription_events::kind, subscription_events::at)).load(conn)?;
    Ok(daily(events.into_iter().map(|(kind, at)| (at, if kind == "cancelled" { -1 } else { 1 }))))
}

/// Sums up to the end of each day.
fn daily(changes: impl Iterator<Item = (Time, i64)>) -> Vec<(NaiveDate, i64)> {
    let mut days: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for (at, change) in changes {
        *days.entry(at.date()).or_default() += change;
    }
    let mut sum = 0;
    let until = |(day, change): (NaiveDate, i64)| {
        sum += change;
        (day, sum)
    };
    days.into_iter().map(until).collect()
}

fn of_version<'a>(number: &str, runs: impl Iterator<Item = &'a Run>) -> OfVersion {
    let (mut completed, mut failed, mut people) = (0, 0, HashSet::new());
    for run in runs {
        people.insert(run.owner);
        if run.state == "completed" { completed += 1 } else { failed += 1 }
    }
    OfVersion { number: number.to_owned(), completed, failed, people: i64::try_from(people.len()).unwrap_or(i64::MAX) }
}

/// What failed runs of one version at one place have in common.
#[derive(Default)]
struct Group {
    runs: i64,
    people: HashSet<i64>,
    last: Option<Time>,
}

fn failures(numbers: &[(i64, String)], runs: &[Run]) -> Vec<Failures> {
    let mut groups: BTreeMap<(i64, &str), Group> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.state == "failed") {
        let group = groups.entry((run.version, run.failure.as_deref().unwrap_or("not known"))).or_default();
        group.runs += 1;
        group.people.insert(run.owner);
        group.last = group.last.max(run.ended_at);
    }
    let number = |id: i64| numbers.iter().find(|(known, _)| *known == id).map(|(_, number)| number.clone()).unwrap_or_default();
    let words = |((version, failure), group): ((i64, &str), Group)| Failures {
        failure: failure.to_owned(),
        number: number(version),
        runs: group.runs,
        people: i64::try_from(group.people.len()).unwrap_or(i64::MAX),
        last: group.last,
    };
    let mut all: Vec<Failures> = groups.into_iter().map(words).collect();
    all.sort_by_key(|group| std::cmp::Reverse((group.runs, group.last)));
    all.truncate(GROUPS);
    all
}
