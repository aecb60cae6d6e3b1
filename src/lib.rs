//! Galleria: a self-hosted gallery of training algorithms with the console that runs them.

pub mod engine;
