//! The types of plain scalars in YAML 1.1, as PyYAML resolves them.

use super::python;
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// A scalar with the type YAML 1.1 gives it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::package) enum Scalar {
    Null,
    Bool(bool),
    /// Decimal digits with an optional minus; as long as it was written.
    Int(String),
    Float(f64),
    Date(NaiveDate),
    /// A point in time, with its offset when one was written.
    Time(NaiveDateTime, Option<FixedOffset>),
    Text(String),
}

impl Scalar {
    /// `str(value)` in Python.
    pub(in crate::package) fn to_python(&self) -> String {
        match self {
            Self::Null => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(digits) => digits.clone(),
            Self::Float(value) => python::float(*value),
            Self::Date(date) => date.to_string(),
            Self::Time(time, offset) => {
                let fraction = if time.nanosecond() == 0 { "" } else { "%.6f" };
                let offset = offset.map_or(String::new(), |offset| offset.to_string());
                format!("{}{offset}", time.format(&format!("%Y-%m-%d %H:%M:%S{fraction}")))
            }
            Self::Text(text) => text.clone(),
        }
    }

    pub(super) fn repr(&self) -> String {
        match self {
            Self::Text(text) => python::quoted(text),
            Self::Date(date) => format!("datetime.date({})", date.format("%Y, %-m, %-d")),
            other => other.to_python(),
        }
    }
}

/// The value of an unquoted scalar; `Err` for what looks like a date or a number and is none.
pub(super) fn resolve(text: &str) -> Result<Scalar, String> {
    let simple = match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Scalar::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Scalar::Bool(true)),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(Scalar::Bool(false)),
        "<<" => return Err("Uses a YAML merge (`<<`); write the values out.".to_owned()),
        _ => None,
    };
    if let Some(scalar) = simple {
        return Ok(scalar);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(Scalar::Text(text.to_owned()));
    }
    if let Some(value) = float(text) {
        return Ok(Scalar::Float(value));
    }
    if let Some(int) = int(text) {
        return int.map(Scalar::Int).ok_or_else(|| format!("`{text}` is no number that can be read."));
    }
    match date(text) {
        Some(date) => date.ok_or_else(|| format!("`{text}` looks like a date and is none; put it in quotes.")),
        None => Ok(Scalar::Text(text.to_owned())),
    }
}

/// Splits off a sign; true for minus.
fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn only(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '_' || allowed(c))
}

fn float(text: &str) -> Option<f64> {
    let (minus, body) = signed(text);
    let sign = if minus { -1.0 } else { 1.0 };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (whole, rest) = body.split_once('.')?;
    let (fraction, power) = match rest.split_once(['e', 'E']) {
        Some((fraction, power)) => (fraction, Some(power)),
        None => (rest, None),
    };
    let digit = |c: char| c.is_ascii_digit();
    let begins = |part: &str| part.starts_with(digit);
    let fits = power.is_none_or(|power| power.starts_with(['+', '-']) && power.len() > 1 && power[1..].chars().all(digit));
    if !(fraction.is_empty() || only(fraction, digit)) || !fits {
        return None;
    }
    if whole.contains(':') {
        let high: f64 = sexagesimal(whole)?.parse().ok()?;
        let low: f64 = format!("0.{}0", fraction.replace('_', "")).parse().ok()?;
        return power.is_none().then_some(sign * (high + low));
    }
    let plain = begins(whole) && only(whole, digit) || whole.is_empty() && begins(fraction) && body.len() == text.len();
    plain.then(|| text.replace('_', "").parse().ok()).flatten()
}

/// `Some(None)` when it has the shape of an integer that does not fit.
fn int(text: &str) -> Option<Option<String>> {
    let (minus, body) = signed(text);
    let radix = |digits: &str, radix: u32| {
        let digits = digits.replace('_', "");
        i128::from_str_radix(&digits, radix).ok().map(|value| value.to_string())
    };
    let found = if let Some(digits) = body.strip_prefix("0b").filter(|digits| only(digits, |c| matches!(c, '0' | '1'))) {
        radix(digits, 2)
    } else if let Some(digits) = body.strip_prefix("0x").filter(|digits| only(digits, |c| c.is_ascii_hexdigit())) {
        radix(digits, 16)
    } else if body == "0" {
        Some("0".to_owned())
    } else if let Some(digits) = body.strip_prefix('0').filter(|digits| only(digits, |c| matches!(c, '0'..='7'))) {
        radix(digits, 8)
    } else if body.starts_with(|c: char| matches!(c, '1'..='9')) && only(body, |c| c.is_ascii_digit()) {
        Some(body.replace('_', ""))
    } else if body.starts_with(|c: char| matches!(c, '1'..='9')) && body.contains(':') {
        return sexagesimal(body).map(|digits| Some(negated(minus, digits)));
    } else {
        return None;
    };
    Some(found.map(|digits| negated(minus, digits)))
}

fn negated(minus: bool, digits: String) -> String {
    if minus && digits != "0" { format!("-{digits}") } else { digits }
}

/// `1:30` is 90.
fn sexagesimal(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let first = parts.next().filter(|part| part.starts_with(|c: char| c.is_ascii_digit()) && only(part, |c| c.is_ascii_digit()))?;
    let mut total: u128 = first.replace('_', "").parse().ok()?;
    for part in parts {
        let low = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        let part: u128 = part.parse().ok().filter(|_| low)?;
        total = total.checked_mul(60)?.checked_add(part)?;
    }
    Some(total.to_string())
}

/// `Some(None)` when it has the shape of a date or time and is none.
fn date(text: &str) -> Option<Option<Scalar>> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape == "0000-00-00" {
        return Some(text.parse().ok().map(Scalar::Date));
    }
    let split = shape.find(['T', 't', ' ', '\t'])?;
    if !matches!(&shape[..split], "0000-00-00" | "0000-0-0" | "0000-00-0" | "0000-0-00") {
        return None;
    }
    let rest = text[split + 1..].trim_start_matches([' ', '\t']);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let clock_shape: String = clock.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if !matches!(clock_shape.split('.').next(), Some("0:00:00" | "00:00:00")) {
        return None;
    }
    let offset = zone_of(zone.trim_start())?;
    let day = NaiveDate::parse_from_str(&text[..split], "%Y-%m-%d").ok();
    let clock = clock.split_once('.').map_or(clock.to_owned(), |(whole, fraction)| format!("{whole}.{fraction:.6}"));
    let clock = NaiveTime::parse_from_str(clock.trim_end_matches('.'), "%H:%M:%S%.f").ok();
    Some(day.zip(clock).map(|(day, clock)| Scalar::Time(day.and_time(clock), offset)))
}

/// The offset a time ends with; `None` when it is no offset.
fn zone_of(zone: &str) -> Option<Option<FixedOffset>> {
    if zone.is_empty() {
        return Some(None);
    }
    if zone == "Z" {
        return Some(FixedOffset::east_opt(0));
    }
    let (minus, body) = zone.starts_with(['+', '-']).then(|| signed(zone))?;
    let (hours, minutes) = body.split_once(':').unwrap_or((body, "0"));
    let seconds = hours.parse::<i32>().ok().filter(|_| hours.len() <= 2)? * 3_600 + minutes.parse::<i32>().ok().filter(|_| minutes.len() <= 2)? * 60;
    FixedOffset::east_opt(if minus { -seconds } else { seconds }).map(Some)
}
