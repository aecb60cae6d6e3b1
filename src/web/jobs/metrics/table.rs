//! Latest values.

use super::compared::Other;
use crate::metrics::Curve;
use crate::package::Goal;
use crate::web::chart::figure;

/// One metric.
pub struct Row {
    /// Its name.
    pub name: String,
    /// Which way it should go, as the version says.
    pub goal: Option<Goal>,
    /// Last, at, min, max; beside another run its last and the difference.
    pub figures: Vec<String>,
}

impl Row {
    /// The figures of a curve.
    pub fn of(curve: &Curve, other: Option<&Other>, goal: Option<Goal>) -> Self {
        let mut figures =
            vec![figure(curve.last.y), format!("{} {}", curve.axis.word(), figure(curve.last.x)), figure(curve.min.y), figure(curve.max.y)];
        if let Some(other) = other {
            let theirs = other.curves.get(&curve.name, curve.axis).map(|same| same.last.y);
            figures.push(theirs.map_or_else(|| "–".to_owned(), figure));
            figures.push(theirs.map_or_else(|| "–".to_owned(), |theirs| signed(curve.last.y - theirs)));
        }
        Self { name: curve.name.clone(), goal, figures }
    }
}

impl Row {
    /// Whether the figure at this place is the best one: of min and max the one its goal asks for.
    pub fn is_best(&self, place: &usize) -> bool {
        matches!((self.goal, place), (Some(Goal::Minimize), 2) | (Some(Goal::Maximize), 3))
    }
}

/// With its sign, unless it is nothing.
fn signed(difference: f64) -> String {
    if difference > 0.0 { format!("+{}", figure(difference)) } else { figure(difference) }
}
