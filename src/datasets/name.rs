use std::str::FromStr;

use diesel::expression::AsExpression;
use diesel::sql_types::Text;

/// What a dataset is called: one line of 1 to 80 characters without `@`, which stands before a version's number.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = Text)]
pub struct Name(String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() {
            0 => Err("Give it a name."),
            81.. => Err("Use at most 80 characters."),
            _ if text.contains('@') || text.chars().any(char::is_control) => Err("Use a name without @ and control characters."),
            _ => Ok(Self(text)),
        }
    }
}

impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<Text, DB> for Name
where
    str: diesel::serialize::ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

/// A file's name as jobs see it: what a browser sends, made safe as one part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Of what a browser sent; folders before it are left out, other characters than letters, digits, `.`, `_` and `-` become `_`.
    pub fn of(sent: &str) -> Self {
        let last = sent.rsplit(['/', '\\']).next().unwrap_or("");
        let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = last.chars().map(safe).collect();
        let name = name.trim_start_matches(['.', '-']);
        // The end has the extension, by which programs tell what it is.
        let name = name.get(name.len().saturating_sub(100)..).unwrap_or("");
        Self(if name.is_empty() { "data".to_owned() } else { name.to_owned() })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its extension in lower case; of compressed files with the one before: `csv.gz`. Empty when it has none.
    pub fn format(&self) -> String {
        let name = self.0.to_lowercase();
        let Some((stem, end)) = name.rsplit_once('.') else { return String::new() };
        match (end, stem.rsplit_once('.')) {
            ("gz" | "zst" | "xz" | "bz2", Some((_, inner))) if inner.len() <= 10 => format!("{inner}.{end}"),
            _ if end.len() <= 10 => end.to_owned(),
            _ => String::new(),
        }
    }

    /// What to call a dataset that came without a name.
    pub fn suggestion(&self) -> &str {
        self.0.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_one_safe_part_of_a_path() {
        let cases = [
            ("sales.csv", "sales.csv", "csv"),
            ("C:\\Data\\Sales 2026.CSV", "Sales_2026.CSV", "csv"),
            ("../../etc/passwd", "passwd", ""),
            ("..", "data", ""),
            ("", "data", ""),
            ("-rf.tar.gz", "rf.tar.gz", "tar.gz"),
            ("a\"b\n;.json", "a_b__.json", "json"),
            ("größe.csv", "gr__e.csv", "csv"),
        ];
        for (sent, name, format) in cases {
            let file = FileName::of(sent);
            assert_eq!((file.as_str(), file.format().as_str()), (name, format), "{sent}");
        }
        assert_eq!(FileName::of(&"x".repeat(500)).as_str().len(), 100);
        assert_eq!(FileName::of("sales.csv.gz").suggestion(), "sales");
    }

    #[test]
    fn names_can_be_told_from_versions() {
        assert_eq!("  Sales   2026 ".parse::<Name>().unwrap().as_str(), "Sales 2026");
        for wrong in ["", "  ", "a@2", &"x".repeat(81)] {
            assert!(wrong.parse::<Name>().is_err(), "{wrong}");
        }
    }
}
