//! Who is looking.

use std::future::{Ready, ready};

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::failure::Failure;
use super::session_store::{BOND, BROKEN, HASH, UNREAD, USER};
use crate::error::Error;
use crate::users::{Bond, Topic, User};

/// Whoever asks: signed in or not. The session's one query has brought the user along.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// The account, when signed in.
    pub user: Option<User>,
    /// What ties them to an algorithm, if that was asked with the session.
    pub bond: Option<(Topic, Bond)>,
    /// How many notifications they have not read.
    pub unread: i64,
    /// SHA-256 of the session's token, when there is a session.
    pub session: Option<String>,
}

impl Viewer {
    /// The viewer of a request.
    pub fn of(request: &HttpRequest) -> Self {
        let session = request.get_session();
        let entries = session.entries();
        let user = entries.get(USER).and_then(|json| serde_json::from_str(json).ok());
        let bond = entries.get(BOND).and_then(|json| serde_json::from_str(json).ok());
        let unread = entries.get(UNREAD).and_then(|count| count.parse().ok()).unwrap_or(0);
        Self { user, bond, unread, session: entries.get(HASH).cloned() }
    }

    /// The account's id, when signed in.
    pub fn id(&self) -> Option<i64> {
        self.user.as_ref().map(|user| user.id)
    }
}

impl FromRequest for Viewer {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if request.get_session().entries().contains_key(BROKEN) {
            return ready(Err(Error::Unavailable("the session could not be read".into()).into()));
        }
        ready(Ok(Self::of(request)))
    }
}

/// A signed-in member; anyone else is sent to sign in first and comes back.
#[derive(Debug, Clone)]
pub struct SignedIn(pub User);

impl std::ops::Deref for SignedIn {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl FromRequest for SignedIn {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let viewer = Viewer::from_request(request, payload).into_inner();
        ready(viewer.and_then(|viewer| viewer.user.map(Self).ok_or(Failure::SignIn)))
    }
}

/// The operator of this gallery; to anyone else the page does not exist.
#[derive(Debug, Clone)]
pub struct Operator(pub User);

impl FromRequest for Operator {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let viewer = Viewer::from_request(request, payload).into_inner();
        let operator = viewer.map(|viewer| viewer.user.filter(|user| user.admin).map(Self));
        ready(operator.and_then(|found| found.ok_or_else(|| Error::NotFound.into())))
    }
}
