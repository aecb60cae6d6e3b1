//! Which names a file in an archive may have, and the folder they all share.

use super::{Fault, limits};
use std::collections::HashMap;

/// The names seen so far, so that no two of them meet on a disk that ignores case.
#[derive(Default)]
pub(super) struct Names(HashMap<String, Seen>);

struct Seen {
    path: String,
    folder: bool,
}

impl Names {
    /// The cleaned path of an entry; `None` for the archive's own top folder (`./`).
    pub(super) fn admit(&mut self, raw: &[u8], folder: bool) -> Result<Option<String>, Fault> {
        let path = clean(raw)?;
        if path.is_empty() {
            return if folder { Ok(None) } else { Err(Fault::archive("A file in the archive has no name.")) };
        }
        for (at, _) in path.match_indices('/') {
            self.remember(&path[..at], true, true)?;
        }
        self.remember(&path, folder, false)?;
        Ok(Some(path))
    }

    fn remember(&mut self, path: &str, folder: bool, parent: bool) -> Result<(), Fault> {
        let key = path.to_lowercase();
        let Some(seen) = self.0.get(&key) else {
            self.0.insert(key, Seen { path: path.to_owned(), folder });
            return Ok(());
        };
        if seen.path != path {
            return Err(Fault::of(path, format!("Differs from `{}` only in capital letters.", seen.path)));
        }
        match (seen.folder, folder) {
            (true, true) => Ok(()),
            (false, false) if !parent => Err(Fault::of(path, "Is in the archive twice.")),
            _ => Err(Fault::of(path, "Is both a file and a folder in the archive.")),
        }
    }
}

/// `raw` as a relative path with `/`, without a leading `./` or a trailing `/`.
fn clean(raw: &[u8]) -> Result<String, Fault> {
    let shown = printable(&String::from_utf8_lossy(raw));
    let refuse = |why: &str| Err(Fault::of(shown.clone(), why));
    let Ok(name) = std::str::from_utf8(raw) else { return refuse("Its name is not UTF-8.") };
    if raw.len() > limits::PATH {
        return refuse(&format!("Its path has {} bytes; the limit is {}.", raw.len(), limits::PATH));
    }
    if name.chars().any(is_hidden) {
        return refuse("Its name has invisible or control characters.");
    }
    if name.contains('\\') || name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return refuse("Its path must be relative, with `/` between folders.");
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    let path = if path == "." { "" } else { path.trim_start_matches("./") };
    if path.is_empty() {
        return Ok(String::new());
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return refuse("Its path has an empty part, `.` or `..`.");
    }
    if parts.len() > limits::DEPTH {
        return refuse(&format!("Lies {} folders deep; the limit is {}.", parts.len(), limits::DEPTH));
    }
    Ok(path.to_owned())
}

/// Whether a character cannot be seen, or changes how its neighbours are read.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether it is one line of a text in which everything can be seen. Joiners are needed to write Persian, Indic scripts and some
/// emoji; they stand behind what can be seen, one at a time.
pub(crate) fn is_clear_line(text: &str) -> bool {
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let mut before = ' ';
    text.chars().all(|c| {
        let last = std::mem::replace(&mut before, c);
        if is_joiner(c) { !last.is_whitespace() && !is_joiner(last) } else { !is_hidden(c) }
    })
}

/// `text` short and with everything hidden made visible, for a message.
pub(super) fn printable(text: &str) -> String {
    let short: String = text.chars().take(120).collect();
    short.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Whether `path` names something inside a folder: relative, without `..`, with no scheme.
pub fn is_inside(path: &str) -> bool {
    clean(path.as_bytes()).is_ok_and(|clean| !clean.is_empty()) && !path.contains("://")
}

/// The folder (with its `/`) to strip from every path: none when `MLproject` lies at the top, else the only one there is.
pub(super) fn root(paths: &[String]) -> Result<String, Fault> {
    if paths.iter().any(|path| is_manifest(path)) {
        return Ok(String::new());
    }
    let mut tops: Vec<&str> = paths.iter().map(|path| path.split('/').next().unwrap_or(path)).collect();
    tops.sort_unstable();
    tops.dedup();
    match tops.as_slice() {
        [] => Err(Fault::archive("The archive is empty.")),
        [top] if paths.iter().all(|path| path.contains('/')) => Ok(format!("{top}/")),
        _ => Err(Fault::archive("There is no `MLproject` at the top of the archive, nor one folder that holds everything.")),
    }
}

/// Whether a path is the project file, in whatever case of letters.
pub(super) fn is_manifest(path: &str) -> bool {
    path.eq_ignore_ascii_case("MLproject")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(names: &[&str]) -> Result<Vec<Option<String>>, Fault> {
        let mut seen = Names::default();
        names.iter().map(|name| seen.admit(name.as_bytes(), name.ends_with('/'))).collect()
    }

    #[test]
    fn ordinary_names_pass() {
        let got = admit(&["./", "./a/", "./a/b.py", "a/ü ñ.csv"]).unwrap();
        assert_eq!(got[0], None);
        assert_eq!(got[2].as_deref(), Some("a/b.py"));
    }

    #[test]
    fn joiners_belong_behind_letters() {
        for text in ["می\u{200c}خواهم", "ක්\u{200d}ෂ", "🏳\u{fe0f}\u{200d}🌈 models", "plain", ""] {
            assert!(is_clear_line(text), "{text:?}");
        }
        for text in ["\u{200d}", "a \u{200d}b", "a\u{200c}\u{200c}b", "a\u{200b}b", "a\u{202e}b", "a\nb", "a\u{200e}b"] {
            assert!(!is_clear_line(text), "{text:?}");
        }
    }

    #[test]
    fn traps_are_refused() {
        for name in ["/etc/passwd", "../x", "a/../x", "a//b", "a/./b", "C:/x", "a\\b", "a\0b", "a\u{202e}txt", "a\nb", "x\u{200b}", "\u{feff}a"] {
            assert!(admit(&[name]).is_err(), "{name:?}");
            assert!(!is_inside(name), "{name:?}");
        }
        assert!(Names::default().admit(b"\xff\xfe", false).is_err());
        assert!(admit(&[&"d/".repeat(33)]).is_err());
        assert!(admit(&[&"d".repeat(1_025)]).is_err());
    }

    #[test]
    fn colliding_names_are_refused() {
        assert!(admit(&["a", "a"]).is_err());
        assert!(admit(&["Readme", "README"]).is_err());
        assert!(admit(&["Src/a", "src/b"]).is_err());
        assert!(admit(&["a", "a/b"]).is_err());
        assert!(admit(&["a/b", "a"]).is_err());
        assert!(admit(&["É", "é"]).is_err());
        assert!(admit(&["a/", "a/", "a/b"]).is_ok());
    }

    #[test]
    fn one_root_or_none() {
        let paths = |list: &[&str]| list.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        assert_eq!(root(&paths(&["mlproject", "x/y"])).unwrap(), "");
        assert_eq!(root(&paths(&["p/MLproject", "p/x/y"])).unwrap(), "p/");
        assert!(root(&paths(&["p/MLproject", "q/y"])).is_err());
        assert!(root(&paths(&["p/MLproject", "q"])).is_err());
        assert!(root(&[]).is_err());
    }
}
