//! Training jobs: list, form, and the pages of one job.

pub mod create;
pub mod deletion;
pub mod events;
mod frame;
pub mod list;
mod log;
pub mod logs;
pub mod new;
pub mod outputs;
pub mod overview;
pub mod status;
pub mod stop;
pub mod stream;

use actix_web::web;

/// Region and id of an address.
pub type Path = web::Path<(String, i64)>;
