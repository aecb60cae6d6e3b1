//! Finding algorithms: what the market, the first page and a publisher's page list.
//!
//! The database is the truth; each process keeps an index of it in memory, the [`Catalogue`], and asks the
//! database whether the index still holds. All that pages know is [`Catalogue::search`].

mod bits;
mod card;
mod catalogue;
mod facets;
mod loosen;
mod orders;
mod postings;
mod query;
mod snapshot;
mod words;

pub use card::{About, Card, Counters};
pub use catalogue::{Catalogue, Stamp};
pub use facets::{Choice, Facet};
pub use loosen::Loosening;
pub use orders::Sort;
pub use query::{Filter, PAGE, Query};
pub use snapshot::Results;
