//! The web: every route in one table, and the server.

pub mod accounts;
pub mod actions;
pub mod algorithms;
pub mod assets;
pub mod attachment;
pub mod billing;
pub mod console;
pub mod data;
pub mod failure;
pub mod failures;
pub mod filters;
pub mod form;
pub mod guard;
pub mod health;
pub mod home;
pub mod jobs;
pub mod kept;
pub mod limiter;
pub mod limits;
pub mod market;
pub mod me;
pub mod page;
pub mod paging;
pub mod publishers;
pub mod rail;
pub mod routes;
mod secret;
mod server;
mod session_store;
pub mod settings;
pub mod store;
pub mod subscription;
pub mod theme;
pub mod viewer;

pub use secret::open as open_secret_key;
pub use server::serve;
