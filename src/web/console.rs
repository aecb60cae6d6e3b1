//! The console: a region is chosen, and what can be used there.

pub(crate) mod regions;
pub(crate) mod subscriptions;

/// My subscription of a region, with this algorithm (`publisher/name`, which was found) expanded.
fn subscriptions_of(region: &str, algorithm: Option<&str>) -> String {
    let open = algorithm.map(|algorithm| format!("?open={algorithm}"));
    format!("/console/{region}/algorithms/subscriptions{}", open.unwrap_or_default())
}
