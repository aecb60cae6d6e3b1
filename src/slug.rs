//! The short names in URLs: publishers' handles and algorithms' names.

use std::fmt;
use std::str::FromStr;

/// `[a-z0-9][a-z0-9-]{1,38}`, not reserved; never renamed once given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slug(String);

/// Words that mean something in URLs or would mislead as a name.
const RESERVED: [&str; 41] = [
    "about", "account", "admin", "administrator", "algorithms", "api", "assets", "billing", "comments", "console", "data", "favorites", "help",
    "home", "jobs", "livez", "login", "logout", "market", "me", "metrics", "new", "null", "official", "operator", "organisation", "person",
    "profile", "publish", "publishers", "readyz", "register", "root", "security", "settings", "static", "status", "subscription", "support",
    "system", "versions",
];

impl Slug {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The operator's own account is named `admin`, which nobody else may register.
    pub(crate) fn admin() -> Self {
        Self("admin".into())
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let shaped = (2..=39).contains(&text.len())
            && text.as_bytes().first().is_some_and(alphanumeric)
            && text.bytes().all(|byte| alphanumeric(&byte) || byte == b'-');
        if !shaped {
            return Err("Use 2 to 39 characters: a-z, 0-9 and -, beginning with a letter or a digit.");
        }
        // `deleted-7` is what an erased account is called.
        if RESERVED.contains(&text) || text.starts_with("deleted-") {
            return Err("This name is reserved. Please choose another.");
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_safe_in_urls() {
        for right in ["ann", "a1", "0x", "a-b", "a--b", &"a".repeat(39)] {
            assert!(right.parse::<Slug>().is_ok(), "{right}");
        }
        for wrong in ["", "a", "-a", "Ann", "a_b", "a.b", "ä1", "a b", "admin", "me", &"a".repeat(40)] {
            assert!(wrong.parse::<Slug>().is_err(), "{wrong}");
        }
    }
}
