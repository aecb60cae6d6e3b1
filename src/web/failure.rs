//! What a request can end in other than its page.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::error::Error;
use crate::tokens::Scope;

/// The result of every handler.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Turned into a page, a toast or JSON by the middleware in `web/failures.rs`, which sees the request.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What the domain says.
    #[error(transparent)]
    Domain(#[from] Error),
    /// Sign in first and come back.
    #[error("Please sign in.")]
    SignIn,
    /// The API was asked without a token, or with one that is of no use; the sentence says which.
    #[error("{0}")]
    Token(&'static str),
    /// The token may not be used for this.
    #[error("This token lacks the scope `{0}`. Make one that has it under Settings > API tokens.")]
    Scope(Scope),
    /// Over a rate limit.
    #[error("That was too often in a short time. Please wait a moment and try again.")]
    TooMany,
    /// A request from another site.
    #[error("This request came from another site, so it was not carried out.")]
    CrossSite,
    /// The form or the address could not be read.
    #[error("{0}")]
    Unreadable(&'static str),
    /// What was sent as JSON could not be read, and why.
    #[error("{0}")]
    UnreadableJson(String),
    /// The address is there, but not for this method; with those it is for, as `Allow` lists them.
    #[error("That cannot be done at this address.")]
    WrongMethod(&'static str),
    /// More was sent than is taken.
    #[error("That is larger than what can be sent here.")]
    TooLarge,
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Domain(Error::NotFound) => StatusCode::NOT_FOUND,
            Self::Domain(Error::Forbidden(_)) | Self::CrossSite | Self::Scope(_) => StatusCode::FORBIDDEN,
            Self::Domain(Error::Conflict(_)) => StatusCode::CONFLICT,
            Self::Domain(Error::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Domain(Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Domain(Error::Full(_)) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Domain(Error::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::SignIn | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unreadable(_) | Self::UnreadableJson(_) => StatusCode::BAD_REQUEST,
            Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
