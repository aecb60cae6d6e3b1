use std::str::FromStr;

use chrono::Duration;

use crate::clock::Time;

/// How long a new token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// So many days.
    Days(i64),
    /// Until it is revoked.
    Never,
}

impl Expiry {
    /// What is offered.
    pub const ALL: [Self; 4] = [Self::Days(30), Self::Days(90), Self::Days(365), Self::Never];
    /// What is chosen at first.
    pub const USUAL: Self = Self::Days(90);

    /// When a token made at that moment ends.
    pub fn end(self, at: Time) -> Option<Time> {
        match self {
            Self::Days(days) => Some(at + Duration::days(days)),
            Self::Never => None,
        }
    }

    /// As it stands in the form: `90`, `never`.
    pub fn value(self) -> String {
        match self {
            Self::Days(days) => days.to_string(),
            Self::Never => "never".to_owned(),
        }
    }

    /// On the screen.
    pub fn label(self) -> String {
        match self {
            Self::Days(days) => format!("{days} days"),
            Self::Never => "Never".to_owned(),
        }
    }
}

impl FromStr for Expiry {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = if text.is_empty() { Self::USUAL.value() } else { text.to_owned() };
        Self::ALL.into_iter().find(|expiry| expiry.value() == text).ok_or(())
    }
}
