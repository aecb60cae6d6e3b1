use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Entry;
use crate::algorithms::Algorithm;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::publishers::Kind;
use crate::schema::{algorithms, likes, publishers, subscriptions, versions};

/// One place for each pair: a list of all publishers beside one of all names would be looked up crosswise.
const SQLITE: &str = "SELECT a.id FROM json_each($1) j CROSS JOIN algorithms a \
    ON a.publisher_id = json_extract(j.value, '$[0]') AND a.name = json_extract(j.value, '$[1]') WHERE a.deleted_at IS NULL";
const POSTGRES: &str = "SELECT a.id FROM json_array_elements($1::json) j \
    JOIN algorithms a ON a.publisher_id = (j->>0)::bigint AND a.name = j->>1 WHERE a.deleted_at IS NULL";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// An algorithm of which a line speaks.
pub(super) struct Stored {
    pub(super) algorithm: Algorithm,
    pub(super) versions: Vec<Row>,
}

/// Columns of a version.
type Read = ((i64, i64, String, String, i64), (Option<Time>, Option<String>));

/// A version of it.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) digest: String,
    /// Bytes of its archive; 0: it has none.
    size: i64,
    withdrawn_at: Option<Time>,
    withdrawn_reason: Option<String>,
}

/// Why a version that its line has no more cannot be picked.
pub(super) const GONE: &str = "It is not in the catalogue any more.";

/// How a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It can be picked.
    Offered,
    /// Its line did not have it any more; it comes back when it does.
    Gone,
    /// Somebody withdrew it here, and no line changes that.
    Withdrawn,
}

impl Row {
    pub(super) fn standing(&self) -> Standing {
        match (self.withdrawn_at, self.withdrawn_reason.as_deref()) {
            (None, _) => Standing::Offered,
            (Some(_), Some(GONE)) => Standing::Gone,
            (Some(_), _) => Standing::Withdrawn,
        }
    }
}

impl Stored {
    /// Somebody published it here, with its code.
    pub(super) fn is_uploaded(&self) -> bool {
        self.versions.iter().any(|version| version.size > 0)
    }
}

/// A publisher of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Publisher {
    pub(super) id: i64,
    pub(super) official: bool,
}

/// The entries' publishers, by handle. Those that are not there yet are made: organisations that nobody acts for.
pub(super) fn publishers(conn: &mut Conn, entries: &[Entry], at: Time) -> Result<HashMap<String, Publisher>> {
    // In their order, as everybody who makes several of them does.
    let handles: BTreeSet<&str> = entries.iter().map(|entry| entry.publisher.as_str()).collect();
    let found = |conn: &mut Conn| -> Result<HashMap<String, Publisher>> {
        let theirs = publishers::table.filter(publishers::handle.eq_any(&handles)).select((publishers::handle, publishers::id, publishers::official));
        let rows: Vec<(String, i64, bool)> = theirs.load(conn)?;
        Ok(rows.into_iter().map(|(handle, id, official)| (handle, Publisher { id, official })).collect())
    };
    let known = found(conn)?;
    let missing = handles.iter().copied().filter(|handle| !known.contains_key(*handle));
    let missing = missing.map(|handle| {
        let who = (publishers::handle.eq(handle), publishers::kind.eq(Kind::Organisation), publishers::name.eq(handle));
        (who, publishers::about.eq(""), publishers::official.eq(false), publishers::created_at.eq(at))
    });
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return Ok(known);
    }
    crate::per_backend!(conn, c => diesel::insert_into(publishers::table).values(&missing).on_conflict_do_nothing().execute(c))?;
    found(conn)
}

/// The algorithms that are there already, by publisher and name.
pub(super) fn algorithms(conn: &mut Conn, keys: &[(i64, &str)]) -> Result<HashMap<(i64, String), Stored>> {
    let query = match conn {
        Conn::Sqlite(_) => SQLITE,
        Conn::Pg(_) => POSTGRES,
    };
    let ids: Vec<Id> = diesel::sql_query(query).bind::<Text, _>(serde_json::to_string(keys)?).load(conn)?;
    let ids: Vec<i64> = ids.into_iter().map(|row| row.id).collect();
    let rows: Vec<Algorithm> = algorithms::table.filter(algorithms::id.eq_any(&ids)).select(Algorithm::as_select()).load(conn)?;
    let columns = (versions::id, versions::algorithm_id, versions::number, versions::digest, versions::size);
    let columns = (columns, (versions::withdrawn_at, versions::withdrawn_reason));
    let theirs = versions::table.filter(versions::algorithm_id.eq_any(&ids)).select(columns).load::<Read>(conn)?;
    let mut by_algorithm: HashMap<i64, Vec<Row>> = HashMap::new();
    for ((id, algorithm, number, digest, size), (withdrawn_at, withdrawn_reason)) in theirs {
        by_algorithm.entry(algorithm).or_default().push(Row { id, number, digest, size, withdrawn_at, withdrawn_reason });
    }
    let stored = |algorithm: Algorithm| {
        let versions = by_algorithm.remove(&algorithm.id).unwrap_or_default();
        ((algorithm.publisher_id, algorithm.name.clone()), Stored { algorithm, versions })
    };
    Ok(rows.into_iter().map(stored).collect())
}

/// How many subscribe to some algorithms here and how many like them, beside what their lines say.
#[derive(Default)]
pub(super) struct Local {
    subscribers: HashMap<i64, i64>,
    likes: HashMap<i64, i64>,
}

impl Local {
    /// Of these. Exact for those whose rows this transaction holds.
    pub(super) fn of(conn: &mut Conn, ids: &[i64]) -> Result<Self> {
        let active = subscriptions::table.filter(subscriptions::algorithm_id.eq_any(ids)).filter(subscriptions::state.eq("active"));
        let counted = active.filter(subscriptions::counted.eq(true)).group_by(subscriptions::algorithm_id);
        let subscribers: Vec<(i64, i64)> = counted.select((subscriptions::algorithm_id, diesel::dsl::count_star())).load(conn)?;
        let liked = likes::table.filter(likes::algorithm_id.eq_any(ids)).group_by(likes::algorithm_id);
        let likes: Vec<(i64, i64)> = liked.select((likes::algorithm_id, diesel::dsl::count_star())).load(conn)?;
        Ok(Self { subscribers: subscribers.into_iter().collect(), likes: likes.into_iter().collect() })
    }

    pub(super) fn subscribers(&self, id: i64) -> i64 {
        self.subscribers.get(&id).copied().unwrap_or(0)
    }

    pub(super) fn likes(&self, id: i64) -> i64 {
        self.likes.get(&id).copied().unwrap_or(0)
    }
}
