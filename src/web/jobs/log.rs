//! A job's log on its way to a page: only as much as is shown is read, and nothing in it is believed.

mod clean;
mod read;

pub use clean::{Line, Tone};
pub use read::{Log, Part, Place};
