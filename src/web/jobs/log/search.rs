//! Looking for words in a whole log, piece by piece.

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use super::ansi::plain;
use super::read::Log;
use super::split::{Place, ends};
use crate::engine::{EngineError, Stream};

/// Lines that one search finds.
const HITS: usize = 200;
/// Bytes that one search reads.
const READ: u64 = 128 << 20;
/// Bytes shown of a line before the words, and after.
const BESIDE: usize = 160;

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The lines, from the beginning of the log on.
    pub hits: Vec<Hit>,
    /// Where it began: bytes of the log.
    pub from: u64,
    /// How far it came.
    pub to: u64,
    /// Where to go on, when it stopped before the end.
    pub next: Option<Place>,
    /// Bytes of the log.
    pub size: u64,
}

/// A line with the words in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it begins, and how many lines come before it.
    pub place: Place,
    /// What stands before the words.
    pub before: String,
    /// The words as they stand there.
    pub words: String,
    /// What stands after them.
    pub after: String,
}

impl Hit {
    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.place.lines.unwrap_or(0) + 1
    }
}

impl Log {
    /// Looks for words, capital or small, from `start` on: at most 200 lines of at most 128 MiB.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn search(&self, words: &str, start: Place) -> Result<Found, EngineError> {
        let needle = words.to_ascii_lowercase();
        let finder = Finder::new(needle.as_bytes());
        let mut search = Search { finder: &finder, at: start, line: start.job, hits: Vec::new() };
        let size = self.size()?;
        while search.at.job < size && search.at.job - start.job < READ && search.hits.len() < HITS {
            let chunk = self.chunk(Stream::Job, search.at.job)?;
            if chunk.bytes.is_empty() {
                break;
            }
            search.piece(&chunk.bytes, needle.len(), search.at.job + chunk.bytes.len() as u64 >= size);
        }
        let Search { at, hits, .. } = search;
        Ok(Found { hits, from: start.job, to: at.job.min(size), next: (at.job < size).then_some(at), size })
    }
}

struct Search<'a> {
    finder: &'a Finder<'a>,
    at: Place,
    /// Where the line begins that `at` is in.
    line: u64,
    hits: Vec<Hit>,
}

impl Search<'_> {
    /// Goes through the whole lines of a piece; of one without any, through all but what may be half a hit.
    fn piece(&mut self, bytes: &[u8], needle: usize, last: bool) {
        let whole = match memrchr(b'\n', bytes) {
            _ if last => bytes.len(),
            Some(end) => end + 1,
            None => (bytes.len() + 1).saturating_sub(needle.max(1)).max(1),
        };
        let bytes = bytes.get(..whole).unwrap_or_default();
        let lower = bytes.to_ascii_lowercase();
        let mut done = 0;
        while self.hits.len() < HITS {
            let Some(hit) = lower.get(done..).and_then(|rest| self.finder.find(rest)).map(|at| done + at) else { break };
            self.pass(bytes.get(done..hit).unwrap_or_default());
            // A very long line is told of once, however many pieces of it there are.
            if self.hits.last().is_none_or(|before| before.place.lines != self.at.lines) {
                let place = Place { job: self.line, ..self.at };
                self.hits.push(excerpt(bytes, hit, needle, place));
            }
            let end = memchr(b'\n', bytes.get(hit..).unwrap_or_default()).map_or(bytes.len(), |end| hit + end + 1);
            self.pass(bytes.get(hit..end).unwrap_or_default());
            done = end;
        }
        if self.hits.len() < HITS {
            self.pass(bytes.get(done..).unwrap_or_default());
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.at.lines = self.at.lines.map(|lines| lines + ends(bytes));
        if let Some(end) = memrchr(b'\n', bytes) {
            self.line = self.at.job + end as u64 + 1;
        }
        self.at.job += bytes.len() as u64;
    }
}

/// The words with a little of their line on both sides.
fn excerpt(bytes: &[u8], hit: usize, needle: usize, place: Place) -> Hit {
    let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let (earlier, rest) = bytes.split_at(hit);
    let (words, later) = rest.split_at(needle.min(rest.len()));
    let begin = earlier.iter().rposition(ends_line).map_or(0, |at| at + 1).max(hit.saturating_sub(BESIDE));
    let end = later.iter().position(ends_line).unwrap_or(later.len()).min(BESIDE);
    let text = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes));
    let (before, after) = (earlier.get(begin..).unwrap_or_default(), later.get(..end).unwrap_or_default());
    Hit { place, before: text(before), words: text(words), after: text(after) }
}

/// The place of a search's start and of a line, as an address has it: `offset-lines`.
pub fn place(text: &str) -> Option<Place> {
    let (job, lines) = text.split_once('-')?;
    Some(Place { job: job.parse().ok()?, system: 0, lines: Some(lines.parse().ok()?) })
}

/// The same, written.
pub fn address(place: &Place) -> String {
    format!("{}-{}", place.job, place.lines.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &[u8], words: &str, piece: usize) -> Vec<(u64, u64, String)> {
        let needle = words.to_ascii_lowercase();
        let finder = Finder::new(needle.as_bytes());
        let mut search = Search { finder: &finder, at: Place { lines: Some(0), ..Place::default() }, line: 0, hits: Vec::new() };
        while (search.at.job as usize) < text.len() && search.hits.len() < HITS {
            let from = search.at.job as usize;
            let end = (from + piece).min(text.len());
            search.piece(&text[from..end], needle.len(), end == text.len());
        }
        search.hits.iter().map(|hit| (hit.number(), hit.place.job, format!("{}[{}]{}", hit.before, hit.words, hit.after))).collect()
    }

    #[test]
    fn words_are_found_wherever_the_pieces_are_cut() {
        let text = b"one\nUserWarning: two\n\nthree warning WARNING\nlast warning";
        let all = found(text, "warning", 1_000);
        let wanted = [(2, 4, "User[Warning]: two"), (4, 22, "three [warning] WARNING"), (5, 44, "last [warning]")];
        assert_eq!(all, wanted.map(|(number, at, words)| (number, at, words.to_owned())));
        for piece in 22..60 {
            assert_eq!(found(text, "warning", piece), all, "pieces of {piece}");
        }
    }

    #[test]
    fn a_line_of_many_pieces_is_told_of_once() {
        let text = [b"first\n".as_slice(), &b"x needle ".repeat(1_000), b"\nneedle\n"].concat();
        let hits: Vec<u64> = found(&text, "needle", 100).iter().map(|hit| hit.0).collect();
        assert_eq!(hits, [2, 3]);
    }

    #[test]
    fn a_search_that_finds_much_stops_where_it_can_go_on() {
        let text = "needle\n".repeat(500);
        assert_eq!(found(text.as_bytes(), "needle", 1_000).len(), HITS);
    }

    #[test]
    fn what_is_found_is_harmless() {
        assert_eq!(found(b"\x1b[31m<b>\0needle\x1b[0m\rafter\n", "needle", 100), [(1, 0, "<b>[needle]".to_owned())]);
    }
}
