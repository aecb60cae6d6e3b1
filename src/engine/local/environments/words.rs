//! What uv says of a failure, as a sentence for the owner of a job.

use std::fs;

use crate::engine::Cause;
use crate::engine::local::folder::Folder;

/// Characters of uv's own words that are repeated.
const QUOTE: usize = 300;

/// What every sentence about it begins with.
const WHAT: &str = "Its Python packages could not be installed";

/// Why a build has no environment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// For the owner of the job.
    pub sentence: String,
    /// The packages contradict each other, the index or this machine: another attempt fares the same.
    pub lasting: bool,
}

/// Why a build that ended this way has no environment.
pub(super) fn failure(folder: &Folder, cause: &Cause, requirements: &[String]) -> Failure {
    let (why, lasting) = match cause {
        Cause::TimeLimit => ("it took longer than half an hour.".to_owned(), false),
        Cause::DiskLimit | Cause::OutputLimit => ("they take more than 20 GiB.".to_owned(), false),
        Cause::OutOfMemory => ("it took more memory than 2 GiB.".to_owned(), false),
        Cause::Stopped => ("it was stopped on request.".to_owned(), false),
        Cause::SandboxFailed(why) => (format!("{why}."), false),
        Cause::Exited | Cause::Signalled(_) => {
            let log = fs::read(folder.log()).unwrap_or_default();
            of_log(&String::from_utf8_lossy(&log), requirements)
        }
    };
    Failure { sentence: format!("{WHAT}: {why}"), lasting }
}

/// Which requirement could not be had, and why, by the log of a build; and whether that lasts.
fn of_log(log: &str, requirements: &[String]) -> (String, bool) {
    let lines: Vec<&str> = log.lines().map(|line| line.split_once(' ').map_or("", |(_, words)| words).trim()).collect();
    let said = because(&lines);
    if ["Failed to fetch", "error sending request", "Network connectivity is disabled"].iter().any(|words| log.contains(words)) {
        return ("the package index could not be reached. The log says more.".to_owned(), false);
    }
    let Some(said) = said else {
        let error = lines.iter().find_map(|line| line.strip_prefix("error: ")).unwrap_or("uv ended with an error");
        return (format!("{}. The log says more.", cut(error.trim_end_matches(['.', ':']))), false);
    };
    let blamed: Vec<&str> = requirements.iter().map(String::as_str).filter(|requirement| names(&said, requirement)).collect();
    let why = if said.contains("not found in the package registry") {
        "there is no such package in the index"
    } else if said.contains("no usable wheels") || said.contains("no wheels") {
        "there is no wheel that fits this machine and its Python, and source code is not built here"
    } else if said.contains("no version") {
        "there is no such version"
    } else {
        "it does not go together with the others or with this Python"
    };
    let words = match blamed.as_slice() {
        [] => format!("{}. The log says more.", cut(said.trim_end_matches('.'))),
        list => format!("{} cannot be had, {why}. uv says: {}", list.join(", "), cut(&said)),
    };
    (words, true)
}

/// uv's reasoning, which may go over several lines and ends with an empty one, a hint or our own sentence.
fn because(lines: &[&str]) -> Option<String> {
    let start = lines.iter().position(|line| line.contains("Because "))?;
    let part = lines.get(start..)?.iter().take_while(|line| !line.is_empty() && !line.starts_with("hint:") && !line.starts_with(WHAT));
    let joined = part.copied().collect::<Vec<_>>().join(" ");
    joined.find("Because ").and_then(|at| joined.get(at..)).map(str::to_owned)
}

/// Whether a text speaks of the package that a requirement names; `-`, `_` and `.` are one, and so are small and capital letters.
fn names(text: &str, requirement: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', '.'], "-");
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(requirement.len());
    let wanted = plain(requirement.get(..end).unwrap_or(requirement));
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    words.map(|word| plain(word.trim_matches('.'))).any(|word| word == wanted)
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(QUOTE).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(log: &str, requirements: &[&str]) -> String {
        let log: String = log.lines().map(|line| format!("1700000000000 {line}\n")).collect();
        of_log(&log, &requirements.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).0
    }

    #[test]
    fn the_requirement_is_named() {
        let log = "uv 0.13.9\nerror: No solution found when resolving dependencies\n  cause: Because no-such-package was not found in the package registry and you require no-such-package==1.0, we can conclude that your requirements are unsatisfiable.";
        let words = said(log, &["six", "No_such.package==1.0"]);
        assert!(words.starts_with("No_such.package==1.0 cannot be had, there is no such package in the index. uv says: Because no-such"), "{words}");
        let log = "  × No solution found when resolving dependencies:\n  ╰─▶ Because docopt==0.6.2 has no usable\n      wheels and you require docopt==0.6.2, we can\n      conclude that it fails.\n\nhint: Wheels are required";
        let words = said(log, &["docopt==0.6.2"]);
        assert!(words.contains("no wheel that fits") && words.ends_with("we can conclude that it fails."), "{words}");
        assert!(said("error: Request failed\n  cause: Failed to fetch: https://x/", &["six"]).starts_with("the package index could not be reached"));
        assert_eq!(said("error: Something odd.", &["six"]), "Something odd. The log says more.");
        let log = format!("  cause: Because a==1 has no wheels.\n{WHAT}: a==1 cannot be had.");
        assert!(said(&log, &["a==1"]).ends_with("uv says: Because a==1 has no wheels."), "our own sentence is not uv's");
    }
}
