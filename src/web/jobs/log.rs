//! A job's log on its way to a page: only as much as is shown is read, and nothing in it is believed.

mod ansi;
mod line;
mod read;
mod search;
mod split;

pub use line::{Line, Tone};
pub use read::{Log, Part};
pub use search::{Found, address, place};
pub use split::Place;
