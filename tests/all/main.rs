//! Integration tests: one module for each noun, one binary to link.
// Clippy takes only `#[test]` functions for tests, not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod package;
mod starter;
