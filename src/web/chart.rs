//! Curves on a page: drawn here as SVG, so that they are seen without scripts, and sent as JSON to the script that draws
//! them anew with values under the pointer.

mod drawing;
mod unit;

use serde::Serialize;

pub use drawing::Drawing;
pub use unit::{Unit, figure};

use crate::metrics::{Point, evenly};

/// Rows of the table beneath a chart.
const ROWS: usize = 40;

/// One diagram.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it is known by while it grows.
    pub key: String,
    /// Its heading.
    pub title: String,
    /// What lies beneath it: `epoch`, `step`, `time` (seconds) or `day` (days since 1970).
    pub across: &'static str,
    /// What its values are.
    pub unit: Unit,
    /// Its lines, the job's own first.
    pub lines: Vec<Line>,
}

/// One line of a diagram.
#[derive(Debug, Clone)]
pub struct Line {
    /// In the legend.
    pub label: String,
    /// Its colour: `line-1`, `line-compared` or `line-limit`.
    pub class: &'static str,
    /// From left to right.
    pub points: Vec<Point>,
}

/// A row of the table: a place, and each line's value there.
pub struct Row {
    /// The place.
    pub at: String,
    /// A value for each line.
    pub values: Vec<String>,
}

#[derive(Serialize)]
struct Sent<'a> {
    key: &'a str,
    last: String,
    lines: Vec<SentLine>,
}

#[derive(Serialize)]
struct SentLine {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Chart {
    /// The newest value of the job's own line.
    pub fn last(&self) -> String {
        self.newest().map_or_else(String::new, |point| self.unit.show(point.y))
    }

    /// Its lines and axes as SVG.
    pub fn drawing(&self) -> Drawing {
        Drawing::of(self)
    }

    /// For those who cannot see it.
    pub fn in_words(&self) -> String {
        let Some((first, last)) = self.lines.first().and_then(|line| line.points.first().zip(line.points.last())) else { return self.title.clone() };
        let show = |point: &Point| format!("{} at {} {}", self.unit.show(point.y), self.across, self.place(point.x));
        format!("{}: from {} to {}", self.title, show(first), show(last))
    }

    /// The table of its values: evenly chosen places, both ends among them.
    pub fn rows(&self) -> Vec<Row> {
        let places = self.lines.first().map(|line| evenly(&line.points, ROWS)).unwrap_or_default();
        let value = |line: &Line, x: f64| line.at(x).map_or_else(|| "–".to_owned(), |y| self.unit.show(y));
        places.iter().map(|point| Row { at: self.place(point.x), values: self.lines.iter().map(|line| value(line, point.x)).collect() }).collect()
    }

    /// A place as it is read.
    pub fn place(&self, x: f64) -> String {
        match self.across {
            "time" => unit::clock(x),
            "day" => unit::day(x),
            _ => figure(x),
        }
    }

    /// What the script needs of it.
    fn sent(&self) -> Sent<'_> {
        let line = |line: &Line| SentLine { x: line.points.iter().map(|p| p.x).collect(), y: line.points.iter().map(|p| p.y).collect() };
        Sent { key: &self.key, last: self.last(), lines: self.lines.iter().map(line).collect() }
    }

    fn newest(&self) -> Option<&Point> {
        self.lines.first().and_then(|line| line.points.last())
    }
}

impl Line {
    /// Its value at a place: the newest one up to there.
    pub fn at(&self, x: f64) -> Option<f64> {
        let after = self.points.partition_point(|point| point.x <= x);
        self.points.get(after.checked_sub(1)?).map(|point| point.y)
    }
}

/// The JSON that a page's script asks for again and again: whether more will come, the page's figures in the order of its
/// rows, and the charts.
///
/// # Errors
/// Only when it cannot be written, which does not happen.
pub fn json(live: bool, figures: &[Vec<String>], charts: &[Chart]) -> serde_json::Result<String> {
    let charts: Vec<Sent<'_>> = charts.iter().map(Chart::sent).collect();
    serde_json::to_string(&serde_json::json!({ "live": live, "figures": figures, "charts": charts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let points = |ys: &[f64]| ys.iter().zip(0_u32..).map(|(y, x)| Point { x: f64::from(x), y: *y }).collect();
        let own = Line { label: "this job".into(), class: "line-1", points: points(&[1.0, 0.5, 0.25]) };
        let other = Line { label: "older".into(), class: "line-compared", points: points(&[2.0, 1.0]) };
        Chart { key: "e loss".into(), title: "loss".into(), across: "epoch", unit: Unit::Plain, lines: vec![own, other] }
    }

    #[test]
    fn the_table_has_every_line_at_the_places_of_the_first() {
        let rows: Vec<String> = chart().rows().iter().map(|row| format!("{}: {}", row.at, row.values.join(" "))).collect();
        assert_eq!(rows, ["0: 1 2", "1: 0.5000 1", "2: 0.2500 1"]);
    }

    #[test]
    fn words_and_json_say_the_same() {
        assert_eq!(chart().in_words(), "loss: from 1 at epoch 0 to 0.2500 at epoch 2");
        let json: serde_json::Value = serde_json::from_str(&json(true, &[vec!["x".into()]], &[chart()]).unwrap()).unwrap();
        assert_eq!(json["charts"][0]["lines"][1]["y"], serde_json::json!([2.0, 1.0]));
        assert_eq!((&json["live"], &json["charts"][0]["last"], &json["figures"][0][0]), (&true.into(), &"0.2500".into(), &"x".into()));
    }
}
