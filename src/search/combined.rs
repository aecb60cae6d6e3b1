use super::facets::Facet;
use super::view::Segment;

/// What the facets of few values say of each document, as one byte: with what all of them say together counted, what each says
/// is known. So a search looks at one number of a document in place of five or six.
pub(super) struct Combined {
    /// Each with how many values it has.
    facets: Vec<(Facet, usize)>,
    of: Vec<u8>,
}

/// How often each byte occurs.
pub(super) type Counts = [u32; 256];

impl Combined {
    pub(super) fn of(segment: &Segment) -> Self {
        let documents = 0..segment.documents();
        let mut facets: Vec<(Facet, usize)> =
            Facet::ALL.into_iter().filter(|facet| *facet != Facet::Publisher).map(|facet| (facet, segment.labels(facet).len())).collect();
        facets.sort_by_key(|(_, values)| *values);
        let mut combinations = 1;
        facets.retain(|(_, values)| {
            let fits = *values > 0 && combinations * values <= 256;
            combinations *= if fits { *values } else { 1 };
            fits
        });
        let value =
            |facet: Facet, values: usize, doc: u32| usize::try_from(segment.facet(facet).get_val(doc)).map_or(0, |value| value.min(values - 1));
        let byte = |doc: u32| facets.iter().fold(0, |byte, (facet, values)| byte * values + value(*facet, *values, doc));
        let of = documents.map(|doc| u8::try_from(byte(doc)).unwrap_or_default()).collect();
        Self { facets, of }
    }

    /// Whether it says anything of this facet.
    pub(super) fn has(&self, facet: Facet) -> bool {
        self.facets.iter().any(|(other, _)| *other == facet)
    }

    /// Counts these documents.
    pub(super) fn count(&self, docs: &[u32], counts: &mut Counts) {
        for byte in docs.iter().filter_map(|doc| self.of.get(*doc as usize)) {
            counts[usize::from(*byte)] += 1;
        }
    }

    /// How often each value of a facet occurs.
    pub(super) fn counted(&self, facet: Facet, counts: &Counts) -> Vec<u32> {
        let at = self.facets.iter().position(|(other, _)| *other == facet).unwrap_or(self.facets.len());
        let values = self.facets.get(at).map_or(0, |(_, values)| *values);
        let after: usize = self.facets.iter().skip(at + 1).map(|(_, values)| values).product();
        let mut counted = vec![0; values];
        for (byte, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            counted[byte / after % values] += count;
        }
        counted
    }
}
