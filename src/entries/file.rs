use std::io::{self, BufRead};

/// Bytes of a line above which it is not read.
pub const MOST_BYTES: usize = 1 << 20;

/// The lines of a file, one in memory at a time, however long it is.
pub struct Lines<R> {
    file: R,
    line: Vec<u8>,
    number: u64,
    read: u64,
}

/// A line that is not empty.
pub struct Numbered<'a> {
    /// Its number, from 1; empty ones count.
    pub number: u64,
    /// Its bytes, or why they are no line of a catalogue.
    pub text: Result<&'a str, String>,
}

impl<R: BufRead> Lines<R> {
    /// From where `file` is now.
    pub fn new(file: R) -> Self {
        Self { file, line: Vec::new(), number: 0, read: 0 }
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The next line that is not empty; `None` at the end.
    ///
    /// # Errors
    /// The disk's.
    pub fn next_line(&mut self) -> io::Result<Option<Numbered<'_>>> {
        loop {
            let Some(length) = self.fill()? else { return Ok(None) };
            self.number += 1;
            if length > MOST_BYTES {
                let text = Err(format!("has {length} bytes; the limit of a line is {MOST_BYTES}"));
                return Ok(Some(Numbered { number: self.number, text }));
            }
            if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let text = std::str::from_utf8(self.line.trim_ascii());
        let text = text.map_err(|error| format!("is not UTF-8, from its byte {} on", error.valid_up_to() + 1));
        Ok(Some(Numbered { number: self.number, text }))
    }

    /// Reads to the end of the line, of which no more is kept than it may have; its length without the end.
    fn fill(&mut self) -> io::Result<Option<usize>> {
        self.line.clear();
        let mut length = 0;
        loop {
            let piece = match self.file.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                piece => piece?,
            };
            let end = memchr::memchr(b'\n', piece);
            let taken = end.unwrap_or(piece.len());
            let room = (MOST_BYTES + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..taken.min(room)]);
            let (last, used) = (piece.is_empty(), taken + usize::from(end.is_some()));
            length += taken;
            self.file.consume(used);
            self.read += used as u64;
            if end.is_some() || last {
                return Ok((end.is_some() || length > 0).then_some(length));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, Result<String, String>)> {
        // A buffer of seven bytes, so that lines come in pieces.
        let mut lines = Lines::new(io::BufReader::with_capacity(7, bytes));
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push((line.number, line.text.map(str::to_owned)));
        }
        assert_eq!(lines.read(), bytes.len() as u64);
        found
    }

    #[test]
    fn empty_lines_count_and_are_left_out() {
        let found = all(b"\xef\xbb\xbfone\r\n\n  \nfour, longer than the buffer\nfive");
        let texts: Vec<_> = found.iter().map(|(number, text)| (*number, text.as_deref().unwrap())).collect();
        assert_eq!(texts, [(1, "one"), (4, "four, longer than the buffer"), (5, "five")]);
        assert!(all(b"").is_empty() && all(b"\n\n").is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_or_no_text_is_told_and_the_next_one_read() {
        let mut bytes = vec![b'x'; 2_000_000];
        bytes.extend_from_slice(b"\n\xff\nthree\n");
        let found = all(&bytes);
        assert!(found[0].1.as_ref().unwrap_err().contains("2000000 bytes"), "{:?}", found[0].1);
        assert!(found[1].1.as_ref().unwrap_err().contains("UTF-8"), "{:?}", found[1].1);
        assert_eq!(found[2], (3, Ok("three".to_owned())));
    }
}
