//! actix-session's records in our database.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, web};

use super::store::{App, Store};
use crate::clock;
use crate::sessions::{self, State};
use crate::users::Topic;

/// Entry that `load` adds: how many notifications are unread.
pub const UNREAD: &str = "@unread";
/// Entry that [`SessionStore::load`] adds: the user as JSON.
pub const USER: &str = "@user";
/// Entry that `load` adds: the hash that names the session.
pub const HASH: &str = "@hash";
/// Entry that `load` adds: what ties the user to the algorithm that the page is about, as JSON.
pub const BOND: &str = "@bond";
/// Entry that `load` adds when the database did not answer.
pub const BROKEN: &str = "@broken";

tokio::task_local! {
    /// The algorithm that the page of this request is about.
    static TOPIC: Option<Topic>;
}

/// Lets the session's query bring along what ties its user to the algorithm whose page is asked for, when that is known from an
/// earlier request: a second query would cost more than all the rest of the page.
///
/// # Errors
/// Those of the inner service.
pub async fn with_topic(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let app = request.app_data::<web::Data<App>>().filter(|_| request.path().starts_with("/algorithms/"));
    let topic = app.and_then(|app| app.kept.sheet(request.path())).map(|sheet| sheet.access.algorithm.topic());
    TOPIC.scope(topic, next.call(request)).await
}

/// Sessions as rows: seen by every server, revocable, and only hashes of tokens.
pub struct Sessions(pub Store);

/// What is written: not the entries that `load` adds.
fn own(state: State) -> State {
    state.into_iter().filter(|(key, _)| !key.starts_with('@')).collect()
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let token = key.as_ref().to_owned();
        let topic = TOPIC.try_with(|topic| *topic).ok().flatten();
        let found = match self.0.read(move |conn| sessions::find(conn, &token, topic, clock::now())).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            // Failing here would answer before the page could say what is wrong.
            Err(error) => {
                tracing::warn!(error = ?error, "session");
                return Ok(Some(HashMap::from([(BROKEN.to_owned(), "true".to_owned())])));
            }
        };
        if found.stale {
            let hash = found.hash.clone();
            let written = self.0.write(move |conn| sessions::seen(conn, &hash, clock::now())).await;
            written.unwrap_or_else(|error| tracing::warn!(%error, "session's last use"));
        }
        let mut state = found.state;
        if let Some(user) = found.user {
            state.insert(UNREAD.to_owned(), found.unread.to_string());
            state.insert(USER.to_owned(), serde_json::to_string(&user).map_err(|error| LoadError::Other(error.into()))?);
            if let Some(tied) = topic.zip(found.bond) {
                state.insert(BOND.to_owned(), serde_json::to_string(&tied).map_err(|error| LoadError::Other(error.into()))?);
            }
        }
        state.insert(HASH.to_owned(), found.hash);
        Ok(Some(state))
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let token = sessions::token();
        let key = SessionKey::try_from(token.clone()).map_err(|error| SaveError::Other(error.into()))?;
        let written = self.0.write(move |conn| sessions::begin(conn, &token, &own(state), clock::now())).await;
        Ok(said(written, key))
    }

    async fn update(&self, key: SessionKey, state: State, _: &Duration) -> Result<SessionKey, UpdateError> {
        let token = key.as_ref().to_owned();
        if state.contains_key(BROKEN) {
            return Ok(key);
        }
        let written = self.0.write(move |conn| sessions::keep(conn, &token, &own(state), clock::now())).await;
        Ok(said(written, key))
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(()) // `load` moves the idle end itself.
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let token = key.as_ref().to_owned();
        let written = self.0.write(move |conn| sessions::end(conn, &token)).await;
        said(written, ());
        Ok(())
    }
}

/// The page is answered already: an error of the middleware would replace it by a bare line without any of the
/// security headers. A session that could not be written is simply not there, which is safe; where it would not
/// be (signing out), the handler writes itself.
fn said<T>(written: crate::error::Result<()>, value: T) -> T {
    written.unwrap_or_else(|error| tracing::error!(?error, "session not written"));
    value
}
