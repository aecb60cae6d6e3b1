//! What jobs report of themselves, as curves: lines they print, kept within bounds, and thinned for a page.
//!
//! Knows no tables and no engine: bytes in, bytes and points out.

mod claim;
mod curve;
mod curves;
mod median;
mod printed;
mod recorder;
mod sample;

pub use claim::Claim;
pub use curve::{Curve, Point, evenly, outline};
pub use curves::Curves;
pub use median::median;
pub use printed::{Axis, Listener, Report};
pub use recorder::{NAMES, Recorder};
pub use sample::{Change, Sample, Sampler};
