use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::Line;
use crate::engine::{Chunk, Cursor, Engine, EngineError, Handle, Stream};

/// Lines that a page shows at first.
const LINES: usize = 2_000;
/// What the supervisor says when everything after it comes from the job.
const STARTED: &str = "The command has started.";

/// The log of one attempt.
pub struct Log {
    engine: Arc<dyn Engine>,
    handle: Handle,
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Bytes of the job's log.
    pub job: u64,
    /// Bytes of the supervisor's.
    pub system: u64,
    /// Lines of the job's log before it; `None` when nobody counted.
    pub lines: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.job, self.system)?;
        self.lines.map_or(Ok(()), |lines| write!(f, "-{lines}"))
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.split('-').map(|number| number.parse::<u64>().map_err(|_| ()));
        let mut next = || numbers.next().transpose();
        let place = Self { job: next()?.ok_or(())?, system: next()?.ok_or(())?, lines: next()? };
        if next()?.is_some() { Err(()) } else { Ok(place) }
    }
}

/// A part of a log.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Where to go on.
    pub place: Place,
    /// The attempt is over and this was the end of its log.
    pub complete: bool,
    /// Bytes of the job's log that come before it and were not read.
    pub skipped: u64,
}

impl Log {
    /// The log of an attempt by its id.
    pub fn new(engine: Arc<dyn Engine>, handle: Handle) -> Self {
        Self { engine, handle }
    }

    /// The end of the log, found without reading what comes before.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn tail(&self) -> Result<Part, EngineError> {
        let system = self.chunk(Stream::System, 0)?;
        let size = self.size()?;
        let from = size.saturating_sub(Chunk::LIMIT as u64);
        let chunk = self.chunk(Stream::Job, from)?;
        // The first line of a cut piece is half a line.
        let head = if from == 0 { 0 } else { chunk.bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
        let place = Place { job: from + head as u64, system: 0, lines: (from == 0).then_some(0) };
        let (mut lines, place) = job_lines(chunk.bytes.get(head..).unwrap_or_default(), place, chunk.complete);
        let skipped = from + head as u64;
        let cut = lines.len().saturating_sub(LINES);
        lines.drain(..cut);
        let (said, system_place) = system_lines(&system);
        let (before, after) = around(said);
        let lines = before.into_iter().chain(lines).chain(after).collect();
        Ok(Part { lines, place: Place { system: system_place, ..place }, complete: chunk.complete && system.complete, skipped })
    }

    /// What has come since.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn since(&self, place: Place) -> Result<Part, EngineError> {
        let system = self.chunk(Stream::System, place.system)?;
        let chunk = self.chunk(Stream::Job, place.job)?;
        let (lines, next) = job_lines(&chunk.bytes, place, chunk.complete);
        let (said, said_bytes) = system_lines(&system);
        let (before, after) = around(said);
        let lines = before.into_iter().chain(lines).chain(after).collect();
        let complete = chunk.complete && system.complete;
        Ok(Part { lines, place: Place { system: place.system + said_bytes, ..next }, complete, skipped: 0 })
    }

    /// The next bytes of one of the two logs, as they are.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn chunk(&self, stream: Stream, offset: u64) -> Result<Chunk, EngineError> {
        self.engine.logs(&self.handle, Cursor { stream, offset })
    }

    /// Bytes of the job's log. The engine is asked for pieces further and further on, then closer and closer.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn size(&self) -> Result<u64, EngineError> {
        let (mut from, mut beyond, mut at) = (0, None, 0);
        loop {
            let read = self.chunk(Stream::Job, at)?.bytes.len();
            if (1..Chunk::LIMIT).contains(&read) {
                return Ok(at + read as u64);
            }
            if read == 0 {
                beyond = Some(at)
            } else {
                from = at + read as u64
            }
            at = match beyond {
                Some(beyond) if beyond <= from => return Ok(from),
                Some(beyond) => from + (beyond - from) / 2,
                None => from * 2,
            };
        }
    }
}

/// The whole lines of a piece of the job's log; at the end of everything the last one too. A line longer than the piece is
/// taken as it is.
fn job_lines(bytes: &[u8], place: Place, complete: bool) -> (Vec<Line>, Place) {
    let last = bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
    let whole = match last {
        _ if complete => bytes.len(),
        None if bytes.len() >= Chunk::LIMIT => bytes.len(),
        last => last.unwrap_or(0),
    };
    let piece = bytes.get(..whole).unwrap_or_default();
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    let mut count = place.lines;
    let mut lines = Vec::new();
    if whole > 0 {
        for line in piece.split(|byte| *byte == b'\n') {
            count = count.map(|count| count + 1);
            lines.push(Line::of_job(line, count));
        }
    }
    (lines, Place { job: place.job + whole as u64, lines: count, ..place })
}

/// The whole lines of the supervisor, and how many bytes they are.
fn system_lines(chunk: &Chunk) -> (Vec<Line>, u64) {
    let whole = chunk.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(chunk.bytes.get(..whole).unwrap_or_default());
    (text.lines().map(Line::of_system).collect(), whole as u64)
}

/// What the supervisor said before the command started, and after.
fn around(mut lines: Vec<Line>) -> (Vec<Line>, Vec<Line>) {
    let started = lines.iter().position(|line| line.text == STARTED).map_or(0, |at| at + 1);
    let after = lines.split_off(started);
    (lines, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Place = Place { job: 0, system: 0, lines: Some(0) };

    #[test]
    fn half_a_line_waits_for_its_end() {
        let (lines, place) = job_lines(b"one\ntwo\nthr", START, false);
        assert_eq!((lines.len(), place.job, place.lines), (2, 8, Some(2)));
        let (lines, place) = job_lines(b"thr", place, true);
        assert_eq!((lines[0].text.as_str(), lines[0].number, place.job), ("thr", Some(3), 11));
        assert_eq!(job_lines(b"", place, true).0, []);
        assert_eq!(job_lines(b"\n\n", START, false).0.len(), 2);
    }

    #[test]
    fn a_place_comes_back_as_it_was_written() {
        for place in [START, Place { job: 7, system: 9, lines: None }] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert!(["", "1", "1-x", "1-2-3-4", "-1-2"].iter().all(|text| text.parse::<Place>().is_err()));
    }

    #[test]
    fn a_line_longer_than_a_piece_holds_nothing_up() {
        let (lines, place) = job_lines(&vec![b'x'; Chunk::LIMIT], START, false);
        assert_eq!((lines.len(), place.job), (1, Chunk::LIMIT as u64));
    }

    #[test]
    fn the_supervisor_comes_before_and_after_the_job() {
        let text = "1 Memory is watched.\n2 The command has started.\n9 The command ended with exit code 0.\nhalf";
        let chunk = Chunk { bytes: text.into(), next: Cursor { stream: Stream::System, offset: 0 }, complete: false };
        let (lines, bytes) = system_lines(&chunk);
        let (before, after) = around(lines);
        assert_eq!((before.len(), after.len(), bytes), (2, 1, text.len() as u64 - 4));
    }
}
