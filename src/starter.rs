//! The algorithms that come with Galleria, from the folder `starter/`, and who publishes them.

/// One version of a starter algorithm.
#[derive(Debug)]
pub struct Starter {
    /// Handle of its publisher.
    pub publisher: &'static str,
    /// Name of the algorithm.
    pub name: &'static str,
    /// `x.x.x`
    pub version: &'static str,
    /// Paths inside the archive, and what is in them.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// An organisation that publishes starter algorithms; nobody can log in as it.
#[derive(Debug)]
pub struct Publisher {
    /// As in URLs.
    pub handle: &'static str,
    /// For people.
    pub name: &'static str,
    /// Whether this gallery's operator answers for it.
    pub official: bool,
    /// A sentence for its page.
    pub about: &'static str,
}

/// Every version there is, in the order to publish them in: older versions first.
pub fn algorithms() -> &'static [Starter] {
    static ALL: &[Starter] = include!(concat!(env!("OUT_DIR"), "/starter.rs"));
    ALL
}

/// Everyone an algorithm names.
pub fn publishers() -> &'static [Publisher] {
    &[
        Publisher {
            handle: "galleria",
            name: "Galleria",
            official: true,
            about: "Algorithms that come with this gallery, small enough to read in one sitting. Some run on Python alone; the others say what is installed for them.",
        },
        Publisher {
            handle: "community",
            name: "Community examples",
            official: false,
            about: "Examples of what others publish. The operator of this gallery does not answer for them.",
        },
    ]
}
