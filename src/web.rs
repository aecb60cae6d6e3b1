//! The web: routes, pages and what they share.

pub mod assets;
pub mod filters;
pub mod page;
