//! An algorithm's details: description, versions, code and comments.

pub(crate) mod archive;
pub(crate) mod code;
pub(crate) mod comments;
pub(crate) mod compare;
pub(crate) mod description;
mod head;
mod needs;
mod range;
pub(crate) mod reactions;
pub(crate) mod report;
pub(crate) mod similar;
pub(crate) mod versions;

use serde::Deserialize;

use crate::algorithms::{self, Access, Reader};
use crate::db::Conn;
use crate::error::Result;
use crate::overview::{self, Overview};
use crate::web::viewer::Viewer;

/// Which algorithm an address is about.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    publisher: String,
    name: String,
}

impl Place {
    /// The algorithm, if this viewer may see it.
    ///
    /// # Errors
    /// `NotFound` else.
    fn find(&self, conn: &mut Conn, viewer: &Viewer) -> Result<Access> {
        algorithms::find(conn, Reader::of(viewer.user.as_ref()), &self.publisher, &self.name)
    }

    /// The same with what stands around it.
    ///
    /// # Errors
    /// `NotFound` else.
    fn look(&self, conn: &mut Conn, viewer: &Viewer) -> Result<(Access, Overview)> {
        overview::find(conn, Reader::of(viewer.user.as_ref()), &self.publisher, &self.name)
    }

    /// `/algorithms/publisher/name`.
    fn path(&self) -> String {
        format!("/algorithms/{}/{}", self.publisher, self.name)
    }
}
