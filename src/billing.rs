//! What training has cost: per attempt, per job, per month.

mod month;
mod receipt;

pub use month::{Line, Month, Statement, statement};
pub use receipt::{Receipt, receipt};

/// Milliseconds in the hour that prices are for.
const HOUR_MS: i128 = 3_600_000;

/// The cost of so many nodes for so many milliseconds, in millionths of the currency: rounded once, half to even.
///
/// `price_micros` is that of one node for one hour. Nothing is negative; what would not fit is the largest number.
pub fn cost_micros(price_micros: i64, nodes: i64, ms: i64) -> i64 {
    // Two factors always fit; where the third does not, the result is the largest number anyway.
    let exact = (i128::from(price_micros.max(0)) * i128::from(nodes.max(0))).saturating_mul(i128::from(ms.max(0)));
    let (whole, rest) = (exact / HOUR_MS, exact % HOUR_MS);
    let up = match (rest * 2).cmp(&HOUR_MS) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => whole % 2,
        std::cmp::Ordering::Greater => 1,
    };
    i64::try_from(whole + up).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receipt_of_the_documentation() {
        assert_eq!(cost_micros(480_000, 1, 402_118), 53_616);
        assert_eq!(cost_micros(120_000, 1, 3_600_000), 120_000);
        assert_eq!(cost_micros(120_000, 2, 3_600_000), 240_000);
        assert_eq!(cost_micros(120_000, 1, 0), 0);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        // One millionth an hour: 1,800,000 ms are exactly half a millionth.
        assert_eq!(cost_micros(1, 1, 1_800_000), 0);
        assert_eq!(cost_micros(3, 1, 1_800_000), 2);
        assert_eq!(cost_micros(5, 1, 1_800_000), 2);
        assert_eq!(cost_micros(7, 1, 1_800_000), 4);
        assert_eq!(cost_micros(1, 1, 1_800_001), 1);
    }

    #[test]
    fn it_never_overflows_and_is_never_negative() {
        assert_eq!(cost_micros(i64::MAX, i64::MAX, i64::MAX), i64::MAX);
        assert_eq!(cost_micros(-1, 1, 1), 0);
        assert_eq!(cost_micros(1, 1, -1), 0);
    }

    /// For thousands of figures: within half a millionth of the exact value, growing with time, additive to one millionth.
    #[test]
    fn it_holds_for_any_figures() {
        let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 20) % below).unwrap()
        };
        for _ in 0..20_000 {
            let (price, nodes, ms, more) = (next(100_000_000), next(16) + 1, next(1_000_000_000), next(1_000_000));
            let cost = cost_micros(price, nodes, ms);
            let exact = i128::from(price) * i128::from(nodes) * i128::from(ms);
            assert!((i128::from(cost) * HOUR_MS - exact).abs() * 2 <= HOUR_MS, "{price} {nodes} {ms}");
            assert!(cost_micros(price, nodes, ms + more) >= cost);
            let apart = cost + cost_micros(price, nodes, more);
            assert!((cost_micros(price, nodes, ms + more) - apart).abs() <= 1);
        }
    }
}
