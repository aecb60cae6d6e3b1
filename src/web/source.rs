//! A text file with a number and an anchor to each line, highlighted.

use crate::highlight;

/// Lines above which a file is not shown.
const MOST_LINES: usize = 20_000;

/// A file as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Highlighted, an element for each line.
    Lines {
        /// Safe HTML.
        html: String,
        /// How many lines.
        count: usize,
    },
    /// Not UTF-8, or with NUL in it.
    Binary,
    /// More lines than a page should have.
    TooLong,
}

impl Source {
    /// Draws the file; the grammar goes by its name.
    pub fn of(path: &str, bytes: Vec<u8>) -> Self {
        let text = match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text,
            _ => return Self::Binary,
        };
        if text.lines().nth(MOST_LINES).is_some() {
            return Self::TooLong;
        }
        let lines = highlight::lines(path, &text);
        let line = |(index, html): (usize, &String)| {
            let n = index + 1;
            format!(
                "<span class=\"code-line\" id=\"L{n}\"><a class=\"code-n\" href=\"#L{n}\" data-n=\"{n}\" aria-label=\"Line {n}\"></a>{html}\n</span>"
            )
        };
        Self::Lines { html: lines.iter().enumerate().map(line).collect(), count: lines.len() }
    }

    /// Bytes of HTML.
    pub fn size(&self) -> usize {
        match self {
            Self::Lines { html, .. } => html.len(),
            Self::Binary | Self::TooLong => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_said_so() {
        assert_eq!(Source::of("a.bin", vec![0xff, 0xfe, 0]), Source::Binary);
        assert_eq!(Source::of("a.txt", b"a\0b".to_vec()), Source::Binary);
        assert_eq!(Source::of("a.txt", vec![b'\n'; MOST_LINES + 1]), Source::TooLong);
    }

    #[test]
    fn each_line_has_an_anchor_and_no_markup_of_its_own() {
        let Source::Lines { html, count } = Source::of("x.html", b"<script>\nid=\"L1\"\n".to_vec()) else { panic!("no lines") };
        assert_eq!(count, 2);
        assert!(html.contains("id=\"L2\"") && !html.contains("<script>"), "{html}");
    }
}
