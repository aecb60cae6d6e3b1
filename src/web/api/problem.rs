use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::consents::Missing;

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// One word for programs: `unauthorized`, `forbidden`, `not_found`, `conflict`, `invalid`, `too_many_requests` …
    pub error: String,
    /// A sentence for people.
    pub message: String,
    /// Of what was sent, each field that is wrong with its sentence; empty when it is not about fields.
    pub fields: BTreeMap<String, String>,
}

/// It cannot be done as things are.
#[derive(Serialize, ToSchema)]
pub struct Conflict {
    /// `acceptance_required`, or `conflict`.
    pub error: String,
    /// A sentence for people.
    pub message: String,
    /// Always empty.
    pub fields: BTreeMap<String, String>,
    /// With `acceptance_required`: the texts. Read them; send their digests as `accept` with `PUT …/subscription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<Vec<Text>>,
}

/// A text to be accepted.
#[derive(Serialize, ToSchema)]
pub struct Text {
    /// `constraints` or `note`.
    pub kind: String,
    /// SHA-256 of the text, in hex: what a consent names.
    pub digest: String,
    /// Markdown.
    pub text: String,
}

impl Text {
    /// These texts.
    pub fn all(missing: Vec<Missing>) -> Vec<Self> {
        missing.into_iter().map(|text| Self { kind: text.kind.to_string(), digest: text.digest, text: text.text }).collect()
    }
}

/// 409 with what has to be accepted first.
pub fn acceptance_required(missing: Vec<Missing>) -> HttpResponse {
    let message = "Accept these texts first: send their digests as `accept` with PUT /api/v1/algorithms/{publisher}/{name}/subscription.";
    let body =
        Conflict { error: "acceptance_required".to_owned(), message: message.to_owned(), fields: BTreeMap::new(), accept: Some(Text::all(missing)) };
    HttpResponse::Conflict().json(body)
}

/// What every address may answer, for the document.
#[derive(IntoResponses)]
#[allow(dead_code)] // read by the derive
pub enum Refusals {
    /// No token, or one that is unknown, expired or revoked.
    #[response(status = 401)]
    Unauthorized(#[to_schema] Problem),
    /// The token lacks the scope.
    #[response(status = 403)]
    Forbidden(#[to_schema] Problem),
    /// It is not there, or nothing that the token's owner may see.
    #[response(status = 404)]
    NotFound(#[to_schema] Problem),
    /// Too often; `Retry-After` says when to try again.
    #[response(status = 429)]
    TooMany(#[to_schema] Problem),
    /// Busy; `Retry-After` says when to try again.
    #[response(status = 503)]
    Unavailable(#[to_schema] Problem),
}
