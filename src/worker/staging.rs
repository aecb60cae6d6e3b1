//! What a version needs besides its code, in the engine's words and in ours.

use crate::engine::{Environment, Packages};
use crate::jobs::EventKind;
use crate::package;

/// The packages to be installed; none when it asks for none, whatever its environment file says of Python itself.
pub(super) fn packages(environment: &package::Environment) -> Option<Packages> {
    let requirements = environment.dependencies().to_vec();
    let (python, left_out) = (environment.python().map(str::to_owned), environment.left_out().to_vec());
    (!requirements.is_empty()).then_some(Packages { requirements, python, left_out })
}

/// What is written down once it is there.
pub(super) fn words(environment: &Environment) -> (EventKind, String) {
    let lock = environment.lock.get(..8).unwrap_or(&environment.lock);
    match environment.built {
        Some(took) => (EventKind::EnvironmentBuilt, format!("in {:.1} s, sha256 {lock}…", took.as_secs_f32())),
        None => (EventKind::EnvironmentReused, format!("sha256 {lock}…")),
    }
}
