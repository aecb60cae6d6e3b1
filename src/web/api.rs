//! `/api/v1`: JSON for scripts, with a token. Every address is a line of `API` in `routes.rs` and of `document.rs`.

pub(crate) mod algorithms;
mod body;
mod catalogue;
pub(crate) mod document;
mod job;
pub(crate) mod jobs;
pub(crate) mod logs;
pub(crate) mod metrics;
mod order;
pub(crate) mod outputs;
mod problem;
pub(crate) mod publish;
pub(crate) mod stop;
pub(crate) mod submit;
pub(crate) mod subscriptions;

use utoipa::openapi::schema::Type;
use utoipa::openapi::{Object, ObjectBuilder};

use crate::clock::Time;

/// A moment as the API writes it: `2026-11-22T22:48:29.123Z`.
fn moment(at: Time) -> String {
    at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A text that is one of these words, for the document.
fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// Millionths as an exact decimal.
fn amount(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn money_is_exact() {
        assert_eq!([0, 33, 1_000_000, -120_000].map(super::amount), ["0.000000", "0.000033", "1.000000", "-0.120000"]);
    }
}
