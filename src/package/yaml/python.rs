//! What a value looks like as `str(value)` and `repr(value)` in Python, which is what MLflow hands to a command.

use super::{Node, Value};
use std::fmt::Write;

impl Node {
    /// `str(value)`.
    pub(in crate::package) fn to_python(&self) -> String {
        match &self.value {
            Value::Scalar(scalar) => scalar.to_python(),
            _ => self.repr(),
        }
    }

    fn repr(&self) -> String {
        let join = |parts: Vec<String>| parts.join(", ");
        match &self.value {
            Value::Scalar(scalar) => scalar.repr(),
            Value::List(items) => format!("[{}]", join(items.iter().map(Self::repr).collect())),
            Value::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| format!("{}: {}", key.repr(), value.repr()));
                format!("{{{}}}", join(pairs.collect()))
            }
        }
    }
}

/// `repr` of a float: the shortest digits, exponents with a sign and two digits.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
            format!("{digits}e{sign}{power:0>2}")
        }
    }
}

/// `repr` of a string.
pub(super) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => write!(out, "\\x{:02x}", u32::from(c)).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
