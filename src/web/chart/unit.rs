//! Values as they are read, and where an axis has its marks.

/// What the values of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Numbers.
    Plain,
    /// Whole numbers of things.
    Count,
    /// Processors.
    Cores,
    /// Bytes.
    Bytes,
}

const BINARY: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

impl Unit {
    /// For the script.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain | Self::Count => "plain",
            Self::Cores => "cores",
            Self::Bytes => "bytes",
        }
    }

    /// A value as it is read.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Plain | Self::Count => figure(value),
            Self::Cores => format!("{value:.2}"),
            Self::Bytes => {
                let power = scale(value);
                let scaled = value / 1024_f64.powi(power);
                let unit = usize::try_from(power).ok().and_then(|power| BINARY.get(power)).unwrap_or(&"B");
                if scaled.fract() == 0.0 { format!("{scaled} {unit}") } else { format!("{scaled:.1} {unit}") }
            }
        }
    }

    /// Three to six round places of an axis from `low` to `high`, with what to write at each.
    pub fn marks(self, low: f64, high: f64) -> Vec<(f64, String)> {
        let base = if self == Self::Bytes { 1024_f64.powi(scale(high)) } else { 1.0 };
        let step = round_step((high - low) / base / 5.0) * base;
        let step = if self == Self::Count { step.max(1.0) } else { step };
        let decimals = usize::try_from((-(step / base).log10().floor()).clamp(0.0, 12.0) as i64).unwrap_or(0);
        let write = |value: f64| match self {
            Self::Bytes => self.show(value),
            _ if high.abs().max(low.abs()) >= 1e6 || step < 1e-6 => figure(value),
            _ => format!("{value:.decimals$}"),
        };
        let first = (low / step - 1e-9).ceil();
        let places = (0..8_i32).map(|index| (first + f64::from(index)) * step).take_while(|place| *place <= high + step * 1e-9);
        // No "-0.00".
        places.map(|place| if place.abs() < step * 1e-6 { 0.0 } else { place }).map(|place| (place, write(place))).collect()
    }
}

/// The power of 1,024 in which a number of bytes is said.
fn scale(bytes: f64) -> i32 {
    (1..5).take_while(|power| bytes >= 1024_f64.powi(*power)).last().unwrap_or(0)
}

/// The next step of 1, 2 or 5 times a power of ten.
fn round_step(rough: f64) -> f64 {
    if !(rough.is_finite() && rough > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * 0.999).unwrap_or(10.0);
    factor * power
}

/// A number in about four digits: `0.4261`, `12.35`, `1,200`, `3.00e-5`.
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{value:.2e}").replace('-', "−");
    }
    if value.fract() == 0.0 {
        return crate::web::filters::grouped(value as i128);
    }
    let decimals = if size >= 1000.0 {
        1
    } else if size >= 100.0 {
        2
    } else if size >= 1.0 {
        3
    } else {
        4
    };
    format!("{value:.decimals$}").replace('-', "−")
}

/// Seconds as a clock shows them: `0:42`, `12:05`, `3:07:00`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Days since 1970 as a date: `23 Nov 2026`.
pub fn day(days: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // a date's days are few
    let date = chrono::DateTime::from_timestamp(days.round() as i64 * 86_400, 0);
    date.map_or_else(String::new, |date| date.format("%-d %b %Y").to_string())
}

/// Round places on an axis of seconds.
pub fn clock_marks(low: f64, high: f64) -> Vec<(f64, String)> {
    const STEPS: [f64; 16] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0];
    let rough = (high - low) / 5.0;
    let step = STEPS.into_iter().find(|step| *step >= rough).unwrap_or_else(|| (rough / 86_400.0).ceil() * 86_400.0);
    let first = (low / step).ceil();
    let places = (0..8_i32).map(|index| (first + f64::from(index)) * step).take_while(|place| *place <= high);
    places.map(|place| (place, clock(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_tell_small_from_nothing() {
        let all = [0.0, 3.0, 0.42614, 12.3456, 1_200.0, 1234.5, 3e-5, -0.5, 7e12, 0.1 + 0.2];
        let shown = all.map(figure);
        assert_eq!(shown, ["0", "3", "0.4261", "12.346", "1,200", "1234.5", "3.00e−5", "−0.5000", "7.00e12", "0.3000"]);
    }

    #[test]
    fn marks_are_round_and_within_the_axis() {
        let labels = |unit: Unit, low, high| unit.marks(low, high).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(Unit::Plain, 0.33, 0.71), ["0.4", "0.5", "0.6", "0.7"]);
        assert_eq!(labels(Unit::Plain, -0.1, 0.1), ["-0.10", "-0.05", "0.00", "0.05", "0.10"]);
        assert_eq!(labels(Unit::Bytes, 0.0, 2.0 * 1024_f64.powi(3)), ["0 B", "512 MiB", "1 GiB", "1.5 GiB", "2 GiB"]);
        for (low, high) in [(0.0, 1e-9), (-5e11, 1e12), (3.0, 3.0), (0.0, 1e300), (1.0, 1.0 + 1e-12)] {
            let marks = Unit::Plain.marks(low, high);
            assert!(marks.len() <= 8 && marks.iter().all(|(place, _)| place.is_finite()), "{low} {high}: {marks:?}");
        }
    }

    #[test]
    fn time_is_written_as_a_clock_does() {
        assert_eq!([0.0, 42.4, 725.0, 11_220.0].map(clock), ["0:00", "0:42", "12:05", "3:07:00"]);
        assert!(clock_marks(0.0, 61.0).len() <= 6 && clock_marks(0.0, 1e7).len() <= 8);
    }
}
