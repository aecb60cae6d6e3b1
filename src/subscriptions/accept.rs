use super::{Outcome, subscribe};
use crate::algorithms::Access;
use crate::clock::Time;
use crate::config::Note;
use crate::consents::{self, Missing};
use crate::db::Conn;
use crate::error::Result;
use crate::versions::Version;

/// Subscribes and accepts what `version` asks for, all of it by digest or nothing; returns what is still to be accepted,
/// in the order in which it is asked: then nothing has happened.
///
/// # Errors
/// As [`subscribe`].
pub fn subscribe_accepting(
    conn: &mut Conn,
    user: i64,
    (access, version): (&Access, &Version),
    accepted: &[String],
    note: &Note,
    at: Time,
) -> Result<Vec<Missing>> {
    let missing = consents::missing(conn, user, access, version, note)?;
    if missing.iter().any(|text| !accepted.contains(&text.digest)) {
        return Ok(missing.into_iter().filter(|text| !accepted.contains(&text.digest)).collect());
    }
    missing.iter().try_for_each(|text| consents::give(conn, user, version.id, text, at))?;
    match subscribe(conn, user, access, version, note, at)? {
        Outcome::Active => Ok(Vec::new()),
        Outcome::Asks => consents::missing(conn, user, access, version, note),
    }
}
