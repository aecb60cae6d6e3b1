use std::fmt;
use std::str::FromStr;

/// An amount of bytes, written as `2GiB`, `512MiB` or a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

/// The largest first; each with how far a number of it is shifted.
const UNITS: [(&str, u32); 5] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];

impl Size {
    /// So many GiB.
    pub const fn gib(number: u32) -> Self {
        Self((number as u64) << 30)
    }

    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = UNITS.iter().find_map(|(unit, shift)| text.strip_suffix(unit).map(|number| (number, *shift)));
        let (number, shift) = unit.unwrap_or((text, 0));
        let number = number.trim().parse::<u64>().ok();
        let bytes = number.and_then(|number| number.checked_mul(1 << shift));
        bytes.map(Self).ok_or_else(|| format!("`{text}` is not a size; write it as \"2GiB\""))
    }
}

/// In the largest unit that says it exactly, and as it can be read again.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().find(|(_, shift)| self.0 >= 1 << shift && self.0.trailing_zeros() >= *shift);
        let (unit, shift) = exact.copied().unwrap_or(("B", 0));
        write!(f, "{} {unit}", self.0 >> shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again() {
        for (written, shown) in
            [("2GiB", "2 GiB"), ("20480MiB", "20 GiB"), ("1536 MiB", "1536 MiB"), ("1025", "1025 B"), ("0", "0 B"), ("1TiB", "1 TiB")]
        {
            let size: Size = written.parse().unwrap();
            assert_eq!((size.to_string().as_str(), shown.parse()), (shown, Ok(size)));
        }
        for wrong in ["", "GiB", "-1", "1.5GiB", "99999999TiB", "1GB"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
