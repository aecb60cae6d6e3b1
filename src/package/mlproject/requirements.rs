//! Lists of pip's requirements: names and versions only, nothing that fetches from elsewhere.

use super::Files;
use crate::package::fault::{Fault, Faults};
use crate::package::limits;
use crate::package::names::{is_inside, printable};
use crate::package::yaml::Node;

/// Files that `-r` may lead to in all.
const FILES: usize = 20;
/// Requirements of one environment.
const MOST: usize = 1_000;

/// A list in an environment file, `-r FILE` written out.
pub(super) fn list(node: &Node, file: &str, files: &Files<'_>, faults: &mut Faults) -> Vec<String> {
    if node.is_null() {
        return Vec::new();
    }
    let Some(items) = node.list() else {
        faults.at(node.line, "Must be a list of requirements.");
        return Vec::new();
    };
    let mut reading = Reading { files, faults, found: Vec::new(), included: 0 };
    for item in items {
        let from = Place { file, line: item.line, nested: false };
        match item.text() {
            Some(text) => reading.add(text, &from),
            None => reading.faults.at(item.line, format!("`{}` is no requirement; put it in quotes.", item.to_python())),
        }
    }
    reading.found
}

struct Place<'a> {
    file: &'a str,
    line: u32,
    /// Whether this is a requirements file rather than the environment file.
    nested: bool,
}

impl Place<'_> {
    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { file: self.file.to_owned(), line: Some(self.line), message: message.into() }
    }
}

struct Reading<'a> {
    files: &'a Files<'a>,
    faults: &'a mut Faults,
    found: Vec<String>,
    included: usize,
}

impl Reading<'_> {
    fn add(&mut self, text: &str, from: &Place<'_>) {
        let text = text.trim();
        let included = text.strip_prefix("-r").or_else(|| text.strip_prefix("--requirement"));
        if let Some(path) = included {
            return self.include(path.trim_start_matches(['=', ' ', '\t']), from);
        }
        if self.found.len() >= MOST {
            return self.faults.push(from.fault(format!("There are more than {MOST} requirements.")));
        }
        match checked(text) {
            Ok(requirement) => self.found.push(requirement),
            Err(message) => self.faults.push(from.fault(format!("`{}`: {message}", printable(text)))),
        }
    }

    fn include(&mut self, path: &str, from: &Place<'_>) {
        let folder = from.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        // The first file is named from the project, the ones inside it from where it lies.
        let path = path.trim_start_matches("./");
        let path = if from.nested && !folder.is_empty() { format!("{folder}/{path}") } else { path.to_owned() };
        self.included += 1;
        if self.included > FILES {
            return self.faults.push(from.fault(format!("`-r` leads to more than {FILES} files, or in a circle.")));
        }
        let Some(bytes) = Some(&path).filter(|path| is_inside(path)).and_then(|path| (self.files)(path)) else {
            return self.faults.push(from.fault(format!("`-r {}` names a file that is not in the archive.", printable(&path))));
        };
        match String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= limits::MANIFEST) {
            Some(text) => self.lines(&path, &text),
            None => self.faults.push(Fault::of(path, format!("Must be UTF-8 and at most {} KiB.", limits::MANIFEST >> 10))),
        }
    }

    /// A requirements file, lines that end in `\` joined with the next.
    fn lines(&mut self, path: &str, text: &str) {
        let mut logical = String::new();
        for (line, part) in (1_u32..).zip(text.trim_start_matches('\u{feff}').lines()) {
            logical.push_str(part.strip_suffix('\\').unwrap_or(part));
            if part.ends_with('\\') {
                continue;
            }
            let requirement = without_comment(&logical);
            if !requirement.is_empty() && self.found.len() <= MOST && self.included <= FILES {
                self.add(requirement, &Place { file: path, line, nested: true });
            }
            logical.clear();
        }
    }
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split_once(" #").map_or(line, |(before, _)| before).trim()
}

/// `name[extra] >= 1, < 2 ; marker`, with `--hash` at most.
fn checked(text: &str) -> Result<String, &'static str> {
    let refuse = Err("only names with versions are installed here; addresses, paths, editable ones and options of the index are not.");
    let plain = text.split(" --hash=").next().unwrap_or(text).trim();
    let (requirement, marker) = plain.split_once(';').map_or((plain, ""), |(requirement, marker)| (requirement.trim(), marker.trim()));
    if text.is_empty() || text.starts_with('-') || marker.contains(" --") || requirement.contains(" -") || requirement.contains(['/', '@', '\\', '$'])
    {
        return refuse;
    }
    let name_end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(name_end);
    let name_fits = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    let is_file = [".whl", ".zip", ".gz"].iter().any(|ending| name.ends_with(ending));
    let rest_fits = rest.chars().all(|c| c.is_ascii_alphanumeric() || "[],. <>=!~*+-_()".contains(c));
    let begins = rest.trim_start().starts_with(['[', '<', '>', '=', '!', '~', '(']) || rest.trim().is_empty();
    let marker_fits = marker.chars().all(|c| c.is_ascii_alphanumeric() || "_. <>=!~'\"()-".contains(c));
    if !(name_fits && rest_fits && begins && marker_fits) || is_file {
        return refuse;
    }
    Ok(plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_pass() {
        for text in
            ["numpy", "scikit-learn==1.4.2", "pandas>=1,<3", "torch ~= 2.1", "x[a,b] >= 1.0; python_version < '3.9'", "a==1.* --hash=sha256:00"]
        {
            assert!(checked(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_that_fetches_is_refused() {
        let list = [
            "git+https://x/y",
            "x @ https://h/x.whl",
            "-e .",
            "--index-url http://x",
            "-i http://x",
            "./x.whl",
            "x.whl",
            "http://h/x.tar.gz",
            "x --global-option=y",
            "--extra-index-url=x",
            "-f .",
            "a b",
            "$(id)",
            "../x",
            "",
            "-c c.txt",
            "x; y --index-url=z",
            "a -i http:x",
        ];
        for text in list {
            assert!(checked(text).is_err(), "{text}");
        }
    }
}
