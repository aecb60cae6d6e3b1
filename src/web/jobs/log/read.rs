use std::sync::Arc;

use memchr::memchr;

use super::line::Line;
use super::split::{Place, Split, ends, job_lines, last_lines, system_lines};
use crate::engine::{Chunk, Cursor, Engine, EngineError, Handle, Stream, length};

/// Lines that a page shows at once.
const LINES: usize = 2_000;
/// Bytes shown before a line that is looked for.
const BEFORE: u64 = 32 * 1024;
/// What the supervisor says when everything after it comes from the job.
const STARTED: &str = "The command has started.";

/// The log of one attempt.
pub struct Log {
    engine: Arc<dyn Engine>,
    handle: Handle,
}

/// A part of a log.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Its lines.
    pub lines: Vec<Line>,
    /// The last line, while it has not ended.
    pub unfinished: Option<Line>,
    /// Where to go on.
    pub place: Place,
    /// The attempt is over and this was the end of its log.
    pub complete: bool,
    /// Bytes of the job's log that come before it and were not read.
    pub skipped: u64,
    /// Bytes of the job's log altogether.
    pub size: u64,
}

impl Log {
    /// The log of an attempt by its id.
    pub fn new(engine: Arc<dyn Engine>, handle: Handle) -> Self {
        Self { engine, handle }
    }

    /// The end of the log, found without reading what comes before; a last line that has not ended is among its lines.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn tail(&self) -> Result<Part, EngineError> {
        let system = self.chunk(Stream::System, 0)?;
        let from = self.size()?.saturating_sub(Chunk::LIMIT as u64);
        let chunk = self.chunk(Stream::Job, from)?;
        let part = part(&chunk.bytes, from, chunk.complete);
        let (said, said_bytes) = system_lines(&system);
        let (before, after) = around(said);
        let lines = before.into_iter().chain(part.lines).chain(after).chain(part.unfinished).collect();
        let place = Place { system: said_bytes, ..part.place };
        Ok(Part { lines, place, complete: chunk.complete && system.complete, unfinished: None, ..part })
    }

    /// What stands before byte `end` of the job's log, where a line begins.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn before(&self, end: u64) -> Result<Part, EngineError> {
        let size = self.size()?;
        let end = end.min(size);
        let from = end.saturating_sub(Chunk::LIMIT as u64);
        let chunk = self.chunk(Stream::Job, from)?;
        let wanted = usize::try_from(end - from).unwrap_or(usize::MAX).min(chunk.bytes.len());
        Ok(Part { size, ..part(chunk.bytes.get(..wanted).unwrap_or_default(), from, true) })
    }

    /// The lines around the one that begins at `place`.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn around(&self, place: Place) -> Result<Part, EngineError> {
        let size = self.size()?;
        let wanted = place.job.min(size);
        let from = wanted.saturating_sub(BEFORE);
        let chunk = self.chunk(Stream::Job, from)?;
        let at = usize::try_from(wanted - from).unwrap_or(0).min(chunk.bytes.len());
        let head = if from == 0 { 0 } else { memchr(b'\n', chunk.bytes.get(..at).unwrap_or_default()).map_or(at, |end| end + 1) };
        let earlier = ends(chunk.bytes.get(head..at).unwrap_or_default());
        let start = Place { job: from + head as u64, system: 0, lines: place.lines.map(|lines| lines.saturating_sub(earlier)) };
        let complete = from + chunk.bytes.len() as u64 >= size;
        let Split { mut lines, place, .. } = job_lines(chunk.bytes.get(head..).unwrap_or_default(), start, complete, false);
        lines.truncate(LINES);
        Ok(Part { lines, place, size, skipped: start.job, complete, unfinished: None })
    }

    /// What has come since.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn since(&self, place: Place) -> Result<Part, EngineError> {
        let system = self.chunk(Stream::System, place.system)?;
        // The byte before says whether this is the rest of a line that was too long to be read.
        let chunk = self.chunk(Stream::Job, place.job.saturating_sub(1))?;
        let (bytes, inside) = match chunk.bytes.split_first() {
            Some((before, rest)) if place.job > 0 => (rest, !matches!(before, b'\n' | b'\r')),
            _ => (chunk.bytes.as_slice(), false),
        };
        let split = job_lines(bytes, place, chunk.complete, inside);
        let (said, said_bytes) = system_lines(&system);
        let (before, after) = around(said);
        let lines = before.into_iter().chain(split.lines).chain(after).collect();
        let place = Place { system: place.system + said_bytes, ..split.place };
        Ok(Part { lines, unfinished: split.unfinished, place, complete: chunk.complete && system.complete, ..Part::default() })
    }

    /// The next bytes of one of the two logs, as they are.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn chunk(&self, stream: Stream, offset: u64) -> Result<Chunk, EngineError> {
        self.engine.logs(&self.handle, Cursor { stream, offset })
    }

    /// Bytes of the job's log.
    ///
    /// # Errors
    /// `Unavailable` when the engine does not answer.
    pub fn size(&self) -> Result<u64, EngineError> {
        length(self.engine.as_ref(), &self.handle, Stream::Job)
    }
}

/// The last lines of a piece of the job's log that begins at byte `from`, perhaps within a line.
fn part(bytes: &[u8], from: u64, complete: bool) -> Part {
    let size = from + bytes.len() as u64;
    // The first line of a cut piece is half a line.
    let head = if from == 0 { 0 } else { memchr(b'\n', bytes).map_or(0, |end| end + 1) };
    let rest = bytes.get(head..).unwrap_or_default();
    let start = head + last_lines(rest, LINES);
    let counted = (from == 0).then(|| ends(bytes.get(..start).unwrap_or_default()));
    let skipped = from + start as u64;
    let place = Place { job: skipped, system: 0, lines: counted };
    let Split { lines, unfinished, place } = job_lines(bytes.get(start..).unwrap_or_default(), place, complete, false);
    Part { lines, unfinished, place, complete, skipped, size }
}

/// What the supervisor said before the command started, and after.
fn around(mut lines: Vec<Line>) -> (Vec<Line>, Vec<Line>) {
    let started = lines.iter().position(|line| line.text() == STARTED).map_or(0, |at| at + 1);
    let after = lines.split_off(started);
    (lines, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supervisor_comes_before_and_after_the_job() {
        let text = "1 Memory is watched.\n2 The command has started.\n9 The command ended with exit code 0.\nhalf";
        let chunk = Chunk { bytes: text.into(), next: Cursor { stream: Stream::System, offset: 0 }, complete: false };
        let (lines, bytes) = system_lines(&chunk);
        let (before, after) = around(lines);
        assert_eq!((before.len(), after.len(), bytes), (2, 1, text.len() as u64 - 4));
    }

    #[test]
    fn a_piece_shows_its_last_lines_and_says_where_they_begin() {
        let text: String = (0..3_000).map(|number| format!("line {number}\n")).collect();
        let whole = part(text.as_bytes(), 0, true);
        assert_eq!((whole.lines.len(), whole.lines[0].number, whole.lines[0].text().as_str()), (2_000, Some(1_001), "line 1000"));
        let before = part(text.as_bytes().get(..usize::try_from(whole.skipped).unwrap()).unwrap(), 0, true);
        assert_eq!((before.lines.len(), before.lines[999].text().as_str(), before.skipped), (1_000, "line 999", 0));
        let cut = part(b"lf\nwhole\n", 500, true);
        assert_eq!((cut.lines.len(), cut.skipped, cut.lines[0].number), (1, 503, None));
    }
}
