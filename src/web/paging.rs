//! Numbered pages: `page` in the address, 24 rows on each.

/// Rows on a page.
pub const ROWS: i64 = 24;

/// Which page is shown, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// From 1.
    pub page: i64,
    /// At least 1.
    pub of: i64,
}

impl Pages {
    /// The page that `asked` says, of as many as `total` rows need; the nearest one there is for anything else.
    pub fn of(asked: Option<&str>, total: i64) -> Self {
        let of = (total.max(1) + ROWS - 1) / ROWS;
        let page = asked.and_then(|text| text.parse().ok()).unwrap_or(1);
        Self { page: i64::clamp(page, 1, of), of }
    }

    /// Rows before this page.
    pub fn offset(self) -> i64 {
        (self.page - 1) * ROWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_there_is_the_nearest_one() {
        let page = |asked: &str, total| (Pages::of(Some(asked), total).page, Pages::of(Some(asked), total).of);
        assert_eq!([page("2", 24), page("2", 25), page("x", 100), page("-3", 0), page("99", 100)], [(1, 1), (2, 2), (1, 5), (1, 1), (5, 5)]);
    }
}
