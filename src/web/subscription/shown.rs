//! Which texts this session has shown: only those can be accepted.

use actix_session::Session;

use crate::consents::Missing;
use crate::error::{Error, Result};
use crate::versions::Version;

const KEY: &str = "shown";
/// So many pages may be open at once; a session is read with every request.
const AT_MOST: usize = 20;

type Shown = Vec<(String, String)>;

fn read(session: &Session) -> Shown {
    // What cannot be read was not shown: the page is shown again.
    session.get(KEY).ok().flatten().unwrap_or_default()
}

fn name(text: &Missing, version: &Version) -> String {
    format!("{} {}", text.kind, version.id)
}

/// Remembers that `text` was shown for `version`, in place of what was shown for it before.
pub fn remember(session: &Session, text: &Missing, version: &Version) -> Result<()> {
    if was(session, text, version) {
        return Ok(());
    }
    let mut shown = read(session);
    shown.retain(|(page, _)| *page != name(text, version));
    shown.push((name(text, version), text.digest.clone()));
    shown.drain(..shown.len().saturating_sub(AT_MOST));
    session.insert(KEY, shown).map_err(|error| Error::internal(error.to_string()))
}

/// Whether `text` is what was shown last for `version`.
pub fn was(session: &Session, text: &Missing, version: &Version) -> bool {
    read(session).iter().any(|(page, digest)| *page == name(text, version) && *digest == text.digest)
}
