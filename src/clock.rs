//! The one place that reads the wall clock.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

/// A moment in UTC, whole milliseconds.
pub type Time = NaiveDateTime;

/// The beginning of time: when what has never happened happened last.
pub const NEVER: Time = DateTime::UNIX_EPOCH.naive_utc();

/// Now, in UTC, rounded down to milliseconds: PostgreSQL keeps microseconds and SQLite text,
/// so a finer time would not come back equal to what was stored.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Time {
    Utc::now().naive_utc().trunc_subsecs(3)
}
