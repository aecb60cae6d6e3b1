//! Training jobs: list, form, and the pages of one job.

pub(crate) mod create;
pub(crate) mod deletion;
pub(crate) mod events;
mod frame;
pub(crate) mod list;
mod log;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod new;
pub(crate) mod outputs;
pub(crate) mod overview;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod stream;
pub(crate) mod usage;

use actix_web::web;

/// Region and id of an address.
pub type Path = web::Path<(String, i64)>;
