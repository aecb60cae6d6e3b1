//! Lines such as `epoch=3 loss=0.41 accuracy=0.93` among everything else that a job prints.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::Claim;

/// Bytes of a line beyond which it is not looked at.
const LONGEST: usize = 4 * 1024;
/// Bytes of a name beyond which it is none.
const LONGEST_NAME: usize = 64;

/// What a value is a value at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// `epoch=`.
    Epoch,
    /// `step=`; of a line that has both, this one.
    Step,
}

impl Axis {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Step => "step",
        }
    }
}

/// A line that reports something.
#[derive(Debug, Clone, PartialEq)]
pub enum Report<'a> {
    /// Values at one place of an axis, all of them finite.
    Values {
        /// Which axis.
        axis: Axis,
        /// Where on it.
        x: f64,
        /// Names and values.
        values: Vec<(&'a str, f64)>,
    },
    /// A line of nothing but `status=` and a word.
    Claim(Claim),
}

/// Cuts output into lines as it comes, and listens for those that report something. What a line overwrites with a
/// carriage return counts as a line of its own: progress bars report too.
#[derive(Debug, Default)]
pub struct Listener {
    begun: Vec<u8>,
    /// The line has been too long for some time; its end is waited for.
    deaf: bool,
}

impl Listener {
    /// Hears the next bytes and tells every report that they complete.
    pub fn hear(&mut self, mut bytes: &[u8], mut tell: impl FnMut(&Report<'_>)) {
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let (line, rest) = bytes.split_at(end);
            if self.deaf || self.begun.len() + line.len() > LONGEST {
                self.begun.clear();
            } else if self.begun.is_empty() {
                parse(line, &mut tell);
            } else {
                self.begun.extend_from_slice(line);
                parse(&self.begun, &mut tell);
                self.begun.clear();
            }
            self.deaf = false;
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.deaf |= self.begun.len() + bytes.len() > LONGEST;
        if self.deaf { self.begun.clear() } else { self.begun.extend_from_slice(bytes) }
    }

    /// The output has ended, perhaps within a line.
    pub fn end(&mut self, mut tell: impl FnMut(&Report<'_>)) {
        parse(&std::mem::take(&mut self.begun), &mut tell);
    }
}

fn parse(line: &[u8], tell: &mut impl FnMut(&Report<'_>)) {
    if memchr(b'=', line).is_none() {
        return;
    }
    let Ok(line) = std::str::from_utf8(line) else { return };
    let line = uncoloured(line);
    if let Some(claim) = Claim::of(line.trim()) {
        return tell(&Report::Claim(claim));
    }
    let pairs = || line.split_whitespace().filter_map(|word| word.trim_end_matches([',', ';', ':', '|']).split_once('='));
    // `epoch=3/10` is the third of ten.
    let at = |axis: Axis| pairs().find(|(name, _)| *name == axis.word()).and_then(|(_, value)| number(value.split('/').next()?));
    let Some((axis, x)) = [Axis::Step, Axis::Epoch].into_iter().find_map(|axis| Some((axis, at(axis)?))) else { return };
    let named = pairs().filter(|(name, _)| is_name(name) && ![Axis::Step, Axis::Epoch].map(Axis::word).contains(name));
    let values: Vec<(&str, f64)> = named.filter_map(|(name, value)| Some((name, number(value)?))).collect();
    if !values.is_empty() {
        tell(&Report::Values { axis, x, values });
    }
}

/// A number; nothing for `nan` and `inf`, which no curve can show.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'@' | b':');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(letter) && name.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The line without the colours that a terminal would show.
fn uncoloured(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut parts = line.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after =
            part.strip_prefix('[').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')).and_then(|rest| rest.get(1..));
        text.push_str(after.unwrap_or(part));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[&[u8]]) -> Vec<String> {
        let (mut listener, mut heard) = (Listener::default(), Vec::new());
        let mut tell = |report: &Report<'_>| heard.push(format!("{report:?}").replace("Values ", ""));
        for piece in pieces {
            listener.hear(piece, &mut tell);
        }
        listener.end(&mut tell);
        heard
    }

    type Values = (Axis, f64, Vec<(String, f64)>);

    fn values(line: &str) -> Option<Values> {
        let mut found = None;
        parse(line.as_bytes(), &mut |report| {
            if let Report::Values { axis, x, values } = report {
                found = Some((*axis, *x, values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()));
            }
        });
        found
    }

    #[test]
    fn pairs_are_found_wherever_they_stand_in_a_line() {
        let both = vec![("loss".to_owned(), 0.41), ("val/acc".to_owned(), 0.93)];
        for line in [
            "epoch=3 loss=0.41 val/acc=0.93",
            "2026-01-01 12:00:00 INFO epoch=3/10, loss=0.41, val/acc=0.93;",
            "\tepoch=3 | loss=4.1e-1 | val/acc=.93 | eta=later",
            "\u{1b}[32mepoch=3\u{1b}[0m loss=\u{1b}[1;31m0.41\u{1b}[0m val/acc=0.93 lr=nan best=inf",
        ] {
            assert_eq!(values(line), Some((Axis::Epoch, 3.0, both.clone())), "{line}");
        }
        assert_eq!(values("epoch=1 step=1200 loss=1e-3"), Some((Axis::Step, 1200.0, vec![("loss".to_owned(), 0.001)])));
    }

    #[test]
    fn other_lines_report_nothing() {
        let long_name = format!("epoch=1 {}=1", "n".repeat(65));
        for line in ["", "loss=0.4", "epoch=3", "epoch=nan loss=1", "epoch=x loss=1", "epoch=1 loss=nan", "epoch=1 1=2 <b>=3", "a = b", &long_name] {
            assert_eq!(values(line), None, "{line:?}");
        }
    }

    #[test]
    fn lines_are_heard_however_they_are_cut() {
        let text = b"start\nepoch=1 loss=0.5\r\nbar\repoch=2 loss=0.25\rstep=7 lr=1\nstatus=done";
        let whole = heard(&[text]);
        assert_eq!(whole.len(), 4, "{whole:?}");
        for cut in 1..text.len() {
            assert_eq!(heard(&[&text[..cut], &text[cut..]]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept_and_the_next_one_is_heard() {
        let mut listener = Listener::default();
        for _ in 0..100 {
            listener.hear(&[b'x'; 10_000], |_| panic!("nothing was reported"));
            assert!(listener.begun.len() <= LONGEST);
        }
        let mut heard = 0;
        listener.hear(b" epoch=1 loss=1\nepoch=2 loss=1\n", |_| heard += 1);
        assert_eq!(heard, 1);
    }

    #[test]
    fn a_claim_is_a_line_of_its_own() {
        assert_eq!(heard(&[b"status=FINISHED\nGALLERIA_STATUS=failed \nthe status=success\nstatus=unknown\nepoch=1 status=success"]).len(), 2);
    }
}
