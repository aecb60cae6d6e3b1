use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{publish, refresh_newest};
use crate::algorithms::{self, Listing, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{algorithms as algorithm_table, versions};

crate::text_enum! {
    /// Whether a real run here has shown that a version works.
    pub enum Proof {
        Exempt = "exempt" / "Not proven here", Due = "due" / "Waiting for its proof run", Running = "running" / "Proof run under way",
        Passed = "passed" / "Proven", Failed = "failed" / "Proof run failed",
    }
}

impl Proof {
    /// Others than its publishers may see a version in this state.
    pub fn suffices(self) -> bool {
        matches!(self, Self::Exempt | Self::Passed)
    }
}

/// Says who may see the algorithm; `users` counts with [`Visibility::Users`] only and replaces the earlier list. In force
/// once a version suffices: until then it is a draft.
///
/// Returns as [`settle`].
///
/// # Errors
/// Only the database's.
pub fn open_to(conn: &mut Conn, algorithm: i64, visibility: Visibility, users: &[i64], at: Time) -> Result<Vec<i64>> {
    algorithms::set_visibility(conn, algorithm, visibility, users, at)?;
    settle(conn, algorithm, at)
}

/// Brings what others see into line with audience, proofs and withdrawals: which versions, and whether it stands in the market.
///
/// Returns the ids of the versions that others see from now on and did not before, the oldest first.
///
/// # Errors
/// Only the database's.
pub fn settle(conn: &mut Conn, algorithm: i64, at: Time) -> Result<Vec<i64>> {
    let row = algorithm_table::table.find(algorithm).select((algorithm_table::state, algorithm_table::visibility));
    let (before, visibility): (Listing, Visibility) = row.first(conn)?;
    let theirs = versions::table.filter(versions::algorithm_id.eq(algorithm));
    let all: Vec<(i64, Proof, bool)> = theirs.order(versions::rank).select((versions::id, versions::proof, versions::shown)).load(conn)?;
    let sufficing = || all.iter().filter(|(_, proof, _)| proof.suffices());
    let private = visibility == Visibility::Private;
    let after = match before {
        Listing::Delisted => Listing::Delisted,
        _ if private => before,
        _ if sufficing().next().is_none() => Listing::Draft,
        _ => Listing::Listed,
    };
    let open = !private && after != Listing::Draft;
    let visible = |proof: Proof| !open || proof.suffices();
    for (id, proof, shown) in all.iter().filter(|(_, proof, shown)| visible(*proof) != *shown) {
        diesel::update(versions::table.find(*id)).set(versions::shown.eq(visible(*proof))).execute(conn)?;
        // Words go with the newest version that is seen.
        if !shown && all.iter().rev().find(|(_, proof, _)| visible(*proof)).is_some_and(|(newest, ..)| newest == id) {
            publish::adopt_words(conn, algorithm, *id, at)?;
        }
    }
    diesel::update(algorithm_table::table.find(algorithm)).set(algorithm_table::state.eq(after)).execute(conn)?;
    refresh_newest(conn, algorithm, at)?;
    let appeared = sufficing().filter(|(_, _, shown)| !shown || before == Listing::Draft);
    Ok(if open { appeared.map(|(id, ..)| *id).collect() } else { Vec::new() })
}

/// What the run that proved a version took and reported.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProofFacts {
    /// As `bash -c` was given it.
    pub command: String,
    /// Hyperparameters and their values, in declared order.
    pub parameters: Vec<(String, String)>,
    /// Name of the flavor.
    pub flavor: String,
    /// Milliseconds Running.
    pub metered_ms: i64,
    /// Bytes of memory at most, where the engine says.
    pub memory: Option<u64>,
    /// Of that run.
    pub cost_micros: i64,
    /// Of the cost.
    pub currency: String,
    /// The last value of each metric, by name.
    pub metrics: Vec<(String, f64)>,
}
