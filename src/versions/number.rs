use std::fmt;
use std::str::FromStr;

/// `x.x.x`, each part below 100,000 and without leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Number {
    /// `1.0.0`, what a first version is called unless it says otherwise.
    pub const FIRST: Self = Self { major: 1, minor: 0, patch: 0 };

    /// As one number that sorts as versions do.
    pub fn rank(self) -> i64 {
        (i64::from(self.major) * 100_000 + i64::from(self.minor)) * 100_000 + i64::from(self.patch)
    }

    /// The next patch.
    #[must_use]
    pub fn next(self) -> Self {
        Self { patch: self.patch + 1, ..self }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Number {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "Write the version as three numbers, such as 1.2.0.";
        let part = |part: &str| -> Option<u32> {
            let canonical = part == "0" || !part.starts_with('0');
            let digits = !part.is_empty() && part.len() <= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
            if canonical && digits { part.parse().ok() } else { None }
        };
        let parts: Option<Vec<u32>> = text.split('.').map(part).collect();
        match parts.as_deref() {
            Some([major, minor, patch]) => Ok(Self { major: *major, minor: *minor, patch: *patch }),
            _ => Err(WRONG),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_versions_do() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        assert!(number("1.10.0").rank() > number("1.9.99999").rank());
        assert!(number("2.0.0") > number("1.99999.0"));
        assert_eq!(number("1.2.3").next().to_string(), "1.2.4");
        for wrong in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.-3", "1.2.100000"] {
            assert!(wrong.parse::<Number>().is_err(), "{wrong}");
        }
    }
}
