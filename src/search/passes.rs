use super::facets::Facet;
use super::query::Filter;
use super::view::Segment;

/// Which numbers of a facet its filters let through.
pub(super) enum Passes {
    Table(Vec<bool>),
    Few(Vec<u64>),
}

impl Passes {
    /// Of each facet that is asked for.
    pub(super) fn of(segment: &Segment, filters: &[Filter]) -> Vec<(Facet, Self)> {
        let asked = |facet: Facet| filters.iter().filter(move |filter| filter.facet == facet);
        let passes = |facet: Facet| match facet {
            Facet::Publisher => Self::Few(asked(facet).filter_map(|filter| segment.publisher(&filter.key)).collect()),
            _ => {
                let is_asked = |key: &str| asked(facet).any(|filter| *filter.key == *key);
                Self::Table(segment.labels(facet).iter().map(|labels| labels.iter().any(|label| is_asked(&label.key))).collect())
            }
        };
        Facet::ALL.into_iter().filter(|facet| asked(*facet).next().is_some()).map(|facet| (facet, passes(facet))).collect()
    }

    pub(super) fn has(&self, number: u64) -> bool {
        match self {
            Self::Table(table) => table.get(usize::try_from(number).unwrap_or(usize::MAX)).copied().unwrap_or(false),
            Self::Few(few) => few.contains(&number),
        }
    }
}
