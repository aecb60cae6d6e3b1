//! What a recorder wrote, read back piece by piece.

use std::collections::HashMap;

use memchr::{memchr, memrchr};

use super::{Axis, Claim, Curve, NAMES, Point};

/// Every curve of one attempt, in the order in which they were first reported.
#[derive(Debug, Clone, Default)]
pub struct Curves {
    curves: Vec<Curve>,
    epochs: HashMap<String, usize>,
    steps: HashMap<String, usize>,
    claim: Option<Claim>,
    /// Half a line that waits for its end.
    begun: Vec<u8>,
}

impl Curves {
    /// The curves of a whole record.
    pub fn of(bytes: &[u8]) -> Self {
        let mut curves = Self::default();
        curves.feed(bytes);
        curves
    }

    /// Goes on with the next bytes of the record.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(end) = memrchr(b'\n', bytes) else {
            self.begun.extend_from_slice(bytes);
            return;
        };
        let (mut whole, rest) = bytes.split_at(end + 1);
        if !self.begun.is_empty() {
            let first = memchr(b'\n', whole).unwrap_or(whole.len());
            let mut line = std::mem::take(&mut self.begun);
            line.extend_from_slice(whole.get(..first).unwrap_or_default());
            self.line(&line);
            whole = whole.get(first + 1..).unwrap_or_default();
        }
        for line in whole.split(|byte| *byte == b'\n') {
            self.line(line);
        }
        self.begun.extend_from_slice(rest);
    }

    /// The curves.
    pub fn all(&self) -> &[Curve] {
        &self.curves
    }

    /// What the script said of its end.
    pub fn claim(&self) -> Option<Claim> {
        self.claim
    }

    /// A curve by its name and axis.
    pub fn get(&self, name: &str, axis: Axis) -> Option<&Curve> {
        self.index(axis).get(name).and_then(|at| self.curves.get(*at))
    }

    fn index(&self, axis: Axis) -> &HashMap<String, usize> {
        if axis == Axis::Epoch { &self.epochs } else { &self.steps }
    }

    fn line(&mut self, line: &[u8]) {
        let Ok(line) = std::str::from_utf8(line) else { return };
        self.claim = match line {
            "" => return,
            "!success" => Some(Claim::Success),
            "!failure" => Some(Claim::Failure),
            _ => None,
        };
        let mut words = line.split(' ');
        let place = words.next().unwrap_or_default();
        let axis = if place.starts_with('e') { Axis::Epoch } else { Axis::Step };
        let Some(x) = place.get(1..).and_then(|x| x.parse().ok()) else { return };
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            if let Ok(y) = value.parse() {
                self.add(name, axis, Point { x, y });
            }
        }
    }

    fn add(&mut self, name: &str, axis: Axis, point: Point) {
        match self.index(axis).get(name).copied() {
            Some(at) => self.curves.get_mut(at).into_iter().for_each(|curve| curve.push(point)),
            None if self.curves.len() < NAMES => {
                let at = self.curves.len();
                let index = if axis == Axis::Epoch { &mut self.epochs } else { &mut self.steps };
                index.insert(name.to_owned(), at);
                self.curves.push(Curve::new(name, axis, point));
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_however_it_is_cut() {
        let text = b"e1 loss=0.5 acc=0.1\ns10 loss=9\n\nnonsense\ne2 loss=0.25 acc=x\n!success\ne3 lo";
        let whole = Curves::of(text);
        assert_eq!(
            whole.all().iter().map(|curve| (curve.name.as_str(), curve.axis.word(), curve.count)).collect::<Vec<_>>(),
            [("loss", "epoch", 2), ("acc", "epoch", 1), ("loss", "step", 1)]
        );
        assert_eq!((whole.claim(), whole.get("loss", Axis::Epoch).unwrap().last.y), (Some(Claim::Success), 0.25));
        for cut in 0..text.len() {
            let mut parts = Curves::default();
            parts.feed(&text[..cut]);
            parts.feed(&text[cut..]);
            assert_eq!(parts.all(), whole.all(), "cut at {cut}");
        }
    }
}
