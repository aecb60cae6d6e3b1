//! Who calls the API: whoever shows a token, and nobody by a cookie.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};

use super::failure::Failure;
use super::store::Store;
use super::viewer::Operator;
use crate::clock;
use crate::error::Error;
use crate::tokens::{self, Scope};
use crate::users::User;

/// The scope that each method of an address needs; the table of routes puts it there.
#[derive(Debug, Clone)]
pub struct Needs(pub Vec<(&'static str, Scope)>);

/// The owner of a living token that has the scope which this route needs.
#[derive(Debug, Clone)]
pub struct Caller(pub User);

impl std::ops::Deref for Caller {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, store) = (request.clone(), Store::from_request(request, payload).into_inner());
        Box::pin(async move { caller(&request, store?, needed(&request)?).await })
    }
}

/// The operator: by their session, or by a token of theirs that may read, as a program that watches has one.
#[derive(Debug, Clone)]
pub struct Watcher;

impl FromRequest for Watcher {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(AUTHORIZATION) {
            let operator = Operator::from_request(request, payload).into_inner();
            return Box::pin(std::future::ready(operator.map(|_| Self)));
        }
        let (request, store) = (request.clone(), Store::from_request(request, payload).into_inner());
        Box::pin(async move {
            match caller(&request, store?, Scope::Read).await {
                Ok(caller) if caller.admin => Ok(Self),
                // Nobody else learns that there is anything.
                Ok(_) | Err(Failure::Token(_) | Failure::Scope(_)) => Err(Error::NotFound.into()),
                Err(other) => Err(other),
            }
        })
    }
}

async fn caller(request: &HttpRequest, store: Store, scope: Scope) -> Result<Caller, Failure> {
    let text = shown(request).ok_or(Failure::Token("Send a token: Authorization: Bearer TOKEN."))?;
    let at = clock::now();
    let Some(found) = store.read(move |conn| tokens::find(conn, &text, at)).await? else {
        tracing::warn!(event = "token_refused", path = request.path());
        return Err(Failure::Token("This token is not valid: it is unknown, expired or revoked."));
    };
    let id = found.id;
    if found.stale {
        store.write(move |conn| tokens::used(conn, id, at)).await?;
    }
    if !found.scopes.contains(&scope) {
        tracing::warn!(event = "token_scope_missing", token = id, user = found.user.id, scope = scope.as_str());
        return Err(Failure::Scope(scope));
    }
    Ok(Caller(found.user))
}

/// What stands behind `Bearer`, in any case, of at most so many letters as a token could have.
fn shown(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (kind, text) = value.split_once(' ')?;
    (kind.eq_ignore_ascii_case("bearer") && text.len() <= 200).then(|| text.trim().to_owned())
}

/// A route without a scope in the table is nobody's.
fn needed(request: &HttpRequest) -> Result<Scope, Error> {
    let method = match request.method().as_str() {
        "HEAD" => "get".to_owned(),
        other => other.to_lowercase(),
    };
    let needs = request.app_data::<Needs>();
    let scope = needs.and_then(|needs| needs.0.iter().find(|(name, _)| *name == method).map(|(_, scope)| *scope));
    scope.ok_or_else(|| Error::internal("a route of the API without a scope"))
}
