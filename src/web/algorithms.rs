//! An algorithm's details: description, versions, code and comments.

pub mod archive;
pub mod code;
//TODO pub mod comments;
pub mod description;
mod head;
mod needs;
pub mod reactions;
mod tree;
pub mod versions;

use serde::Deserialize;

/// Which algorithm an address is about.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    publisher: String,
    name: String,
}
