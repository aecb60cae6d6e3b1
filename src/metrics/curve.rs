//! One metric over its axis, in bounded memory however many points there are.

use super::Axis;

/// Pieces in which a curve is kept; each gives at most two points.
const PIECES: usize = 500;

/// A value at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The place.
    pub x: f64,
    /// The value.
    pub y: f64,
}

/// One metric: its figures exactly, its course by the lowest and the highest point of each of up to 500 pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// As it was printed.
    pub name: String,
    /// Over which axis.
    pub axis: Axis,
    /// How many points it has.
    pub count: u64,
    /// The newest point.
    pub last: Point,
    /// The first point with the lowest value.
    pub min: Point,
    /// The first point with the highest value.
    pub max: Point,
    pieces: Vec<Piece>,
    /// Points in each piece but the last.
    width: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    low: Point,
    high: Point,
    /// Whether the low point came first.
    falls_first: bool,
}

impl Piece {
    fn of(point: Point) -> Self {
        Self { low: point, high: point, falls_first: true }
    }

    /// The two as one: `later` came after.
    fn with(self, later: Self) -> Self {
        let (low_is_ours, high_is_ours) = (self.low.y <= later.low.y, self.high.y >= later.high.y);
        let falls_first = match (low_is_ours, high_is_ours) {
            (true, true) => self.falls_first,
            (false, false) => later.falls_first,
            (low_is_ours, _) => low_is_ours,
        };
        Self { low: if low_is_ours { self.low } else { later.low }, high: if high_is_ours { self.high } else { later.high }, falls_first }
    }

    fn points(self) -> impl Iterator<Item = Point> {
        let (one, other) = if self.falls_first { (self.low, self.high) } else { (self.high, self.low) };
        std::iter::once(one).chain((one != other).then_some(other))
    }
}

impl Curve {
    /// A curve with its first point.
    pub(super) fn new(name: &str, axis: Axis, first: Point) -> Self {
        Self { name: name.to_owned(), axis, count: 1, last: first, min: first, max: first, pieces: vec![Piece::of(first)], width: 1 }
    }

    /// Its next point.
    pub(super) fn push(&mut self, point: Point) {
        self.last = point;
        if point.y < self.min.y {
            self.min = point;
        }
        if point.y > self.max.y {
            self.max = point;
        }
        match self.pieces.last_mut() {
            Some(last) if !self.count.is_multiple_of(self.width) => *last = last.with(Piece::of(point)),
            _ => {
                if self.pieces.len() >= PIECES {
                    self.pieces = self.pieces.chunks(2).filter_map(|two| two.iter().copied().reduce(Piece::with)).collect();
                    self.width *= 2;
                }
                self.pieces.push(Piece::of(point));
            }
        }
        self.count += 1;
    }

    /// At most 1,001 points from left to right, the newest among them. Where a place was reported again, by a training that
    /// went back, its newest value stands.
    pub fn points(&self) -> Vec<Point> {
        let mut points: Vec<Point> = self.pieces.iter().flat_map(|piece| piece.points()).chain([self.last]).collect();
        points.sort_by(|one, other| one.x.total_cmp(&other.x));
        let mut kept: Vec<Point> = Vec::with_capacity(points.len());
        for point in points {
            match kept.last_mut() {
                Some(last) if last.x == point.x => *last = point,
                _ => kept.push(point),
            }
        }
        kept
    }
}

/// At most `most` of the points, both ends among them, evenly chosen.
pub fn evenly(points: &[Point], most: usize) -> Vec<Point> {
    let (count, most) = (points.len(), most.max(2));
    if count <= most {
        return points.to_vec();
    }
    (0..most).filter_map(|index| points.get(index * (count - 1) / (most - 1)).copied()).collect()
}

/// About `most` of the points for a drawing: no peak is lost.
pub fn outline(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points.to_vec();
    }
    let width = points.len().div_ceil((most / 2).max(1));
    let piece = |part: &[Point]| part.iter().copied().map(Piece::of).reduce(Piece::with);
    let mut drawn: Vec<Point> = points.chunks(width).filter_map(piece).flat_map(Piece::points).collect();
    if drawn.last() != points.last() {
        drawn.extend(points.last());
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: u32, y: f64) -> Point {
        Point { x: f64::from(x), y }
    }

    fn curve(points: impl IntoIterator<Item = Point>) -> Curve {
        let mut points = points.into_iter();
        let mut curve = Curve::new("loss", Axis::Step, points.next().unwrap());
        points.for_each(|point| curve.push(point));
        curve
    }

    /// The same numbers each time, scattered enough.
    fn noise(seed: u32) -> f64 {
        let mixed = seed.wrapping_mul(2_654_435_761) ^ (seed >> 7).wrapping_mul(97_531);
        f64::from(mixed % 10_000) / 100.0
    }

    #[test]
    fn few_points_are_kept_as_they_are() {
        for count in [1_u32, 2, 3, 499, 500] {
            let all: Vec<Point> = (0..count).map(|x| at(x, noise(x))).collect();
            assert_eq!(curve(all.clone()).points(), all);
        }
    }

    #[test]
    fn many_points_keep_their_ends_and_extremes_in_order_and_bounds() {
        for count in [501_u32, 1_000, 4_097, 123_456] {
            let all: Vec<Point> = (0..count).map(|x| at(x, noise(x))).collect();
            let curve = curve(all.clone());
            let points = curve.points();
            assert!((200..=1_001).contains(&points.len()), "{count}: {}", points.len());
            assert!(points.windows(2).all(|two| two[0].x < two[1].x), "{count}");
            assert!(points.iter().all(|point| all.contains(point) || count > 5_000), "{count}");
            let (low, high) = (all.iter().map(|p| p.y).fold(f64::MAX, f64::min), all.iter().map(|p| p.y).fold(f64::MIN, f64::max));
            assert_eq!((curve.min.y, curve.max.y, curve.count, curve.last), (low, high, u64::from(count), *all.last().unwrap()));
            assert!(points.iter().any(|p| p.y == low) && points.iter().any(|p| p.y == high) && points.last() == all.last());
        }
    }

    #[test]
    fn a_training_that_goes_back_overwrites() {
        let again = curve([at(1, 9.0), at(2, 8.0), at(3, 7.0), at(2, 5.0), at(3, 4.0)]);
        assert_eq!(again.points(), [at(1, 9.0), at(2, 5.0), at(3, 4.0)]);
        assert_eq!((again.count, again.max), (5, at(1, 9.0)));
    }

    #[test]
    fn a_choice_of_points_has_both_ends() {
        let all: Vec<Point> = (0..1_000).map(|x| at(x, if x == 777 { 1_000.0 } else { 0.0 })).collect();
        let chosen = evenly(&all, 40);
        assert_eq!((chosen.len(), chosen[0], chosen[39]), (40, all[0], all[999]));
        let drawn = outline(&all, 200);
        assert!(drawn.len() <= 202 && drawn.contains(&at(777, 1_000.0)) && drawn.last() == all.last());
        assert_eq!(outline(&all[..3], 200), all[..3]);
    }
}
