//! A line of a log as it is shown.

use memchr::memrchr;

use super::ansi::{Span, plain, spans};
use crate::clock::Time;

/// Characters of a line that are shown.
const WIDTH: usize = 4_000;

/// How a line is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Written by the job.
    Plain,
    /// Written by the job, and says that it warns.
    Warn,
    /// Written by the job, and says that something failed.
    Bad,
    /// Written by the supervisor, which no job can imitate.
    System,
}

impl Tone {
    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Warn => " log-warn",
            Self::Bad => " log-bad",
            Self::System => " log-system",
        }
    }
}

/// Whether more of a line may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It is whole.
    None,
    /// It has not ended: what is shown will be replaced.
    Unfinished,
    /// It is longer than is looked at.
    Unread,
}

/// A line as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1; `None` when it is not known, because only the end of a long log was read.
    pub number: Option<u64>,
    /// When; only the supervisor says that.
    pub at: Option<Time>,
    /// Harmless text, in pieces of one colour.
    pub spans: Vec<Span>,
    /// How many characters of it are left out.
    pub cut: usize,
    /// How it is marked.
    pub tone: Tone,
    /// Whether this is all of it.
    pub rest: Rest,
}

impl Line {
    /// A line of the job, without its end.
    pub fn of_job(bytes: &[u8], number: Option<u64>, rest: Rest) -> Self {
        let bytes = rewritten(bytes);
        // A cut inside a character is repaired by the lossy reading; what lies far behind the cut is not read.
        let head = bytes.get(..bytes.len().min(WIDTH * 8)).unwrap_or(bytes);
        let mut spans = spans(&String::from_utf8_lossy(head));
        let cut = narrow(&mut spans) + (bytes.len() - head.len());
        let start: String = spans.iter().flat_map(|span| span.text.chars()).take(200).collect();
        Self { number, at: None, spans, cut, tone: tone(&start), rest }
    }

    /// A line of the supervisor: milliseconds since 1970, a space, a sentence.
    pub fn of_system(line: &str) -> Self {
        let (ms, sentence) = line.split_once(' ').unwrap_or(("", line));
        let at = ms.parse().ok().and_then(chrono::DateTime::from_timestamp_millis).map(|at| at.naive_utc());
        let spans = vec![Span { class: String::new(), text: plain(sentence) }];
        Self { number: None, at, spans, cut: 0, tone: Tone::System, rest: Rest::None }
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// Whether it has not ended.
    pub fn is_unfinished(&self) -> bool {
        self.rest == Rest::Unfinished
    }

    /// Whether it is longer than was looked at.
    pub fn is_unread(&self) -> bool {
        self.rest == Rest::Unread
    }
}

/// Of a line that rewrites itself, as progress bars do, what stands there last.
fn rewritten(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
    let line = line.get(..end).unwrap_or_default();
    memrchr(b'\r', line).and_then(|at| line.get(at + 1..)).unwrap_or(line)
}

/// Leaves so much of the text as a line may have, and says how many characters went.
fn narrow(spans: &mut Vec<Span>) -> usize {
    let (mut left, mut cut) = (WIDTH, 0);
    for span in spans.iter_mut() {
        let count = span.text.chars().count();
        if count > left {
            span.text = span.text.chars().take(left).collect();
            cut += count - left;
        }
        left -= count.min(left);
    }
    spans.retain(|span| !span.text.is_empty());
    cut
}

fn tone(start: &str) -> Tone {
    let bad =
        start.contains("Traceback (most recent call last)") || start.contains("Error: ") || start.starts_with("ERROR") || start.contains("CRITICAL");
    if bad {
        return Tone::Bad;
    }
    if start.contains("Warning: ") || start.starts_with("WARNING") || start.contains(" WARNING ") { Tone::Warn } else { Tone::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        Line::of_job(bytes, None, Rest::None).text()
    }

    #[test]
    fn whatever_the_bytes_are_they_become_text() {
        assert_eq!(shown(b"\xff\xfeok"), "\u{fffd}\u{fffd}ok");
        assert_eq!(shown(b"\x1b[31mred\x1b[0m and\0 more"), "red and more");
    }

    #[test]
    fn a_line_that_rewrites_itself_shows_what_stands_there_last() {
        assert_eq!(shown(b"10 %\r50 %\r100 %"), "100 %");
        assert_eq!(shown(b"10 %\r50 %\r"), "50 %");
        assert_eq!(shown(b"ab\x08c"), "ac");
        assert_eq!(shown(b"windows\r"), "windows");
        assert_eq!(shown(b"\r\r"), "");
    }

    #[test]
    fn a_very_long_line_is_cut_with_a_figure() {
        let line = Line::of_job(&vec![b'x'; 1_000_000], Some(1), Rest::None);
        assert_eq!((line.text().len(), line.cut), (4_000, 996_000));
    }

    #[test]
    fn the_supervisors_lines_have_a_time() {
        let line = Line::of_system("1795371731004 The command has started.");
        assert_eq!((line.text().as_str(), line.tone, line.at.is_some()), ("The command has started.", Tone::System, true));
    }
}
