//! What a version needs besides its code, in the engine's words and in ours.

use crate::engine::Environment;
use crate::jobs::EventKind;

/// What is written down once it is there.
pub(super) fn words(environment: &Environment) -> (EventKind, String) {
    let lock = environment.lock.get(..8).unwrap_or(&environment.lock);
    match environment.built {
        Some(took) => (EventKind::EnvironmentBuilt, format!("in {:.1} s, sha256 {lock}…", took.as_secs_f32())),
        None => (EventKind::EnvironmentReused, format!("sha256 {lock}…")),
    }
}
