use std::collections::HashMap;

use diesel::prelude::*;

use super::State;
use super::rows::joined;
use crate::algorithms::{Algorithm, Listing, Reader, Visibility};
use crate::clock::Time;
use crate::consents;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::metrics::median;
use crate::package::{Manifest, Requires};
use crate::publishers::{self, Publisher};
use crate::schema::{algorithms, allowed_users, jobs, publishers as publisher_table, subscriptions, versions};

/// At most so many of the newest finished jobs are looked at.
const MOST: i64 = 10_000;

diesel::define_sql_function! {
    /// Lower case; of ASCII letters only on SQLite.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// An active subscription as the console of a region shows it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What can be used.
    pub algorithm: Algorithm,
    /// Of whom.
    pub publisher: Publisher,
    /// How many versions it has, withdrawn ones too.
    pub versions: i64,
    /// What its newest version needs; `None` when all are withdrawn.
    pub requires: Option<Requires>,
    /// When this member last submitted a job of it in this region.
    pub last_job: Option<Time>,
}

/// A version as the console lists it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// `1.2.3`.
    pub number: String,
    /// When.
    pub published_at: Time,
    /// Why nobody can pick it any more.
    pub withdrawn: Option<String>,
    /// Whether its code is here, so that jobs can run it.
    pub runnable: bool,
    /// Whether it has constraints.
    pub constrained: bool,
    /// Whether this member accepted them, or there are none.
    pub accepted: bool,
    /// Jobs of it that completed, of everybody.
    pub completed: i64,
    /// Jobs of it that failed, of everybody.
    pub failed: i64,
    /// Median metered milliseconds of completed jobs, whatever they ran on; `None` before the first.
    pub median_ms: Option<i64>,
    /// Median cost of completed jobs, in millionths.
    pub median_micros: Option<i64>,
}

impl Standing {
    /// Share of finished jobs that completed, 0 to 1; `None` before the first.
    pub fn success_rate(&self) -> Option<f64> {
        let finished = self.completed + self.failed;
        #[allow(clippy::cast_precision_loss)] // exact up to 2^53 jobs
        (finished > 0).then(|| self.completed as f64 / finished as f64)
    }
}

/// The active subscriptions that this reader can use: of something not for them any more only My Subscriptions tells.
macro_rules! usable {
    ($conn:expr, $reader:expr, $user:expr, $words:expr) => {{
        let own = publishers::of_user($conn, $user)?;
        let mut query = joined!($user).filter(subscriptions::state.eq(State::Active)).into_boxed();
        if !$reader.operator {
            let allowed = algorithms::visibility.eq(Visibility::Users).and(allowed_users::user_id.nullable().is_not_null());
            let open = algorithms::state.ne(Listing::Draft).and(algorithms::visibility.eq(Visibility::Public).or(allowed));
            query = query.filter(open.or(algorithms::publisher_id.eq_any(own)));
        }
        for word in $words {
            let pattern = format!("%{}%", word.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let title = lower(algorithms::title).like(pattern.clone()).escape('\\');
            let name = algorithms::name.like(pattern.clone()).escape('\\');
            let handle = publisher_table::handle.like(pattern.clone()).escape('\\');
            query = query.filter(title.or(name).or(handle).or(lower(publisher_table::name).like(pattern).escape('\\')));
        }
        query
    }};
}

fn words(q: &str) -> Vec<&str> {
    q.split_whitespace().take(8).collect()
}

/// How many there are of [`entries`].
///
/// # Errors
/// Only the database's.
pub fn entries_count(conn: &mut Conn, reader: Reader, q: &str) -> Result<i64> {
    let Some(user) = reader.user else { return Ok(0) };
    Ok(usable!(conn, reader, user, words(q)).count().get_result(conn)?)
}

/// What this reader finds in the console of a region: those with every word of `q` in a name, the latest first.
///
/// # Errors
/// Only the database's.
pub fn entries(conn: &mut Conn, reader: Reader, region: &str, q: &str, offset: i64, limit: i64) -> Result<Vec<Entry>> {
    let Some(user) = reader.user else { return Ok(Vec::new()) };
    let page = usable!(conn, reader, user, words(q)).order((subscriptions::subscribed_at.desc(), subscriptions::id.desc()));
    let columns = (Algorithm::as_select(), Publisher::as_select());
    let found = page.offset(offset).limit(limit).select(columns).load(conn)?;
    complete(conn, user, region, found)
}

/// One of them.
///
/// # Errors
/// `NotFound` when this reader has no active subscription to it, or it is not for them any more.
pub fn entry(conn: &mut Conn, reader: Reader, region: &str, publisher: &str, name: &str) -> Result<Entry> {
    let user = reader.user.ok_or(Error::NotFound)?;
    let one = usable!(conn, reader, user, [""; 0]).filter(publisher_table::handle.eq(publisher)).filter(algorithms::name.eq(name));
    let found = one.select((Algorithm::as_select(), Publisher::as_select())).first(conn)?;
    complete(conn, user, region, vec![found])?.pop().ok_or(Error::NotFound)
}

fn complete(conn: &mut Conn, user: i64, region: &str, found: Vec<(Algorithm, Publisher)>) -> Result<Vec<Entry>> {
    let ids: Vec<i64> = found.iter().map(|(algorithm, _)| algorithm.id).collect();
    let counted = versions::table.filter(versions::algorithm_id.eq_any(&ids)).group_by(versions::algorithm_id);
    let counted: Vec<(i64, i64)> = counted.select((versions::algorithm_id, diesel::dsl::count_star())).load(conn)?;
    let newest = versions::table.inner_join(algorithms::table).filter(algorithms::id.eq_any(&ids));
    let newest = newest.filter(versions::number.nullable().eq(algorithms::newest));
    let manifests: Vec<(i64, String)> = newest.select((algorithms::id, versions::manifest)).load(conn)?;
    let theirs = jobs::table.filter(jobs::owner_id.eq(user)).filter(jobs::region.eq(region)).filter(jobs::algorithm_id.eq_any(&ids));
    let last = theirs.group_by(jobs::algorithm_id).select((jobs::algorithm_id, diesel::dsl::max(jobs::created_at)));
    let last: Vec<(i64, Option<Time>)> = last.load(conn)?;
    let (counted, last): (HashMap<_, _>, HashMap<_, _>) = (counted.into_iter().collect(), last.into_iter().collect());
    let mut requires = HashMap::new();
    for (id, json) in manifests {
        requires.insert(id, serde_json::from_str::<Manifest>(&json)?.about.requires);
    }
    let entry = |(algorithm, publisher): (Algorithm, Publisher)| Entry {
        versions: counted.get(&algorithm.id).copied().unwrap_or(0),
        requires: requires.remove(&algorithm.id),
        last_job: last.get(&algorithm.id).copied().flatten(),
        algorithm,
        publisher,
    };
    Ok(found.into_iter().map(entry).collect())
}

/// The newest `limit` versions, withdrawn ones too, with what this member has to do with each.
///
/// # Errors
/// Only the database's.
pub fn versions_of(conn: &mut Conn, user: i64, algorithm: i64, limit: i64) -> Result<Vec<Standing>> {
    type Found = (i64, String, Time, Option<Time>, Option<String>, Option<String>, i64);
    let withdrawn = (versions::withdrawn_at, versions::withdrawn_reason);
    let columns = (versions::id, versions::number, versions::published_at, withdrawn.0, withdrawn.1, versions::constraints_digest, versions::size);
    let theirs =
        versions::table.filter(versions::algorithm_id.eq(algorithm)).filter(versions::shown.eq(true)).order(versions::rank.desc()).limit(limit);
    let found: Vec<Found> = theirs.select(columns).load(conn)?;
    let digests: Vec<String> = found.iter().filter_map(|row| row.5.clone()).collect();
    let accepted = consents::accepted(conn, user, &digests)?;
    let runs = runs(conn, found.iter().map(|row| row.0).collect())?;
    let standing = |(id, number, published_at, withdrawn_at, reason, digest, size): Found| Standing {
        number,
        published_at,
        withdrawn: withdrawn_at.map(|_| reason.unwrap_or_default()),
        runnable: size > 0,
        constrained: digest.is_some(),
        accepted: digest.is_none_or(|digest| accepted.contains(&digest)),
        completed: runs.get(&id).map_or(0, |runs| runs.completed),
        failed: runs.get(&id).map_or(0, |runs| runs.failed),
        median_ms: runs.get(&id).and_then(|runs| median(runs.times.clone())),
        median_micros: runs.get(&id).and_then(|runs| median(runs.costs.clone())),
    };
    Ok(found.into_iter().map(standing).collect())
}

/// Finished jobs of a version.
#[derive(Default)]
struct Runs {
    completed: i64,
    failed: i64,
    times: Vec<i64>,
    costs: Vec<i64>,
}

/// The newest finished jobs of these versions, of everybody, by version.
fn runs(conn: &mut Conn, ids: Vec<i64>) -> Result<HashMap<i64, Runs>> {
    let finished = jobs::table.filter(jobs::version_id.eq_any(ids)).filter(jobs::state.eq_any(["completed", "failed"]));
    let newest = finished.order(jobs::id.desc()).limit(MOST);
    let columns = (jobs::version_id, jobs::state, jobs::metered_ms, jobs::cost_micros);
    let rows: Vec<(i64, String, i64, i64)> = newest.select(columns).load(conn)?;
    let mut runs: HashMap<i64, Runs> = HashMap::new();
    for (version, state, time, cost) in rows {
        let runs = runs.entry(version).or_default();
        if state == "completed" {
            runs.completed += 1;
            runs.times.push(time);
            runs.costs.push(cost);
        } else {
            runs.failed += 1;
        }
    }
    Ok(runs)
}
