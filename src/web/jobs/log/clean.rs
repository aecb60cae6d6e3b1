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

/// A line as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1; `None` when it is not known, because only the end of a long log was read.
    pub number: Option<u64>,
    /// When; only the supervisor says that.
    pub at: Option<Time>,
    /// Harmless text.
    pub text: String,
    /// How many characters of it are left out.
    pub cut: usize,
    /// How it is marked.
    pub tone: Tone,
}

impl Line {
    /// A line of the job, without its end.
    pub fn of_job(bytes: &[u8], number: Option<u64>) -> Self {
        // A cut inside a character is repaired by the lossy reading; what lies far behind the cut is not read.
        let head = bytes.get(..bytes.len().min(WIDTH * 8)).unwrap_or(bytes);
        let text = plain(rewritten(&String::from_utf8_lossy(head)));
        let shown: String = text.chars().take(WIDTH).collect();
        let cut = text.chars().count().saturating_sub(WIDTH) + (bytes.len() - head.len());
        let tone = tone(&shown);
        Self { number, at: None, text: shown, cut, tone }
    }

    /// A line of the supervisor: milliseconds since 1970, a space, a sentence.
    pub fn of_system(line: &str) -> Self {
        let (ms, sentence) = line.split_once(' ').unwrap_or(("", line));
        let at = ms.parse().ok().and_then(chrono::DateTime::from_timestamp_millis).map(|at| at.naive_utc());
        Self { number: None, at, text: plain(sentence), cut: 0, tone: Tone::System }
    }
}

/// Of a line that rewrites itself, as progress bars do, what stands there last.
fn rewritten(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or(line)
}

/// The text without what a terminal would obey: escape sequences, control characters, changes of direction.
fn plain(text: impl AsRef<str>) -> String {
    let mut plain = String::new();
    let mut letters = text.as_ref().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => escape(&mut letters),
            '\u{9b}' => until(&mut letters, is_final),
            '\u{8}' => drop(plain.pop()),
            '\t' => plain.push('\t'),
            _ if letter.is_control() => {}
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => plain.push('\u{fffd}'),
            _ => plain.push(letter),
        }
    }
    plain
}

fn is_final(letter: char) -> bool {
    ('@'..='~').contains(&letter)
}

fn escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match letters.next() {
        Some('[') => until(letters, is_final),
        // A title or a link ends with BEL or with ESC \.
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(letter) = letters.next() {
                if letter == '\u{7}' || (letter == '\u{1b}' && letters.next_if_eq(&'\\').is_some()) {
                    return;
                }
            }
        }
        Some('(' | ')' | '#' | ' ') => drop(letters.next()),
        _ => {}
    }
}

fn until(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, end: fn(char) -> bool) {
    // What is no part of a sequence ends it, so that a broken one does not swallow the line.
    while let Some(letter) = letters.next_if(|letter| ('\u{20}'..='~').contains(letter)) {
        if end(letter) {
            return;
        }
    }
}

fn tone(text: &str) -> Tone {
    let start: String = text.chars().take(200).collect();
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
        Line::of_job(bytes, None).text
    }

    #[test]
    fn escapes_and_control_characters_do_nothing() {
        assert_eq!(shown(b"\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[m"), "red and bold");
        assert_eq!(shown(b"\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"), "textlink");
        assert_eq!(shown(b"a\0b\x07c\x1b[2Jd\x1b(Be"), "abcde");
        assert_eq!(shown("a\u{202e}b\u{2066}c".as_bytes()), "a\u{fffd}b\u{fffd}c");
        assert_eq!(shown(b"\x1b[12"), "");
        assert_eq!(shown(b"\xff\xfeok"), "\u{fffd}\u{fffd}ok");
    }

    #[test]
    fn a_line_that_rewrites_itself_shows_what_stands_there_last() {
        assert_eq!(shown(b"10 %\r50 %\r100 %"), "100 %");
        assert_eq!(shown(b"10 %\r50 %\r"), "50 %");
        assert_eq!(shown(b"ab\x08c"), "ac");
        assert_eq!(shown(b"windows\r"), "windows");
    }

    #[test]
    fn a_very_long_line_is_cut_with_a_figure() {
        let line = Line::of_job(&vec![b'x'; 1_000_000], Some(1));
        assert_eq!((line.text.len(), line.cut), (4_000, 996_000));
    }

    #[test]
    fn the_supervisors_lines_have_a_time() {
        let line = Line::of_system("1795371731004 The command has started.");
        assert_eq!((line.text.as_str(), line.tone, line.at.is_some()), ("The command has started.", Tone::System, true));
    }
}
