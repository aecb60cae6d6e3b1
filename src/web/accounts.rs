//! Opening an account, signing in and out.

pub(crate) mod login;
pub(crate) mod register;

use actix_session::Session;
use actix_web::HttpRequest;

use super::failure::Result;
use crate::error::Error;
use crate::users::User;

/// Begins a signed-in session under a new token: one that somebody planted before is worth nothing.
fn begin(session: &Session, request: &HttpRequest, user: &User) -> Result<()> {
    let agent = request.headers().get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or("");
    let agent: String = agent.chars().take(300).collect();
    session.clear();
    session.renew();
    session.insert("user_id", user.id).map_err(|error| Error::internal(error.to_string()))?;
    session.insert("agent", agent).map_err(|error| Error::internal(error.to_string()))?;
    tracing::info!(event = "signed_in", user = user.id);
    Ok(())
}
