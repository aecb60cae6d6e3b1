//! Every noun against a running gallery; one target, because each costs a long link.
// Clippy takes only `#[test]` functions for tests, not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod engine;
mod package;
mod starter;
