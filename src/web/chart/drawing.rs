//! A chart as SVG.

use std::fmt::Write as _;

use super::unit::{clock_marks, day};
use super::{Chart, Unit};
use crate::metrics::{Point, outline};

/// The drawing's size, in its own units: about the pixels it has on a wide page.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// Points of a line that are drawn.
const DRAWN: usize = 240;

/// Everything of a chart in places of the drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Horizontal lines and what stands beside them.
    pub rows: Vec<Mark>,
    /// What stands beneath.
    pub columns: Vec<Mark>,
    /// The lines.
    pub paths: Vec<Path>,
}

/// A place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// In the drawing, along the axis.
    pub at: String,
    /// What is written there.
    pub label: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its colour.
    pub class: &'static str,
    /// As an attribute `d`.
    pub d: String,
    /// Its newest point.
    pub end: Option<(String, String)>,
}

impl Drawing {
    /// Draws a chart.
    pub(super) fn of(chart: &Chart) -> Self {
        let points = || chart.lines.iter().flat_map(|line| &line.points);
        let (left, right) = span(points().map(|point| point.x), 0.0);
        let (mut low, high) = span(points().map(|point| point.y), 0.04);
        if chart.unit != Unit::Plain {
            low = 0.0;
        }
        // Numbers beyond what can be drawn end at the edge.
        let across = |x: f64| (LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT)).clamp(0.0, WIDTH);
        let up = |y: f64| (HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)).clamp(0.0, HEIGHT);
        let mark = |at: f64, label: String| Mark { at: format!("{at:.1}"), label };
        let columns = match chart.across {
            "time" => clock_marks(left, right),
            "day" => whole_marks(left, right).into_iter().map(|(x, _)| (x, day(x))).collect(),
            _ => whole_marks(left, right),
        };
        let path = |line: &super::Line| {
            let drawn = outline(&line.points, DRAWN);
            let end = drawn.last().filter(|_| line.class != "line-limit");
            Path { class: line.class, d: path(&drawn, across, up), end: end.map(|p| (format!("{:.1}", across(p.x)), format!("{:.1}", up(p.y)))) }
        };
        Self {
            rows: chart.unit.marks(low, high).into_iter().map(|(y, label)| mark(up(y), label)).collect(),
            columns: columns.into_iter().map(|(x, label)| mark(across(x), label)).collect(),
            // The job's own line lies over the others.
            paths: chart.lines.iter().rev().map(path).collect(),
        }
    }
}

fn path(points: &[Point], across: impl Fn(f64) -> f64, up: impl Fn(f64) -> f64) -> String {
    let mut d = String::new();
    for (index, point) in points.iter().enumerate() {
        // Writing to a string does not fail.
        let _written = write!(d, "{}{:.1} {:.1}", if index == 0 { "M" } else { "L" }, across(point.x), up(point.y));
    }
    d
}

/// From the least to the greatest, with a margin; never empty.
fn span(values: impl Iterator<Item = f64>, margin: f64) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if !(low.is_finite() && high.is_finite() && (high - low).is_finite()) {
        return (0.0, 1.0);
    }
    let size = if high > low { (high - low) * margin } else { (low.abs() * 0.1).max(0.5) };
    (low - size, high + size)
}

/// Steps and epochs are whole: no mark stands between two of them.
fn whole_marks(left: f64, right: f64) -> Vec<(f64, String)> {
    Unit::Plain.marks(left, right).into_iter().filter(|(x, _)| x.fract() == 0.0 || right - left < 1.0).map(|(x, _)| (x, super::figure(x))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Line;
    use super::*;

    fn drawn(ys: &[f64]) -> Drawing {
        let points = ys.iter().zip(0_u32..).map(|(y, x)| Point { x: f64::from(x), y: *y }).collect();
        let line = Line { label: "this job".into(), class: "line-1", points };
        Drawing::of(&Chart { key: String::new(), title: String::new(), across: "epoch", unit: Unit::Plain, lines: vec![line] })
    }

    #[test]
    fn a_line_goes_from_the_left_edge_to_the_right_one() {
        let drawing = drawn(&[1.0, 0.0, 1.0]);
        let d = &drawing.paths[0].d;
        assert!(d.starts_with("M52.0 ") && d.contains("L466.0 ") && d.matches('L').count() == 2, "{d}");
        assert_eq!(drawing.columns.iter().map(|mark| mark.label.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
    }

    #[test]
    fn whatever_the_numbers_are_the_drawing_has_none_that_is_not_one() {
        for ys in [&[][..], &[3.0], &[5.0, 5.0], &[f64::MAX, f64::MIN], &[1e-300, 2e-300], &[0.0; 5_000]] {
            let text = format!("{:?}", drawn(ys));
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
            assert!(text.len() < 20_000);
        }
    }
}
