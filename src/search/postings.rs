use super::bits::Bits;

/// The slots that have a value: as a set when they are many, as a list when they are few,
/// so that thousands of rare values take no more room than the catalogue itself.
#[derive(Debug, Clone)]
pub(super) enum Postings {
    Many(Bits),
    Few(Vec<u32>),
}

impl Postings {
    /// Of `slots` in a catalogue of `size`.
    pub(super) fn of(slots: Vec<u32>, size: usize) -> Self {
        if slots.len() < size / 32 {
            return Self::Few(slots);
        }
        let mut bits = Bits::none(size);
        slots.into_iter().for_each(|slot| bits.put(slot));
        Self::Many(bits)
    }

    /// How many are in `set` too.
    pub(super) fn common(&self, set: &Bits) -> usize {
        match self {
            Self::Many(bits) => set.common(bits),
            Self::Few(slots) => slots.iter().filter(|slot| set.has(**slot)).count(),
        }
    }

    /// Adds them to `set`.
    pub(super) fn join_into(&self, set: &mut Bits) {
        match self {
            Self::Many(bits) => set.join(bits),
            Self::Few(slots) => slots.iter().for_each(|slot| set.put(*slot)),
        }
    }
}
