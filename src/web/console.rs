//! The console: a region is chosen, and what can be used there.

pub mod regions;
pub mod subscriptions;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// My subscription of a region, with this algorithm (`publisher/name`) expanded.
fn subscriptions_of(region: &str, algorithm: Option<&str>) -> String {
    let open = algorithm.map(|algorithm| format!("?open={}", utf8_percent_encode(algorithm, NON_ALPHANUMERIC)));
    format!("/console/{region}/algorithms/subscriptions{}", open.unwrap_or_else(String::new))
}
