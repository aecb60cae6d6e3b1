//! Every test that needs a running gallery, a module per noun. Each runs on SQLite, or on the PostgreSQL that
//! `GALLERIA_TEST_POSTGRES` names; `tests/run` does both.
// Clippy takes only `#[test]` functions for tests, not what they call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

mod accounts;
mod api;
mod billing;
mod browser;
mod catalog;
mod code;
mod command;
mod comments;
mod compare;
mod consents;
mod console;
mod data;
mod details;
mod drawn;
mod engine;
mod environments;
mod ground;
mod home;
mod hostile_archives;
mod hostile_jobs;
mod job_lists;
mod jobs;
mod kills;
mod logs;
mod market;
mod market_facets;
mod markup;
mod metrics;
mod my_algorithms;
mod operator;
mod organisations;
mod outputs;
mod package;
mod permissions;
mod projects;
mod publish;
mod publish_command;
mod publish_guide;
mod publishers;
mod reactions;
mod relevance;
mod reports;
mod schema;
mod search;
mod security;
mod starter;
mod subscriptions;
mod tokens;
mod watching;
mod worker;
