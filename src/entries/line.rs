use chrono::{NaiveDate, NaiveDateTime, SubsecRound};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::edition::{Edition, Written};
use crate::clock::Time;
use crate::package::is_clear_line;
use crate::schema::algorithms;
use crate::slug::Slug;

/// Characters of a description.
const PROSE: usize = 60_000;
/// Versions of an entry.
const VERSIONS: usize = 1_000;

/// An entry as it is written: one JSON object a line. Fields that are not known are passed over, `official` among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Handle of whose it is.
    pub publisher: String,
    /// Its name in URLs.
    pub name: String,
    /// For people; the name otherwise.
    #[serde(default)]
    pub title: Option<String>,
    /// A sentence for the card.
    #[serde(default)]
    pub summary: Option<String>,
    /// Markdown.
    #[serde(default)]
    pub description: Option<String>,
    /// Such as "Tabular classification".
    #[serde(default)]
    pub task: Option<String>,
    /// Such as "scikit-learn".
    #[serde(default)]
    pub framework: Option<String>,
    /// An SPDX expression, or words.
    #[serde(default)]
    pub license: Option<String>,
    /// Whether its code is open somewhere.
    #[serde(default)]
    pub open_source: Option<bool>,
    /// Where it comes from, without those of this gallery.
    #[serde(default)]
    pub subscribers: Option<i64>,
    /// The same.
    #[serde(default)]
    pub likes: Option<i64>,
    /// A day, or a moment as RFC 3339 has it; UTC when it does not say.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// In any order; unsaid: 1.0.0.
    #[serde(default)]
    pub versions: Option<Vec<Written>>,
}

/// An entry that can be put into the gallery.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Handle of whose it is.
    pub publisher: Slug,
    /// Its name in URLs.
    pub name: Slug,
    /// What stands on its page.
    pub words: Words,
    /// Those of elsewhere.
    pub subscribers: i64,
    /// Those of elsewhere.
    pub likes: i64,
    /// `None`: not said.
    pub updated_at: Option<Time>,
    /// By number.
    pub editions: Vec<Edition>,
}

/// What stands on its page.
#[derive(Debug, Clone, PartialEq, Eq, AsChangeset, Insertable)]
#[diesel(table_name = algorithms, treat_none_as_default_value = false)]
pub struct Words {
    /// For people.
    pub title: String,
    /// A sentence.
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// What it does.
    pub task: String,
    /// With what.
    pub framework: String,
    /// An SPDX expression, or words.
    pub license: String,
    /// Whether its code is open somewhere.
    pub open_source: bool,
}

impl Entry {
    /// What a line says.
    ///
    /// # Errors
    /// What is wrong with it, as the rest of a sentence that begins with the line's number.
    pub fn read(text: &str) -> Result<Self, String> {
        let line: Line = serde_json::from_str(text).map_err(|error| words_of(&error))?;
        let slug = |field: &str, text: &str| text.parse::<Slug>().map_err(|sentence| format!("{field}: {sentence}"));
        let (publisher, name) = (slug("publisher", &line.publisher)?, slug("name", &line.name)?);
        let description = line.description.filter(|text| !text.trim().is_empty()).unwrap_or_default();
        prose("description", &description)?;
        let words = Words {
            title: one_line("title", line.title, name.as_str(), 200)?,
            summary: one_line("summary", line.summary, "", 500)?,
            description,
            task: one_line("task", line.task, "Other", 40)?,
            framework: one_line("framework", line.framework, "Other", 40)?,
            license: one_line("license", line.license, "Not stated", 100)?,
            open_source: line.open_source.unwrap_or(false),
        };
        let updated_at = line.updated_at.as_deref().map(moment).transpose()?;
        let (subscribers, likes) = (count("subscribers", line.subscribers)?, count("likes", line.likes)?);
        let editions = editions(line.versions.unwrap_or_default())?;
        Ok(Self { publisher, name, words, subscribers, likes, updated_at, editions })
    }
}

fn editions(written: Vec<Written>) -> Result<Vec<Edition>, String> {
    if written.len() > VERSIONS {
        return Err(format!("versions: has {} of them; the limit is {VERSIONS}", written.len()));
    }
    if written.is_empty() {
        return Edition::read(Written::first()).map(|first| vec![first]);
    }
    let mut editions = written.into_iter().map(Edition::read).collect::<Result<Vec<_>, _>>()?;
    editions.sort_by_key(|edition| edition.number);
    match editions.windows(2).find(|two| two[0].number == two[1].number) {
        Some(two) => Err(format!("versions: {} is there twice", two[0].number)),
        None => Ok(editions),
    }
}

/// serde's words, on one line and without the number of a line that is always the first.
fn words_of(error: &serde_json::Error) -> String {
    let words = error.to_string().replace(" at line 1 column ", ", at its character ");
    let words: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect();
    if error.is_data() { words } else { format!("is no JSON object: {words}") }
}

fn one_line(field: &str, text: Option<String>, unsaid: &str, most: usize) -> Result<String, String> {
    let text = text.unwrap_or_default();
    let text = text.trim();
    let length = text.chars().count();
    if length > most {
        return Err(format!("{field}: has {length} characters; the limit is {most}"));
    }
    if !is_clear_line(text) {
        return Err(format!("{field}: must be one line without invisible characters"));
    }
    Ok(if text.is_empty() { unsaid.to_owned() } else { text.to_owned() })
}

/// Text of any number of lines.
pub(super) fn prose(field: &str, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(format!("{field}: must not have a NUL character"));
    }
    match text.chars().count() {
        length if length > PROSE => Err(format!("{field}: has {length} characters; the limit is {PROSE}")),
        _ => Ok(()),
    }
}

fn count(field: &str, number: Option<i64>) -> Result<i64, String> {
    match number.unwrap_or(0) {
        number @ 0..=1_000_000_000_000 => Ok(number),
        _ => Err(format!("{field}: must be a number from 0 to a million million")),
    }
}

/// Whole milliseconds, as everything here has them.
fn moment(text: &str) -> Result<Time, String> {
    let text = text.trim();
    let zoned = || chrono::DateTime::parse_from_rfc3339(text).map(|time| time.naive_utc());
    let plain = |shape| NaiveDateTime::parse_from_str(text, shape);
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(chrono::NaiveTime::MIN));
    let read = zoned().or_else(|_| plain("%Y-%m-%dT%H:%M:%S%.f")).or_else(|_| plain("%Y-%m-%d %H:%M:%S%.f")).or_else(|_| day());
    let years = 1970..3000;
    match read {
        Ok(time) if years.contains(&chrono::Datelike::year(&time)) => Ok(time.trunc_subsecs(3)),
        _ => Err("updated_at: must be a moment such as 2026-11-23T08:00:00Z".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_needs_a_publisher_and_a_name_only() {
        let entry = Entry::read(r#"{"publisher": "ann", "name": "iris", "official": true, "stars": 5}"#).unwrap();
        assert_eq!((entry.words.title.as_str(), entry.words.task.as_str()), ("iris", "Other"));
        assert_eq!(entry.editions.iter().map(|edition| edition.number.to_string()).collect::<Vec<_>>(), ["1.0.0"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        let wrong = |text: &str| Entry::read(text).unwrap_err();
        assert_eq!(wrong(r#"{"publisher": "ann"}"#), "missing field `name`, at its character 20");
        assert!(wrong("{").starts_with("is no JSON object: "), "{}", wrong("{"));
        assert!(wrong(r#"{"publisher": "ann", "name": "Iris!"}"#).starts_with("name: Use 2 to 39 characters"));
        let with = |field: &str, value: &str| wrong(&format!(r#"{{"publisher": "ann", "name": "iris", "{field}": {value}}}"#));
        assert_eq!(with("title", "\"a\\u0000b\""), "title: must be one line without invisible characters");
        assert_eq!(with("description", "\"a\\u0000b\""), "description: must not have a NUL character");
        assert_eq!(with("likes", "-1"), "likes: must be a number from 0 to a million million");
        assert_eq!(with("updated_at", "\"yesterday\""), "updated_at: must be a moment such as 2026-11-23T08:00:00Z");
        assert_eq!(with("versions", r#"[{"version": "1.0.0"}, {"version": "1.0.0"}]"#), "versions: 1.0.0 is there twice");
        assert!(with("summary", &format!("\"{}\"", "x".repeat(501))).contains("the limit is 500"));
    }

    #[test]
    fn moments_in_several_shapes() {
        let at = |text: &str| moment(text).unwrap().to_string();
        assert_eq!(at("2026-11-23"), "2026-11-23 00:00:00");
        assert_eq!(at("2026-11-23T10:00:00+02:00"), "2026-11-23 08:00:00");
        assert_eq!(at("2026-11-23 08:00:00.123456"), "2026-11-23 08:00:00.123");
    }
}
