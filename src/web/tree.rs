//! Files with `/` in their paths as the lines of a tree.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::package::PackedFile;

/// What stays as it is in the path of an address.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
/// Up to so many files every folder is open; beyond, those on the way to the file that is shown.
const ALL_OPEN: usize = 150;
/// Lines of the tree; what comes after them is in the archive.
const MOST: usize = 2_000;

/// A line of the file tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The last part of its path.
    pub name: String,
    /// Its path, percent-encoded.
    pub href: String,
    /// Folders above it, at most 8.
    pub depth: usize,
    /// Bytes; `None` for a folder.
    pub size: Option<u64>,
    /// A folder whose content follows.
    pub open: bool,
    /// It is what the page shows.
    pub current: bool,
}

/// A path as part of an address.
pub fn encoded(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// The tree around `current`, folders before files; and how many lines did not fit.
pub fn rows(files: &[PackedFile], current: &str) -> (Vec<Row>, usize) {
    let mut rows = Vec::new();
    let all: Vec<&PackedFile> = files.iter().collect();
    let open = |folder: &str| files.len() <= ALL_OPEN || current == folder || current.starts_with(&format!("{folder}/"));
    walk(&all, "", current, &open, &mut rows);
    let left = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    (rows, left)
}

fn walk(files: &[&PackedFile], above: &str, current: &str, open: &dyn Fn(&str) -> bool, rows: &mut Vec<Row>) {
    let mut folders: BTreeMap<&str, Vec<&PackedFile>> = BTreeMap::new();
    let mut here = Vec::new();
    for file in files {
        match file.path[above.len()..].split_once('/') {
            Some((folder, _)) => folders.entry(folder).or_default().push(file),
            None => here.push(*file),
        }
    }
    let depth = above.matches('/').count().min(8);
    for (name, inside) in folders {
        let path = format!("{above}{name}");
        let is_open = open(&path);
        rows.push(Row { name: name.to_owned(), href: encoded(&path), depth, size: None, open: is_open, current: path == current });
        if is_open {
            walk(&inside, &format!("{path}/"), current, open, rows);
        }
    }
    here.sort_by_key(|file| file.path.to_lowercase());
    rows.extend(here.into_iter().map(|file| Row {
        name: file.path[above.len()..].to_owned(),
        href: encoded(&file.path),
        depth,
        size: Some(file.size),
        open: false,
        current: file.path == current,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<PackedFile> {
        paths.iter().map(|path| PackedFile { path: (*path).to_owned(), size: 1 }).collect()
    }

    #[test]
    fn folders_come_before_files() {
        let (rows, left) = rows(&files(&["MLproject", "data/a b.csv", "data/deep/c#.csv", "z.py"]), "data/a b.csv");
        let lines: Vec<_> = rows.iter().map(|row| (row.depth, row.href.as_str(), row.size.is_none(), row.current)).collect();
        let expected = [
            (0, "data", true, false),
            (1, "data/deep", true, false),
            (2, "data/deep/c%23.csv", false, false),
            (1, "data/a%20b.csv", false, true),
            (0, "MLproject", false, false),
            (0, "z.py", false, false),
        ];
        assert_eq!((lines, left), (expected.to_vec(), 0));
    }

    #[test]
    fn of_many_files_only_the_way_to_the_shown_one_is_open() {
        let paths: Vec<String> = (0..5_000).map(|n| format!("f{}/x{n}", n % 10)).collect();
        let (rows, left) = rows(&files(&paths.iter().map(String::as_str).collect::<Vec<_>>()), "f3/x3");
        assert_eq!(rows.iter().filter(|row| row.size.is_none()).count(), 10);
        assert_eq!(rows.iter().filter(|row| row.size.is_some()).count(), 500);
        assert_eq!(left, 0);
    }
}
