//! Datasets: files that a member uploads once and gives to jobs as input. A version never changes.

mod change;
mod fit;
mod list;
mod name;
mod preview;

pub use change::{Stored, create, delete, delete_all, discard_unused, extend, require_room, room};
pub use fit::misfit;
pub use list::{Choice, Listed, Use, choices, count, find, input_of, inputs_of, is_known, list, named, uses, version, versions_of};
pub use name::{FileName, Name};
pub use preview::{Preview, beginning, preview};

use diesel::prelude::*;

use crate::clock::Time;
use crate::schema::{dataset_versions, datasets};

/// A row of `datasets`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = datasets)]
pub struct Dataset {
    /// In URLs.
    pub id: i64,
    /// Whose it is; nobody else sees it.
    pub owner_id: i64,
    /// On the screen; one member has it once.
    pub name: String,
    /// First uploaded.
    pub created_at: Time,
    /// No longer shown or chosen since.
    pub deleted_at: Option<Time>,
}

/// A row of `dataset_versions`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = dataset_versions)]
pub struct Version {
    /// In no URL: those have the number.
    pub id: i64,
    /// Of which dataset.
    pub dataset_id: i64,
    /// 1, 2 …
    pub number: i64,
    /// As jobs see it: letters, digits, `.`, `_` and `-`.
    pub file_name: String,
    /// Its extension in lower case; empty when it has none.
    pub format: String,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    /// Bytes.
    pub size: i64,
    /// Uploaded.
    pub created_at: Time,
    /// Its bytes are gone since.
    pub emptied_at: Option<Time>,
}
