//! What a request sends.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::failure::Failure;

/// A posted form, `application/x-www-form-urlencoded`. Fields that `T` does not name are ignored.
pub struct Form<T>(pub T);

/// Every field of a posted form, in no particular order; of a repeated one, the last.
pub struct Fields(pub BTreeMap<String, String>);

/// The query of the address; repeated keys become lists.
pub struct Query<T>(pub T);

const UNREADABLE: Failure = Failure::Unreadable("The form could not be read.");

/// NUL can be in no text of PostgreSQL and means nothing in a form.
fn without_nul(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    for (_, value) in &mut pairs {
        value.retain(|letter| letter != '\0');
        // Browsers send line ends as CR LF.
        *value = value.replace("\r\n", "\n");
    }
    pairs
}

fn parse<T: DeserializeOwned>(encoded: &[u8]) -> Result<T, Failure> {
    let pairs = serde_html_form::from_bytes(encoded).map(without_nul).map_err(|_| UNREADABLE)?;
    let clean = serde_html_form::to_string(pairs).map_err(|_| UNREADABLE)?;
    serde_html_form::from_str(&clean).map_err(|_| UNREADABLE)
}

async fn body(request: HttpRequest, mut payload: Payload) -> Result<web::Bytes, Failure> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| !kind.starts_with("application/x-www-form-urlencoded")) {
        return Err(UNREADABLE);
    }
    web::Bytes::from_request(&request, &mut payload).await.map_err(|_| Failure::TooLarge)
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request.clone(), payload.take());
        Box::pin(async move { parse(&body.await?).map(Self) })
    }
}

impl FromRequest for Fields {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request.clone(), payload.take());
        Box::pin(async move { parse::<Vec<(String, String)>>(&body.await?).map(|pairs| Self(pairs.into_iter().collect())) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Failure;
    type Future = std::future::Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(parse(request.query_string().as_bytes()).map(Self))
    }
}
