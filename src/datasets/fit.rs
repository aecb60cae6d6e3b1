use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};

use crate::error::Result;
use crate::package::{Column, Kind};

/// Rows whose values are looked at.
const ROWS: usize = 10_000;
/// Bytes of a first row.
const FIRST: u64 = 1 << 20;

/// Why a file does not have these columns, or not these types in its first 10,000 rows, in a sentence; `None` when it has, and
/// for a format that is no table. An empty cell is a value that is missing.
///
/// # Errors
/// Only the disk's.
pub fn misfit(file: &File, format: &str, columns: &[Column]) -> Result<Option<String>> {
    let usual = match format {
        "csv" => b',',
        "tsv" | "tab" => b'\t',
        _ => return Ok(None),
    };
    let mut lines = BufReader::new(file);
    let mut first = Vec::new();
    std::io::Read::take(&mut lines, FIRST).read_until(b'\n', &mut first)?;
    let many = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    let delimiter = if usual == b',' && many(b';') > many(b',') { b';' } else { usual };
    lines.seek(SeekFrom::Start(0))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(lines);
    let Ok(head) = reader.byte_headers().cloned() else { return Ok(Some("It cannot be read as a table.".to_owned())) };
    let name = |cell: &[u8]| String::from_utf8_lossy(cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell)).trim().to_owned();
    let names: Vec<String> = head.iter().map(name).collect();
    let missing: Vec<&str> = columns.iter().filter(|column| !names.contains(&column.name)).map(|column| column.name.as_str()).collect();
    if !missing.is_empty() {
        let noun = if missing.len() == 1 { "the column" } else { "the columns" };
        return Ok(Some(format!("It lacks {noun} {}.", missing.join(", "))));
    }
    let typed = columns.iter().filter(|column| column.kind != Kind::Text);
    let wanted: Vec<(usize, &Column)> = typed.filter_map(|column| Some((names.iter().position(|name| *name == column.name)?, column))).collect();
    for (row, record) in reader.byte_records().take(ROWS).enumerate() {
        let Ok(record) = record else { return Ok(Some(format!("Its row {} cannot be read.", row + 2))) };
        let wrong = wanted.iter().find(|(at, column)| !record.get(*at).is_none_or(|cell| suits(cell, column.kind)));
        if let Some((_, column)) = wrong {
            return Ok(Some(format!("Its column {} must be {}; row {} is not.", column.name, words(column.kind), row + 2)));
        }
    }
    Ok(None)
}

fn suits(cell: &[u8], kind: Kind) -> bool {
    let Ok(text) = std::str::from_utf8(cell) else { return false };
    let text = text.trim();
    let empty = text.is_empty() || ["na", "nan", "null"].contains(&text.to_ascii_lowercase().as_str());
    empty
        || match kind {
            Kind::Int => text.parse::<i64>().is_ok(),
            Kind::Float => text.parse::<f64>().is_ok(),
            Kind::Bool => ["true", "false", "0", "1", "yes", "no"].contains(&text.to_ascii_lowercase().as_str()),
            Kind::Text | Kind::Path | Kind::Uri => true,
        }
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "whole numbers",
        Kind::Float => "numbers",
        Kind::Bool => "true or false",
        Kind::Text | Kind::Path | Kind::Uri => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, format: &str, columns: &[(&str, Kind)]) -> Option<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let columns: Vec<Column> = columns.iter().map(|(name, kind)| Column { name: (*name).into(), kind: *kind }).collect();
        misfit(file.as_file(), format, &columns).unwrap()
    }

    #[test]
    fn a_missing_column_and_a_wrong_type_are_named() {
        let columns = [("length", Kind::Float), ("species", Kind::Text)];
        assert_eq!(of("\u{feff}length,species,more\n1.5,setosa,x\n,virginica,\n", "csv", &columns), None);
        assert_eq!(of("length;species\n1;a\n", "csv", &columns), None);
        assert_eq!(of("species\na\n", "csv", &columns).unwrap(), "It lacks the column length.");
        assert_eq!(of("a\n1\n", "csv", &columns).unwrap(), "It lacks the columns length, species.");
        assert_eq!(of("length,species\n1,a\nlong,b\n", "csv", &columns).unwrap(), "Its column length must be numbers; row 3 is not.");
        assert_eq!(
            of("length\tspecies\n1.5\ta\n", "tsv", &[("length", Kind::Int)]).unwrap(),
            "Its column length must be whole numbers; row 2 is not."
        );
        assert_eq!(of("anything", "parquet", &columns), None);
    }
}
