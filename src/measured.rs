//! What real jobs say about a version: how often it worked, how long it took, what it cost.

use std::collections::{BTreeMap, HashSet};

use chrono::Duration;
use diesel::prelude::*;

use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::jobs::Hardware;
use crate::metrics;
use crate::schema::jobs;

/// At most so many of the newest finished jobs are looked at.
pub const MOST: i64 = 10_000;
/// Weeks of the little chart.
const WEEKS: usize = 24;

/// Facts from finished jobs of one version, deleted ones too.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// Jobs that completed.
    pub completed: i64,
    /// Jobs that failed.
    pub failed: i64,
    /// Different members who ran them.
    pub people: i64,
    /// When the first of them ended.
    pub since: Option<Time>,
    /// By size of machine, the most used first.
    pub flavors: Vec<OnFlavor>,
    /// Completed jobs per week, this week last.
    pub weeks: Vec<i64>,
}

/// What it takes on one size of machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnFlavor {
    /// Its name as it was at submit, such as "2 vCPU, 4 GiB".
    pub name: String,
    /// Median metered milliseconds of completed jobs; `None` when none completed.
    pub median_ms: Option<i64>,
    /// Median cost of completed jobs, in millionths.
    pub median_micros: Option<i64>,
    /// Of that cost.
    pub currency: String,
    /// Jobs, failed ones too.
    pub jobs: i64,
}

impl Measured {
    /// How many jobs were looked at.
    pub fn jobs(&self) -> i64 {
        self.completed + self.failed
    }

    /// Share of finished jobs that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        share(self.completed, self.failed)
    }

    /// The most completed jobs of a week; at least 1.
    pub fn busiest_week(&self) -> i64 {
        self.weeks.iter().copied().max().unwrap_or(0).max(1)
    }
}

#[allow(clippy::cast_precision_loss)] // exact up to 2^53 jobs
fn share(completed: i64, failed: i64) -> Option<f64> {
    (completed + failed > 0).then(|| completed as f64 / (completed + failed) as f64)
}

#[derive(Queryable)]
struct Run {
    state: String,
    owner: i64,
    region: String,
    flavor: String,
    metered_ms: i64,
    cost_micros: i64,
    currency: String,
    ended_at: Option<Time>,
    id: i64,
}

/// The facts about a version, as of `now`.
///
/// # Errors
/// Only the database's.
pub fn of_version(conn: &mut Conn, version: i64, now: Time) -> Result<Measured> {
    let finished = jobs::table.filter(jobs::version_id.eq(version)).filter(jobs::state.eq_any(["completed", "failed"]));
    let columns =
        ((jobs::state, jobs::owner_id, jobs::region, jobs::flavor), (jobs::metered_ms, jobs::cost_micros, jobs::currency, jobs::ended_at, jobs::id));
    type Row = ((String, i64, String, String), (i64, i64, String, Option<Time>, i64));
    let rows: Vec<Row> = finished.order(jobs::id.desc()).limit(MOST).select(columns).load(conn)?;
    let runs: Vec<Run> = rows
        .into_iter()
        .map(|((state, owner, region, flavor), (metered_ms, cost_micros, currency, ended_at, id))| Run {
            state,
            owner,
            region,
            flavor,
            metered_ms,
            cost_micros,
            currency,
            ended_at,
            id,
        })
        .collect();
    let completed = count(runs.iter().filter(|run| run.is_completed()).count());
    Ok(Measured {
        completed,
        failed: count(runs.len()) - completed,
        people: count(runs.iter().map(|run| run.owner).collect::<HashSet<_>>().len()),
        since: runs.iter().filter_map(|run| run.ended_at).min(),
        weeks: weeks(&runs, now),
        flavors: flavors(conn, &runs)?,
    })
}

/// Completed and failed jobs of each of these versions.
///
/// # Errors
/// Only the database's.
pub fn of_versions(conn: &mut Conn, ids: &[i64]) -> Result<BTreeMap<i64, Tally>> {
    let finished = jobs::table.filter(jobs::version_id.eq_any(ids)).filter(jobs::state.eq_any(["completed", "failed"]));
    let counted = finished.group_by((jobs::version_id, jobs::state)).select((jobs::version_id, jobs::state, diesel::dsl::count_star()));
    let rows: Vec<(i64, String, i64)> = counted.load(conn)?;
    let mut tallies: BTreeMap<i64, Tally> = BTreeMap::new();
    for (version, state, jobs) in rows {
        let tally = tallies.entry(version).or_default();
        match state.as_str() {
            "completed" => tally.completed += jobs,
            _ => tally.failed += jobs,
        }
    }
    Ok(tallies)
}

/// Finished jobs of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Jobs that completed.
    pub completed: i64,
    /// Jobs that failed.
    pub failed: i64,
}

impl Tally {
    /// All of them.
    pub fn jobs(&self) -> i64 {
        self.completed + self.failed
    }

    /// Share that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        share(self.completed, self.failed)
    }
}

impl Run {
    fn is_completed(&self) -> bool {
        self.state == "completed"
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn weeks(runs: &[Run], now: Time) -> Vec<i64> {
    let mut weeks = vec![0; WEEKS];
    for ended in runs.iter().filter(|run| run.is_completed()).filter_map(|run| run.ended_at) {
        let ago = usize::try_from((now - ended).max(Duration::zero()).num_weeks()).unwrap_or(WEEKS);
        if ago < WEEKS {
            weeks[WEEKS - 1 - ago] += 1;
        }
    }
    weeks
}

/// Groups the runs by region and flavor, and takes each one's name from its newest job.
fn flavors(conn: &mut Conn, runs: &[Run]) -> Result<Vec<OnFlavor>> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Run>> = BTreeMap::new();
    for run in runs {
        groups.entry((&run.region, &run.flavor)).or_default().push(run);
    }
    let newest: Vec<i64> = groups.values().filter_map(|runs| runs.first()).map(|run| run.id).collect();
    let hardware: Vec<(i64, String)> = jobs::table.filter(jobs::id.eq_any(&newest)).select((jobs::id, jobs::hardware)).load(conn)?;
    let hardware: BTreeMap<i64, String> = hardware.into_iter().collect();
    let several = groups.keys().map(|(region, _)| region).collect::<HashSet<_>>().len() > 1;
    let mut flavors: Vec<OnFlavor> = groups
        .values()
        .filter_map(|runs| {
            let newest = runs.first()?;
            let (region, name) =
                hardware.get(&newest.id).and_then(|json| names(json)).unwrap_or_else(|| (newest.region.clone(), newest.flavor.clone()));
            Some(OnFlavor {
                name: if several { format!("{name}, {region}") } else { name },
                median_ms: median(runs, |run| run.metered_ms),
                median_micros: median(runs, |run| run.cost_micros),
                currency: newest.currency.clone(),
                jobs: count(runs.len()),
            })
        })
        .collect();
    flavors.sort_by(|a, b| b.jobs.cmp(&a.jobs).then_with(|| a.name.cmp(&b.name)));
    Ok(flavors)
}

/// Names of region and flavor in a job's `hardware`.
fn names(json: &str) -> Option<(String, String)> {
    let hardware: Hardware = serde_json::from_str(json).ok()?;
    Some((hardware.region, hardware.flavor.name))
}

fn median(runs: &[&Run], value: impl Fn(&Run) -> i64) -> Option<i64> {
    metrics::median(runs.iter().filter(|run| run.is_completed()).map(|run| value(run)).collect())
}
