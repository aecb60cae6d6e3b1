//! Galleria: a self-hosted gallery of training algorithms with the console that runs them.
//!
//! A module may use only those above it in this list; `tests/layers.rs` holds that.

pub mod clock;
pub mod config;
pub mod error;
pub mod schema;

pub mod blobs;
pub mod db;

pub mod catalogue;

pub mod metrics;

pub mod engine;
pub mod highlight;
pub mod markdown;
pub mod package;
pub mod slug;
pub mod starter;

pub mod engines;

pub mod audit;
pub mod notifications;
pub mod publishers;
pub mod sessions;
pub mod tokens;
pub mod users;

pub mod algorithms;
pub mod versions;

pub mod search;

pub mod comments;
pub mod consents;
pub mod datasets;
pub mod reactions;
pub mod subscriptions;

pub mod billing;
pub mod compare;
pub mod entries;
pub mod jobs;
pub mod measured;
pub mod overview;
pub mod releases;
pub mod reports;

pub mod first_start;

pub mod worker;

pub mod web;
