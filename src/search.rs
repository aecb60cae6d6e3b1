//! Finding algorithms: what the market, the first page and a publisher's page list.
//!
//! The database is the truth; each server keeps an index of it in its data folder, the [`Catalogue`], and asks the
//! database whether the index still holds. All that pages know is [`Catalogue::search`].
//!
//! `upkeep` and `follow` bring the `index` up to date, which gives a `view` of one moment; `matching` and `gather` say
//! what of it a query finds, and `answer` makes a page of that.

mod answer;
mod card;
mod catalogue;
mod combined;
mod current;
mod facets;
mod fields;
mod files;
mod follow;
mod gather;
mod index;
mod integrity;
mod keeper;
mod levels;
mod like;
mod loosen;
mod marks;
mod matching;
mod nearest;
mod orders;
mod passes;
mod progress;
mod query;
mod rank;
mod sight;
mod similar;
mod soundness;
mod suggest;
mod tally;
mod terms;
mod upkeep;
mod view;
mod worded;
mod words;

pub use answer::Results;
pub use card::{About, Card, Counters, Owner};
pub use catalogue::{Catalogue, Stamp};
pub use facets::{Choice, Facet};
pub use loosen::Loosening;
pub use marks::Stretch;
pub use nearest::Meant;
pub use orders::Sort;
pub use query::{Filter, PAGE, Query};
pub use suggest::Suggestion;
