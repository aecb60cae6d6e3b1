//! Galleria: a self-hosted gallery of training algorithms with the console that runs them.

pub mod highlight;
pub mod markdown;
pub mod package;
pub mod starter;
