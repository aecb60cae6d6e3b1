//! Catalogue entries in bulk: what algorithms say of themselves, a JSON line each, without their code.
//!
//! An entry is an algorithm whose versions have no archive. It is found, read and subscribed to as any other; only its code is
//! not here, so that no training job can run it.

mod edition;
mod export;
mod file;
mod line;
mod parameters;
mod put;
mod stored;

pub use edition::Edition;
pub use export::{Exported, after};
pub use file::{Lines, MOST_BYTES, Numbered};
pub use line::{Entry, Line, Words};
pub use put::{Outcome, put};
