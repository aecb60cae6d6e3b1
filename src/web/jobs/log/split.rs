//! Bytes of a log as lines.

use std::fmt;
use std::str::FromStr;

use memchr::{memchr, memchr_iter, memrchr, memrchr_iter};

use super::line::{Line, Rest};
use crate::engine::Chunk;

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

/// Lines of a piece of the job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Those that have ended.
    pub lines: Vec<Line>,
    /// The one that has not: it is read again from its beginning.
    pub unfinished: Option<Line>,
    /// Where to go on.
    pub place: Place,
}

/// The lines of a piece of the job's log from `place`. At the end of everything (`complete`) the last one has ended too.
///
/// A line longer than a chunk is shown by its first piece; `inside` is the rest of such a line, to be passed over. A line that
/// rewrites itself may be as long as it likes: only what stands after its last carriage return is read again.
pub fn job_lines(bytes: &[u8], place: Place, complete: bool, inside: bool) -> Split {
    let full = bytes.len() + 1 >= Chunk::LIMIT;
    let passed = match (inside, memchr(b'\n', bytes)) {
        (false, _) => 0,
        (true, Some(end)) => end + 1,
        (true, None) => bytes.len(),
    };
    let mut place = Place { job: place.job + passed as u64, ..place };
    let bytes = bytes.get(passed..).unwrap_or_default();
    let (whole, rest) = bytes.split_at(memrchr(b'\n', bytes).map_or(0, |end| end + 1));
    let mut lines = Vec::new();
    for line in whole.strip_suffix(b"\n").into_iter().flat_map(|whole| whole.split(|byte| *byte == b'\n')) {
        place.lines = place.lines.map(|count| count + 1);
        lines.push(Line::of_job(line, place.lines, Rest::None));
    }
    place.job += whole.len() as u64;
    let number = place.lines.map(|count| count + 1);
    let mut unfinished = None;
    if complete && !rest.is_empty() {
        (place.job, place.lines) = (place.job + rest.len() as u64, number);
        lines.push(Line::of_job(rest, number, Rest::None));
    } else if full && whole.is_empty() && !rest.is_empty() {
        match memrchr(b'\r', rest) {
            Some(last) => place.job += last as u64 + 1,
            None => {
                (place.job, place.lines) = (place.job + rest.len() as u64, number);
                lines.push(Line::of_job(rest, number, Rest::Unread));
            }
        }
    } else if !rest.is_empty() {
        unfinished = Some(Line::of_job(rest, number, Rest::Unfinished));
    }
    Split { lines, unfinished, place }
}

/// Where the last `most` lines of a piece begin.
pub fn last_lines(bytes: &[u8], most: usize) -> usize {
    let ended = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    memrchr_iter(b'\n', ended).nth(most.saturating_sub(1)).map_or(0, |end| end + 1)
}

/// How many lines end in a piece.
pub fn ends(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// The whole lines of the supervisor, and how many bytes they are.
pub fn system_lines(chunk: &Chunk) -> (Vec<Line>, u64) {
    let whole = chunk.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(chunk.bytes.get(..whole).unwrap_or_default());
    (text.lines().map(Line::of_system).collect(), whole as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Place = Place { job: 0, system: 0, lines: Some(0) };

    #[test]
    fn half_a_line_waits_for_its_end_and_is_shown_meanwhile() {
        let split = job_lines(b"one\ntwo\nthr", START, false, false);
        assert_eq!((split.lines.len(), split.place.job, split.place.lines), (2, 8, Some(2)));
        let half = split.unfinished.unwrap();
        assert_eq!((half.text().as_str(), half.number, half.is_unfinished()), ("thr", Some(3), true));
        let end = job_lines(b"thr", split.place, true, false);
        assert_eq!((end.lines[0].text().as_str(), end.lines[0].number, end.place.job, end.unfinished), ("thr", Some(3), 11, None));
        assert_eq!(job_lines(b"", end.place, true, false).lines, []);
        assert_eq!(job_lines(b"\n\n", START, false, false).lines.len(), 2);
    }

    #[test]
    fn a_progress_bar_moves_while_it_has_not_ended() {
        let split = job_lines(b"start\n10 %\r20 %\r", START, false, false);
        assert_eq!((split.lines.len(), split.unfinished.unwrap().text().as_str()), (1, "20 %"));
        // However long it goes on, it is one line.
        let long = "20 %\r".repeat(60_000);
        let (mut place, mut rest) = (START, long.as_bytes());
        while rest.len() >= Chunk::LIMIT {
            let split = job_lines(&rest[..Chunk::LIMIT], place, false, false);
            assert!(split.lines.is_empty() && split.place.lines == Some(0));
            rest = &rest[usize::try_from(split.place.job - place.job).unwrap()..];
            place = split.place;
        }
        assert_eq!(job_lines(b"100 %\n", place, false, false).lines[0].number, Some(1));
    }

    #[test]
    fn a_line_longer_than_a_piece_is_one_line_and_holds_nothing_up() {
        let first = job_lines(&vec![b'x'; Chunk::LIMIT], START, false, false);
        assert_eq!((first.lines.len(), first.place.job, first.lines[0].is_unread()), (1, Chunk::LIMIT as u64, true));
        let second = job_lines(&vec![b'x'; Chunk::LIMIT], first.place, false, true);
        assert_eq!((second.lines.len(), second.place.lines), (0, Some(1)));
        let third = job_lines(b"xxx\nnext\n", second.place, false, true);
        assert_eq!((third.lines.len(), third.lines[0].text().as_str(), third.lines[0].number), (1, "next", Some(2)));
    }

    #[test]
    fn a_place_comes_back_as_it_was_written() {
        for place in [START, Place { job: 7, system: 9, lines: None }] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert!(["", "1", "1-x", "1-2-3-4", "-1-2"].iter().all(|text| text.parse::<Place>().is_err()));
    }

    #[test]
    fn the_last_lines_of_a_piece() {
        assert_eq!([last_lines(b"a\nb\nc\n", 2), last_lines(b"a\nb\nc", 2), last_lines(b"a\nb\n", 9), last_lines(b"", 1)], [2, 2, 0, 0]);
    }
}
