use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;
use serde_json::Value;

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
        serde_json::from_slice(self.sent()?).map_err(unreadable)
    }

    /// Reads what `shape` makes of the JSON.
    ///
    /// # Errors
    /// `UnreadableJson`, with the name of what does not fit.
    pub fn json_after<T: DeserializeOwned>(&self, shape: impl FnOnce(Value) -> Value) -> Result<T, Failure> {
        serde_json::from_value(shape(self.json()?)).map_err(unreadable)
    }

    fn sent(&self) -> Result<&[u8], Failure> {
        let sent: &[u8] = if self.0.is_empty() { b"{}" } else { &self.0 };
        // PostgreSQL's text has no NUL.
        match sent.windows(6).any(|six| six == br"\u0000") {
            true => Err(Failure::UnreadableJson("The JSON has a NUL (\\u0000) in it.".to_owned())),
            false => Ok(sent),
        }
    }
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::UnreadableJson(format!("The JSON could not be read: {error}."))
}
