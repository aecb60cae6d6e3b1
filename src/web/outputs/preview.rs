use std::fs::File;
use std::io::{Read, Seek};

use crate::datasets::{self, Preview as Beginning};
use crate::error::Result;
use crate::web::source::Source;

/// Bytes and lines of a text that are shown.
const HEAD: u64 = 64 << 10;
const LINES: usize = 2_000;
/// Bytes above which a picture is not shown.
const MOST_PICTURE: u64 = 32 << 20;

/// What of a file can be shown on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// All of it, as an `<img>`: in there nothing runs and nothing is loaded from elsewhere, whatever an SVG says.
    Picture,
    /// The first rows of a table.
    Table(Beginning),
    /// The beginning of a text.
    Text {
        /// Of its lines, highlighted and safe.
        html: String,
        /// How many lines that is.
        lines: usize,
        /// How many bytes that is, when there is more.
        cut: Option<u64>,
    },
    /// Nothing is in it.
    Empty,
    /// A picture that would be too much for a page.
    TooLarge,
    /// Nothing that can be read.
    Other,
}

/// The type of a picture that pages show, by the file's name; `None` for everything else.
pub fn picture(path: &str) -> Option<&'static str> {
    match extension(path).as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// What can be shown of a file of this name and size, of which no more than a beginning is read; `plain`: as text, if it is one.
///
/// # Errors
/// Only the disk's.
pub fn preview(path: &str, mut file: File, size: u64, plain: bool) -> Result<Preview> {
    let format = extension(path);
    if !plain && matches!(format.as_str(), "csv" | "tsv" | "tab") {
        if let table @ Beginning::Table { .. } = datasets::preview(&file, &format)? {
            return Ok(Preview::Table(table));
        }
        file.rewind()?;
    }
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    Ok(match picture(path).filter(|kind| !plain && begins(&head, kind)) {
        Some(_) if size > MOST_PICTURE => Preview::TooLarge,
        Some(_) => Preview::Picture,
        None if head.is_empty() => Preview::Empty,
        None => text(path, &head, size > head.len() as u64),
    })
}

fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

/// Whether a file that is called a picture begins like one.
fn begins(head: &[u8], kind: &str) -> bool {
    match kind {
        "image/png" => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => head.starts_with(b"\xff\xd8\xff"),
        "image/gif" => head.starts_with(b"GIF8"),
        "image/webp" => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        _ => memchr::memmem::find(head, b"<svg").is_some(),
    }
}

fn text(path: &str, head: &[u8], more: bool) -> Preview {
    let Some(text) = datasets::beginning(head, more) else { return Preview::Other };
    // Whole lines, unless there is only one.
    let end = text.rfind('\n').filter(|_| more).map_or(text.len(), |at| at + 1);
    let end = text.match_indices('\n').nth(LINES - 1).map_or(end, |(at, _)| end.min(at + 1));
    let shown = text.get(..end).unwrap_or(text);
    let cut = (more || end < text.len()).then_some(end as u64);
    match Source::of(path, shown.into()) {
        Source::Lines { html, count } => Preview::Text { html, lines: count, cut },
        Source::Binary | Source::TooLong => Preview::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, bytes: &[u8]) -> Preview {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        preview(path, file.reopen().unwrap(), bytes.len() as u64, false).unwrap()
    }

    #[test]
    fn a_picture_has_to_begin_like_one() {
        assert_eq!(of("a/plot.PNG", b"\x89PNG\r\n\x1a\nrest"), Preview::Picture);
        assert_eq!(of("photo.jpeg", b"\xff\xd8\xff\xe0"), Preview::Picture);
        assert_eq!(of("plot.svg", b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>"), Preview::Picture);
        assert_eq!(of("plot.webp", b"RIFF\x01\x01\x01\x01WEBP"), Preview::Picture);
        assert!(matches!(of("plot.png", b"<html><script>alert(1)</script>"), Preview::Text { html, .. } if !html.contains("<script")));
        assert_eq!(of("plot.png", b"\x89PN\0"), Preview::Other);
        let mut large = b"GIF89a".to_vec();
        large.resize(usize::try_from(MOST_PICTURE).unwrap() + 1, 0);
        assert_eq!(of("huge.gif", &large), Preview::TooLarge);
    }

    #[test]
    fn of_a_text_the_beginning_is_shown() {
        assert!(matches!(of("log.txt", b"a\nb"), Preview::Text { lines: 2, cut: None, .. }));
        let long = "0123456789abcde\n".repeat(10_000);
        assert!(matches!(of("log.txt", long.as_bytes()), Preview::Text { lines: LINES, cut: Some(32_000), .. }));
        let wide = format!("{}\n", "x".repeat(1_000)).repeat(1_000);
        assert!(matches!(of("log.txt", wide.as_bytes()), Preview::Text { lines: 65, cut: Some(65_065), .. }));
        assert!(matches!(of("one.json", "é".repeat(100_000).as_bytes()), Preview::Text { lines: 1, cut: Some(65_536), .. }));
        assert_eq!(of("model.bin", b"a\0b"), Preview::Other);
        assert_eq!(of("nothing.csv", b""), Preview::Empty);
    }

    #[test]
    fn a_table_is_one_unless_its_text_is_wanted() {
        assert!(matches!(of("predictions.csv", b"a,b\n1,2\n"), Preview::Table(Beginning::Table { columns: 2, .. })));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a,b\n1,2\n").unwrap();
        assert!(matches!(preview("t.csv", file.reopen().unwrap(), 8, true).unwrap(), Preview::Text { lines: 2, .. }));
    }
}
