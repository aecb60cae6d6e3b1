use std::collections::BTreeMap;

use diesel::prelude::*;

use super::State;
use crate::db::Conn;
use crate::error::Result;
use crate::metrics::median;
use crate::schema::jobs;

/// What past runs of a version took on one flavor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// How many completed, of the latest 500 of the version.
    pub runs: i64,
    /// Half took less, in milliseconds.
    pub median_ms: i64,
    /// A quarter took less.
    pub quarter_ms: i64,
    /// A quarter took more.
    pub three_quarters_ms: i64,
}

/// By flavor, what the completed jobs of a version took in a region, whoever ran them.
///
/// # Errors
/// Only the database's.
pub fn past_runs(conn: &mut Conn, version: i64, region: &str) -> Result<BTreeMap<String, Past>> {
    let done = jobs::table.filter(jobs::version_id.eq(version)).filter(jobs::state.eq(State::Completed)).filter(jobs::region.eq(region));
    let rows: Vec<(String, i64)> = done.order(jobs::id.desc()).limit(500).select((jobs::flavor, jobs::metered_ms)).load(conn)?;
    let mut by_flavor: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (flavor, ms) in rows {
        by_flavor.entry(flavor).or_default().push(ms);
    }
    Ok(by_flavor.into_iter().map(|(flavor, times)| (flavor, Past::of(times))).collect())
}

impl Past {
    fn of(mut times: Vec<i64>) -> Self {
        times.sort_unstable();
        let at = |quarters: usize| times.get((times.len().saturating_sub(1) * quarters + 2) / 4).copied().unwrap_or(0);
        let (runs, quarter_ms, three_quarters_ms) = (i64::try_from(times.len()).unwrap_or(i64::MAX), at(1), at(3));
        Self { runs, quarter_ms, three_quarters_ms, median_ms: median(times).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_what_was_seen() {
        assert_eq!(Past::of(vec![7]), Past { runs: 1, median_ms: 7, quarter_ms: 7, three_quarters_ms: 7 });
        assert_eq!(Past::of(vec![4, 12]).median_ms, 8);
        assert_eq!(Past::of(vec![50, 10, 40, 20, 30]), Past { runs: 5, median_ms: 30, quarter_ms: 20, three_quarters_ms: 40 });
    }
}
