//! What is to be accepted next.

use super::{Path, find};
use crate::algorithms::{Access, Reader};
use crate::consents::{self, Change, Kind, Missing};
use crate::db::Conn;
use crate::users::User;
use crate::versions::Version;
use crate::web::failure::Result;
use crate::web::store::Store;

/// What this member is about to subscribe to, and what is still to be accepted for it.
pub struct Step {
    /// The algorithm.
    pub access: Access,
    /// The version whose texts are asked for.
    pub version: Version,
    /// What is still to be accepted, in this order.
    pub missing: Vec<Missing>,
    /// How the constraints differ from those accepted before, when they are what is asked for.
    pub change: Option<Change>,
}

/// Finds out.
///
/// # Errors
/// Those of [`find`].
pub async fn load(store: &Store, user: &User, path: Path, number: Option<String>) -> Result<Step> {
    let ((publisher, name), user, note) = (path.into_inner(), user.clone(), store.app().config.note.clone());
    let load = move |conn: &mut Conn| {
        let (access, version) = find(conn, Reader::of(Some(&user)), &publisher, &name, number.as_deref())?;
        let missing = consents::missing(conn, user.id, &access, &version, &note)?;
        let asks = missing.first().filter(|text| text.kind == Kind::Constraints);
        let change = asks.map(|text| consents::change(conn, user.id, access.algorithm.id, &text.text)).transpose()?.flatten();
        Ok(Step { access, version, missing, change })
    };
    Ok(store.read(load).await?)
}
