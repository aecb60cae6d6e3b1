//! What can go wrong, named by what the user can do about it. No HTTP in here.

use std::collections::BTreeMap;

/// The result of every domain function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Mistakes in a form: the field's name and the sentence shown beside it.
pub type Mistakes = BTreeMap<String, String>;

/// A user's situation, each with the sentence that the user reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or this user may not know that it does.
    #[error("We could not find that page.")]
    NotFound,
    /// The user sees the thing but may not do this to it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The thing changed, or is not in a state where this is possible.
    #[error("{0}")]
    Conflict(&'static str),
    /// What was sent is wrong; every mistake at once, beside its field.
    #[error("{}", sentence(.0))]
    Refused(Mistakes),
    /// A part we need does not answer now; worth trying again shortly.
    #[error("Galleria is busy or its database cannot be reached. Please try again in a moment.")]
    Unavailable(#[source] Source),
    /// No room is left to write.
    #[error("The server has no room left on its disk. Reading still works.")]
    Full(#[source] Source),
    /// Shown as a plain apology; the source goes to the log.
    #[error("Something went wrong on our side. It has been written to the log.")]
    Internal(#[source] Source),
}

/// The cause behind an [`Error`]; logged, never shown.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// An internal failure from any cause.
    pub fn internal(source: impl Into<Source>) -> Self {
        Self::Internal(source.into())
    }

    /// One mistake beside one field.
    pub fn refused(field: &str, sentence: impl Into<String>) -> Self {
        Self::Refused(Mistakes::from([(field.to_owned(), sentence.into())]))
    }
}

fn sentence(mistakes: &Mistakes) -> String {
    mistakes.values().cloned().collect::<Vec<_>>().join(" ")
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Db};
        let words = error.to_string();
        match error {
            Db::NotFound => Self::NotFound,
            Db::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => Self::Unavailable(error.into()),
            _ if ["database is locked", "terminating connection", "server closed the connection", "could not connect"]
                .iter()
                .any(|sign| words.contains(sign)) =>
            {
                Self::Unavailable(error.into())
            }
            _ if words.contains("disk is full") || words.contains("No space left") => Self::Full(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Turns a broken rule of the database into the sentence for it.
///
/// SQLite does not name the violated constraint, so the statement says what it means.
pub trait OrConflict<T> {
    /// A unique violation becomes [`Error::Conflict`] with `sentence`.
    fn or_conflict(self, sentence: &'static str) -> Result<T>;
}

impl<T> OrConflict<T> for diesel::QueryResult<T> {
    fn or_conflict(self, sentence: &'static str) -> Result<T> {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error as Db};
        self.map_err(|error| match error {
            Db::DatabaseError(UniqueViolation, _) => Error::Conflict(sentence),
            other => other.into(),
        })
    }
}
