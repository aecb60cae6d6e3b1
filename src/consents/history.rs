use diesel::prelude::*;
use similar::{ChangeTag, TextDiff};

use super::Kind;
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{algorithms, consents, publishers, texts, versions};
use crate::versions::Version;

/// A line of a text compared with an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// In both.
    Same(String),
    /// Only in the earlier one.
    Removed(String),
    /// Only in the present one.
    Added(String),
}

/// How the constraints of an algorithm differ from those that a member accepted last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The version whose text they accepted.
    pub version: String,
    /// When.
    pub accepted_at: Time,
    /// Both texts, line by line.
    pub lines: Vec<Line>,
}

/// What changed since this member last accepted constraints of this algorithm; `None` if they never did.
///
/// # Errors
/// Only the database's.
pub fn change(conn: &mut Conn, user: i64, algorithm: i64, text: &str) -> Result<Option<Change>> {
    let earlier = consents::table
        .inner_join(texts::table)
        .inner_join(versions::table.on(versions::constraints_digest.eq(consents::digest.nullable())))
        .filter(consents::user_id.eq(user))
        .filter(consents::kind.eq(Kind::Constraints))
        .filter(versions::algorithm_id.eq(algorithm))
        .filter(texts::body.ne(text))
        // Versions may share a text: the one for which it was accepted is named, where it is of this algorithm.
        .order((consents::given_at.desc(), consents::version_id.eq(versions::id).desc(), versions::rank.desc()));
    let columns = (versions::number, consents::given_at, texts::body);
    let found: Option<(String, Time, String)> = earlier.select(columns).first(conn).optional()?;
    Ok(found.map(|(version, accepted_at, body)| Change { version, accepted_at, lines: compare(&body, text) }))
}

fn compare(old: &str, new: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(old, new);
    let line = |change: similar::Change<&str>| {
        let text = change.value().trim_end_matches('\n').to_owned();
        match change.tag() {
            ChangeTag::Equal => Line::Same(text),
            ChangeTag::Delete => Line::Removed(text),
            ChangeTag::Insert => Line::Added(text),
        }
    };
    diff.iter_all_changes().map(line).collect()
}

/// A consent with what it is about, for the list under Settings.
#[derive(Debug, Clone, Queryable)]
pub struct Given {
    /// Which of the two.
    pub kind: Kind,
    /// SHA-256 of the text, in hex.
    pub digest: String,
    /// When.
    pub given_at: Time,
    /// The text, Markdown.
    pub text: String,
    /// The version for which it was accepted.
    pub version: String,
    /// Name of its algorithm.
    pub algorithm: String,
    /// Handle of its publisher.
    pub publisher: String,
}

/// How much this member accepted.
///
/// # Errors
/// Only the database's.
pub fn count(conn: &mut Conn, user: i64) -> Result<i64> {
    Ok(consents::table.filter(consents::user_id.eq(user)).count().get_result(conn)?)
}

/// What this member accepted, the latest first.
///
/// # Errors
/// Only the database's.
pub fn of_user(conn: &mut Conn, user: i64, offset: i64, limit: i64) -> Result<Vec<Given>> {
    let theirs = consents::table.filter(consents::user_id.eq(user));
    let joined = theirs.inner_join(texts::table).inner_join(versions::table.inner_join(algorithms::table.inner_join(publishers::table)));
    let columns = (consents::kind, consents::digest, consents::given_at, texts::body, versions::number, algorithms::name, publishers::handle);
    let page = joined.order((consents::given_at.desc(), consents::id.desc())).offset(offset).limit(limit);
    Ok(page.select(columns).load(conn)?)
}

/// What this member had accepted when they submitted a job of `version` at `at`: its constraints, and the note where it is asked for.
///
/// # Errors
/// Only the database's.
pub fn behind(conn: &mut Conn, user: i64, version: &Version, at: Time) -> Result<Vec<Given>> {
    let publisher = algorithms::table.inner_join(publishers::table).filter(algorithms::id.eq(version.algorithm_id));
    let (publisher, official): (i64, bool) = publisher.select((publishers::id, publishers::official)).first(conn)?;
    let own = publisher == user || crate::publishers::of_user(conn, user)?.contains(&publisher);
    let theirs = consents::table.filter(consents::user_id.eq(user)).filter(consents::given_at.le(at));
    let theirs = theirs.filter(consents::kind.eq(Kind::Note).or(consents::digest.nullable().eq(&version.constraints_digest)));
    let joined = theirs.inner_join(texts::table).inner_join(versions::table.inner_join(algorithms::table.inner_join(publishers::table)));
    let columns = (consents::kind, consents::digest, consents::given_at, texts::body, versions::number, algorithms::name, publishers::handle);
    let given: Vec<Given> = joined.order((consents::given_at.desc(), consents::id.desc())).select(columns).load(conn)?;
    let (notes, constraints): (Vec<Given>, Vec<Given>) = given.into_iter().partition(|given| given.kind == Kind::Note);
    // The note changes over time: they went on with the last one that they had accepted.
    Ok(constraints.into_iter().chain(notes.into_iter().take(usize::from(!own && !official))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_names_each_line_once() {
        let lines = compare("a\nmemory 2\nz\n", "a\nmemory 4\nz\n");
        let (same, removed, added) = (|t: &str| Line::Same(t.into()), |t: &str| Line::Removed(t.into()), |t: &str| Line::Added(t.into()));
        assert_eq!(lines, [same("a"), removed("memory 2"), added("memory 4"), same("z")]);
    }
}
