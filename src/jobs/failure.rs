use diesel::prelude::*;

use crate::db::Conn;
use crate::error::Result;
use crate::schema::jobs;

/// Bytes of a name of an exception or a file.
const MOST: usize = 120;

/// Exception class and source line of the last Python traceback in a log's end, as in `ValueError at train.py:12`; never its
/// message, which may hold a user's data. The line is the innermost one of the algorithm's own code, where there is one.
pub fn of_log(tail: &str) -> Option<String> {
    let after = tail.rsplit_once("Traceback (most recent call last):")?.1;
    let (mut own, mut any) = (None, None);
    for line in after.lines().skip(1) {
        let line = line.trim_end();
        if let Some(place) = frame(line) {
            let library = line.contains("site-packages/") || line.contains("/lib/python") || line.contains("<frozen");
            any = Some(place.clone());
            own = if library { own } else { Some(place) };
        } else if !line.starts_with(' ') && !line.is_empty() {
            let class = line.split(':').next().unwrap_or(line).trim();
            let named = class.len() <= MOST && class.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
            let class = class.rsplit('.').next().filter(|class| named && class.starts_with(|c: char| c.is_alphabetic() || c == '_'))?;
            return Some(own.or(any).map_or_else(|| class.to_owned(), |place| format!("{class} at {place}")));
        }
    }
    None
}

/// `train.py:12` of `  File "/work/train.py", line 12, in main`.
fn frame(line: &str) -> Option<String> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let number: u32 = rest.split(',').next()?.trim().parse().ok()?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty() && name.len() <= MOST)?;
    Some(format!("{name}:{number}"))
}

/// Notes where a job failed.
///
/// # Errors
/// Only the database's.
pub fn set_failure(conn: &mut Conn, job: i64, failure: &str) -> Result<()> {
    diesel::update(jobs::table.find(job)).set(jobs::failure.eq(failure)).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_and_line_of_the_last_traceback_and_no_message() {
        let log = "epoch=1\nTraceback (most recent call last):\n  File \"/work/a.py\", line 3, in <module>\n    main()\nKeyError: 'x'\n\n\
                   During handling of the above exception, another exception occurred:\n\n\
                   Traceback (most recent call last):\n  File \"/work/src/train.py\", line 12, in main\n    fit(secret=\"File \")\n    ^^^^\n  \
                   File \"/env/lib/python3.11/site-packages/sklearn/base.py\", line 99, in fit\n    raise\nsklearn.exceptions.NotFittedError: ann@example.org is secret\n";
        assert_eq!(of_log(log).as_deref(), Some("NotFittedError at train.py:12"));
        assert_eq!(
            of_log("Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nKeyboardInterrupt\n").as_deref(),
            Some("KeyboardInterrupt at <string>:1")
        );
        for none in [
            "",
            "no traceback",
            "Traceback (most recent call last):\n",
            "Traceback (most recent call last):\n  File \"a\", line 1\nnot a class, my secret: x",
        ] {
            assert_eq!(of_log(none), None, "{none}");
        }
    }
}
