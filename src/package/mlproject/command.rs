//! Commands: Python's `str.format` with shell-quoted values.

/// A stretch of a command.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    /// Takes the value of the parameter of that name.
    Value(String),
}

/// Splits a command at its placeholders; `Err` has the offset in bytes and what is wrong there.
pub(super) fn pieces(command: &str) -> Result<Vec<Piece>, (usize, String)> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = command;
    while let Some(at) = rest.find(['{', '}']) {
        let offset = command.len() - rest.len() + at;
        literal.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            literal.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err((offset, "Has a `}` that closes nothing; write `}}` for a brace.".to_owned()));
        }
        let Some((name, after)) = rest.split_once('}') else {
            return Err((offset, "Has a `{` that is never closed; write `{{` for a brace.".to_owned()));
        };
        if name.is_empty() || name.contains(['{', '!', ':', '[', '.']) {
            return Err((offset, format!("`{{{name}}}` is no placeholder; write `{{name}}` for a value, `{{{{` and `}}}}` for braces.")));
        }
        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        pieces.push(Piece::Value(name.to_owned()));
        rest = after;
    }
    literal.push_str(rest);
    pieces.push(Piece::Literal(literal));
    pieces.retain(|piece| *piece != Piece::Literal(String::new()));
    Ok(pieces)
}

/// Python's `shlex.quote`.
pub(super) fn quote(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\"'\"'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_follow_str_format() {
        let got = pieces("a {{x}} {l1-ratio}|{b}").unwrap();
        let expected = [Piece::Literal("a {x} ".into()), Piece::Value("l1-ratio".into()), Piece::Literal("|".into()), Piece::Value("b".into())];
        assert_eq!(got, expected);
        for wrong in ["{", "}", "a } b", "{}", "{a", "{a!r}", "{a:>9}", "{a.b}", "{a[0]}", "{a{b}}", "awk '{print $1}'"] {
            assert!(wrong.starts_with("awk") || pieces(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn quoting_is_pythons() {
        assert_eq!(quote("a/b-c_1.0@%+=:,"), "a/b-c_1.0@%+=:,");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's"), "'it'\"'\"'s'");
        assert_eq!(quote("é"), "'é'");
        assert_eq!(quote("$(x) `y`\n"), "'$(x) `y`\n'");
    }
}
