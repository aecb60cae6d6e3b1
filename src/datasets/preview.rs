use std::fs::File;
use std::io::Read;

use crate::error::Result;

/// Bytes of a file that are looked at.
const HEAD: u64 = 256 << 10;
/// Rows, lines and columns that are shown.
const ROWS: usize = 20;
const LINES: usize = 60;
const COLUMNS: usize = 50;
/// Characters of a cell or line.
const CELL: usize = 200;

/// The beginning of a file, as far as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// The first rows of a table.
    Table {
        /// Of the first row.
        head: Vec<String>,
        /// At most 20.
        rows: Vec<Vec<String>>,
        /// How many columns there are, the ones not shown too.
        columns: usize,
        /// There is more than what is shown.
        more: bool,
    },
    /// The first lines of a text.
    Text {
        /// At most 60.
        lines: Vec<String>,
        /// There is more.
        more: bool,
    },
    /// Nothing that can be read.
    None,
}

/// The beginning of a file, by its format.
///
/// # Errors
/// Only the disk's.
pub fn preview(file: &File, format: &str) -> Result<Preview> {
    let size = file.metadata()?.len();
    let mut bytes = Vec::new();
    file.take(HEAD).read_to_end(&mut bytes)?;
    let cut = size > bytes.len() as u64;
    let Some(text) = beginning(&bytes, cut) else { return Ok(Preview::None) };
    Ok(match format {
        "csv" => table(text, b',', cut),
        "tsv" | "tab" => table(text, b'\t', cut),
        _ => lines(text, cut),
    })
}

/// The bytes as text, unless they are none; a character that is cut at the end is left out.
pub fn beginning(bytes: &[u8], cut: bool) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if cut && error.valid_up_to() + 4 > bytes.len() => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    if text.contains('\0') { None } else { Some(text) }
}

/// A comma may be a semicolon where commas stand in numbers.
fn table(text: &str, usual: u8, cut: bool) -> Preview {
    let first = text.lines().next().unwrap_or("");
    let semicolons = usual == b',' && first.matches(';').count() > first.matches(',').count();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(if semicolons { b';' } else { usual }).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records().map_while(std::result::Result::ok);
    let Some(first) = records.next() else { return lines(text, cut) };
    let row = |record: &csv::StringRecord| record.iter().take(COLUMNS).map(shortened).collect::<Vec<_>>();
    let columns = first.len();
    let rows: Vec<_> = records.by_ref().take(ROWS).map(|record| row(&record)).collect();
    let more = cut || records.next().is_some();
    Preview::Table { head: row(&first), rows, columns, more }
}

fn lines(text: &str, cut: bool) -> Preview {
    let more = cut || text.lines().nth(LINES).is_some();
    Preview::Text { lines: text.lines().take(LINES).map(shortened).collect(), more }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8], format: &str) -> Preview {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        preview(file.as_file(), format).unwrap()
    }

    #[test]
    fn the_first_rows_of_a_table_are_shown() {
        let Preview::Table { head, rows, columns, more } = of("\u{feff}a,\"b, c\"\n1,<b>\n".as_bytes(), "csv") else { panic!("no table") };
        assert_eq!((head, rows, columns, more), (vec!["a".into(), "b, c".into()], vec![vec!["1".into(), "<b>".into()]], 2, false));
        let many = "x;y\n".to_owned() + &"1,5;2\n".repeat(100_000);
        let Preview::Table { head, rows, more, .. } = of(many.as_bytes(), "csv") else { panic!("no table") };
        assert_eq!((head.len(), rows.len(), more), (2, 20, true));
        assert!(matches!(of(b"a\tb\n1\t2\n", "tsv"), Preview::Table { columns: 2, .. }));
    }

    #[test]
    fn what_is_no_text_has_no_preview() {
        assert_eq!(of(&[0xff, 0xd8, 0xff, 0xe0], "csv"), Preview::None);
        assert_eq!(of(b"PK\0\0", "txt"), Preview::None);
        assert_eq!(of(b"", "csv"), Preview::Text { lines: Vec::new(), more: false });
        // A character that the end of what is read cuts in two.
        let long = format!("{}é", "x".repeat(usize::try_from(HEAD).unwrap() - 1));
        assert!(matches!(of(long.as_bytes(), "txt"), Preview::Text { more: true, .. }));
    }
}
