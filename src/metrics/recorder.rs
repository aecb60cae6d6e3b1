//! Reports as they are kept: a line each, `e3 loss=0.41 accuracy=0.93` or `s1200 …`, and at the end `!success`.

use std::collections::HashMap;
use std::io::Write;

use super::{Axis, Claim, Report};

/// The most metrics of one attempt; others are left out.
pub const NAMES: usize = 200;

/// Writes reports down within bounds. The fuller its file is, the fewer points of each metric it keeps, so that the file
/// never fills up; the last point of each is always kept, at the end at the latest.
#[derive(Debug)]
pub struct Recorder {
    limit: u64,
    written: u64,
    seen: HashMap<Axis, HashMap<String, Seen>>,
    claim: Option<Claim>,
}

#[derive(Debug, Default)]
struct Seen {
    points: u64,
    /// The newest point, while it is not written.
    waiting: Option<(f64, f64)>,
}

impl Recorder {
    /// For a file of about `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, written: 0, seen: HashMap::new(), claim: None }
    }

    /// Adds a report to what is to be written.
    pub fn record(&mut self, report: &Report<'_>, out: &mut Vec<u8>) {
        let (axis, x, values) = match report {
            Report::Values { axis, x, values } => (*axis, *x, values),
            Report::Claim(claim) => {
                self.claim = Some(*claim);
                return;
            }
        };
        // It was not the last word.
        self.claim = None;
        let (stride, before) = (self.stride(), out.len());
        let mut names: usize = self.seen.values().map(HashMap::len).sum();
        let seen = self.seen.entry(axis).or_default();
        let mut begun = false;
        for (name, value) in values {
            if !seen.contains_key(*name) {
                if names >= NAMES {
                    continue;
                }
                names += 1;
                seen.insert((*name).to_owned(), Seen::default());
            }
            let Some(metric) = seen.get_mut(*name) else { continue };
            let wanted = metric.points.is_multiple_of(stride);
            metric.points += 1;
            metric.waiting = (!wanted).then_some((x, *value));
            if wanted {
                if !begun {
                    head(out, axis, x);
                    begun = true;
                }
                pair(out, name, *value);
            }
        }
        if begun {
            out.push(b'\n');
        }
        self.written += (out.len() - before) as u64;
    }

    /// What is still to be written when the output has ended.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        for (axis, seen) in &mut self.seen {
            for (name, metric) in seen {
                if let Some((x, value)) = metric.waiting.take() {
                    head(out, *axis, x);
                    pair(out, name, value);
                    out.push(b'\n');
                }
            }
        }
        match self.claim.take() {
            Some(Claim::Success) => out.extend_from_slice(b"!success\n"),
            Some(Claim::Failure) => out.extend_from_slice(b"!failure\n"),
            None => {}
        }
    }

    /// Of how many points one is kept: 1 in the first half of the file, 4 in half of what is left, then 16, and so on. Each
    /// such part of the file is half as long as the one before and holds twice as much of the training.
    fn stride(&self) -> u64 {
        let left = self.limit.saturating_sub(self.written).max(1);
        let halvings = (self.limit / left).max(1).ilog2().min(31);
        1 << (2 * halvings)
    }
}

fn head(out: &mut Vec<u8>, axis: Axis, x: f64) {
    out.push(if axis == Axis::Epoch { b'e' } else { b's' });
    write_number(out, x);
}

fn pair(out: &mut Vec<u8>, name: &str, value: f64) {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    write_number(out, value);
}

/// Short, and read back as the same number.
fn write_number(out: &mut Vec<u8>, number: f64) {
    let whole = number.fract() == 0.0 && number.abs() < 1e15;
    // Writing to memory does not fail.
    let _written = if whole { write!(out, "{number}") } else { write!(out, "{number:?}") };
}

#[cfg(test)]
mod tests {
    use super::super::Curves;
    use super::*;

    fn values<'a>(x: f64, values: &[(&'a str, f64)]) -> Report<'a> {
        Report::Values { axis: Axis::Step, x, values: values.to_vec() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (mut recorder, mut out) = (Recorder::new(1 << 20), Vec::new());
        recorder.record(&values(1.0, &[("loss", 0.1 + 0.2), ("lr", 1e-300)]), &mut out);
        recorder.record(&Report::Values { axis: Axis::Epoch, x: 2.5, values: vec![("loss", -1e20)] }, &mut out);
        recorder.record(&Report::Claim(Claim::Failure), &mut out);
        recorder.finish(&mut out);
        assert_eq!(String::from_utf8(out.clone()).unwrap(), "s1 loss=0.30000000000000004 lr=1e-300\ne2.5 loss=-1e20\n!failure\n");
        let curves = Curves::of(&out);
        let last: Vec<f64> = curves.all().iter().map(|curve| curve.last.y).collect();
        assert_eq!((last, curves.claim()), (vec![0.1 + 0.2, 1e-300, -1e20], Some(Claim::Failure)));
    }

    #[test]
    fn a_claim_holds_only_as_the_last_word() {
        let (mut recorder, mut out) = (Recorder::new(1 << 20), Vec::new());
        recorder.record(&Report::Claim(Claim::Success), &mut out);
        recorder.record(&values(1.0, &[("loss", 1.0)]), &mut out);
        recorder.finish(&mut out);
        assert_eq!(Curves::of(&out).claim(), None);
    }

    #[test]
    fn the_file_stays_within_its_bounds_and_ends_with_the_last_points() {
        let (limit, mut out) = (100_000, Vec::new());
        let mut recorder = Recorder::new(limit);
        for step in 0..300_000_u32 {
            // Two kinds of lines in turn: neither may be thinned away by the other.
            let name = if step % 2 == 0 { "train" } else { "valid" };
            recorder.record(&values(f64::from(step), &[(name, f64::from(step))]), &mut out);
        }
        recorder.finish(&mut out);
        assert!((limit / 2..limit + 100).contains(&(out.len() as u64)), "{}", out.len());
        let curves = Curves::of(&out);
        let last: Vec<f64> = curves.all().iter().map(|curve| curve.last.x).collect();
        assert_eq!(last, [299_998.0, 299_999.0]);
        assert!(curves.all().iter().all(|curve| curve.count > 1_000));
    }

    #[test]
    fn names_are_bounded() {
        let (mut recorder, mut out) = (Recorder::new(1 << 20), Vec::new());
        for number in 0..1_000 {
            recorder.record(&values(1.0, &[(format!("metric-{number}").as_str(), 1.0)]), &mut out);
        }
        assert_eq!(Curves::of(&out).all().len(), NAMES);
    }
}
