use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::web::failure::Failure;

/// What was sent, not read yet: who sent it is asked first.
pub struct Body(web::Bytes);

impl FromRequest for Body {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move { bytes.await.map(Self).map_err(|_| Failure::TooLarge) })
    }
}

impl Body {
    /// Reads JSON; nothing sent is `{}`.
    ///
    /// # Errors
    /// `UnreadableJson`, with the place.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let sent: &[u8] = if self.0.is_empty() { b"{}" } else { &self.0 };
        // PostgreSQL's text has no NUL.
        if sent.windows(6).any(|six| six == br"\u0000") {
            return Err(Failure::UnreadableJson("The JSON has a NUL (\\u0000) in it.".to_owned()));
        }
        serde_json::from_slice(sent).map_err(|error| Failure::UnreadableJson(format!("The JSON could not be read: {error}.")))
    }
}
