//! Reading what was typed, each with the sentence that says what would be right.

use std::collections::BTreeMap;

/// Names of environment variables that the job's surroundings set themselves.
const RESERVED: [&str; 7] = ["HOME", "TMPDIR", "PATH", "PWD", "SHELL", "USER", "LD_PRELOAD"];
/// At most so many environment variables.
const VARIABLES: usize = 50;
/// Seconds in thirty days, the longest limit.
const LONGEST: i64 = 30 * 86_400;

/// One line of at least and at most so many characters.
pub(super) fn line(text: &str, least: usize, most: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length < least {
        return Err("Give a name.".to_owned());
    }
    if length > most || text.chars().any(char::is_control) {
        return Err(format!("Use one line of at most {most} characters."));
    }
    Ok(())
}

/// A whole number in a range; nothing typed is `empty`.
pub(super) fn number(text: &str, empty: i64, least: i64, most: i64) -> Result<i64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(empty);
    }
    let fits = text.parse().ok().filter(|number| (least..=most).contains(number));
    fits.ok_or_else(|| if least == most { format!("Only {least} is possible here.") } else { format!("Give a whole number from {least} to {most}.") })
}

/// `90`, `90s`, `30m`, `2h` or `1d` in milliseconds; nothing typed is no limit.
pub(super) fn duration_ms(text: &str) -> Result<Option<i64>, String> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Ok(None);
    }
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let unit = match unit.trim() {
        "" | "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let seconds = unit.and_then(|unit| digits.parse::<i64>().ok()?.checked_mul(unit)).filter(|seconds| (1..=LONGEST).contains(seconds));
    let wrong = || "Give a time such as 90s, 30m or 2h, at most 30d; nothing for no limit.".to_owned();
    seconds.map(|seconds| Some(seconds * 1000)).ok_or_else(wrong)
}

/// The limit that was typed, in milliseconds, as far as it can be read.
pub fn limit_ms(text: &str) -> Option<i64> {
    duration_ms(text).ok().flatten()
}

/// Environment variables by name; rows left empty are no rows.
pub(super) fn environment(rows: &[(String, String)]) -> Result<BTreeMap<String, String>, String> {
    let mut variables = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, value) in rows.iter().filter(|(name, value)| !(name.trim().is_empty() && value.is_empty())) {
        let name = name.trim();
        match variable(name, value) {
            Err(sentence) => wrong.push(sentence),
            Ok(()) if variables.insert(name.to_owned(), value.clone()).is_some() => wrong.push(format!("`{name}` is there twice.")),
            Ok(()) => {}
        }
    }
    if variables.len() > VARIABLES {
        wrong.push(format!("Give at most {VARIABLES} variables."));
    }
    if wrong.is_empty() { Ok(variables) } else { Err(wrong.join(" ")) }
}

fn variable(name: &str, value: &str) -> Result<(), String> {
    let shaped =
        name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if name.is_empty() || !shaped {
        return Err(format!("`{name}` is no name of a variable; use letters, digits and _."));
    }
    if RESERVED.contains(&name) || ["GALLERIA_", "MLFLOW_"].iter().any(|prefix| name.starts_with(prefix)) {
        return Err(format!("`{name}` is set by the gallery and cannot be given."));
    }
    if value.chars().count() > 4_096 {
        return Err(format!("The value of `{name}` has more than 4,096 characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read: Vec<_> = ["", "90", "90s", " 30m", "2 h", "1d"].map(|text| duration_ms(text).unwrap()).into();
        assert_eq!(read, [None, Some(90_000), Some(90_000), Some(1_800_000), Some(7_200_000), Some(86_400_000)]);
        for wrong in ["0", "-1", "1w", "h", "31d", "99999999999999999999", "1.5h"] {
            assert!(duration_ms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn variables_cannot_pretend_to_be_ours() {
        let rows = |name: &str| vec![(name.to_owned(), "x".to_owned()), (String::new(), String::new())];
        assert_eq!(environment(&rows("OMP_NUM_THREADS")).unwrap().len(), 1);
        for wrong in ["", "1A", "A-B", "GALLERIA_JOB_ID", "MLFLOW_RUN_ID", "HOME", "A=B", "ä"] {
            assert!(environment(&rows(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_variable_that_is_wrong_is_told() {
        let rows = ["1A", "HOME", "FINE", "FINE"].map(|name| (name.to_owned(), "x".to_owned()));
        let said = environment(&rows).unwrap_err();
        assert!(["`1A`", "`HOME`", "`FINE` is there twice"].iter().all(|part| said.contains(part)), "{said}");
    }

    #[test]
    fn numbers_say_their_range() {
        assert_eq!(number("", 1, 1, 4), Ok(1));
        assert_eq!(number(" 3 ", 0, 0, 3), Ok(3));
        assert_eq!(number("2", 1, 1, 1), Err("Only 1 is possible here.".to_owned()));
        assert!(number("4", 0, 0, 3).is_err() && number("x", 0, 0, 3).is_err());
    }
}
