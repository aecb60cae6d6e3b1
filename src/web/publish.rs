//! Publishing: an upload and what was found in it, and the pages on which a release is looked after.

pub(crate) mod audience;
pub(crate) mod create;
pub(crate) mod deletion;
pub(crate) mod delisting;
pub(crate) mod guide;
pub(crate) mod new;
pub(crate) mod proof;
pub(crate) mod release;
pub(crate) mod transfer;
mod upload;
pub(crate) mod uptake;
pub(crate) mod withdrawal;
pub(crate) mod words;

use serde::Deserialize;

use super::viewer::SignedIn;
use crate::algorithms::{self, Access, Reader};
use crate::db::Conn;
use crate::error::{Error, Result};

/// Which algorithm an address is about.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    publisher: String,
    name: String,
}

impl Place {
    /// The algorithm, if it is this member's to look after.
    ///
    /// # Errors
    /// `NotFound` else.
    fn managed(&self, conn: &mut Conn, user: &SignedIn) -> Result<Access> {
        let access = algorithms::find(conn, Reader::of(Some(user)), &self.publisher, &self.name)?;
        if access.manages { Ok(access) } else { Err(Error::NotFound) }
    }

    /// The page on which it is looked after.
    fn path(&self) -> String {
        format!("/publish/{}/{}", self.publisher, self.name)
    }
}
