//! Draws what went wrong: a page, a toast for htmx, JSON for the API. The one place that sees both request and failure.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpRequest, HttpResponse};
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::failure::Failure;
use super::guard::is_api;
use super::page::{Layout, View, local};
use crate::error::Error;
use crate::slug::Slug;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;

/// The page for something that went wrong.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    status: u16,
    title: &'static str,
    sentence: String,
    /// Path of the algorithm that stands in the way, where something can be done about it.
    algorithm: Option<String>,
}

/// Gives every failed answer its face.
///
/// The request is looked at after it was answered: while routing, nobody else may hold it. What is inside answers
/// a failure as a response that carries its error (`ServiceRequest::error_response`), never as `Err`.
///
/// # Errors
/// Those of the inner service, which has none.
pub async fn draw(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let response = next.call(request).await?;
    let Some(error) = response.response().error() else { return Ok(response.map_into_boxed_body()) };
    let drawn = answer(response.request(), error);
    Ok(response.into_response(drawn))
}

fn answer(request: &HttpRequest, error: &ActixError) -> HttpResponse {
    let failure = error.as_error::<Failure>();
    let api = is_api(request.path());
    if matches!(failure, Some(Failure::SignIn)) && !api {
        return sign_in_first(request);
    }
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        tracing::error!(path = request.path(), error = ?failure.map_or_else(|| error.to_string(), |failure| format!("{failure:?}")));
    }
    let sentence = failure.map_or_else(|| fallback(status).to_owned(), ToString::to_string);
    let mut response = if api { json(status, failure, &sentence) } else { page(request, status, sentence) };
    if let Some(Failure::WrongMethod(allowed)) = failure {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    if [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&status) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// To sign in, and back: to this page, or for something posted to the page it was posted from.
fn sign_in_first(request: &HttpRequest) -> HttpResponse {
    let view = View::of(request);
    let back = match *request.method() {
        Method::GET | Method::HEAD => view.layout("").here,
        _ => referrer_path(request).unwrap_or_else(|| algorithm_of(request.path())),
    };
    let target = format!("/login?next={}", utf8_percent_encode(local(&back), NON_ALPHANUMERIC));
    let mut response = HttpResponse::SeeOther();
    if view.is_partial() {
        // A fragment's place is no place for the sign-in page.
        response = HttpResponse::Ok();
        response.insert_header((HeaderName::from_static("hx-redirect"), target));
    } else {
        response.insert_header((LOCATION, target));
    }
    response.finish()
}

/// The page of the algorithm that a form was about; else the first page.
fn algorithm_of(path: &str) -> String {
    let mut parts = path.splitn(5, '/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("algorithms"), Some(publisher), Some(name)) => format!("/algorithms/{publisher}/{name}"),
        _ => "/".to_owned(),
    }
}

/// Path and query of the page of this gallery from which the request was sent.
pub fn referrer_path(request: &HttpRequest) -> Option<String> {
    let referrer = request.headers().get("referer")?.to_str().ok()?;
    let host = request.headers().get("host")?.to_str().ok()?;
    let path = referrer.split_once("://")?.1.strip_prefix(host)?;
    Some(local(path).to_owned())
}

fn page(request: &HttpRequest, status: StatusCode, sentence: String) -> HttpResponse {
    let view = View::of(request);
    let layout = view.layout("");
    let algorithm = if status == StatusCode::CONFLICT { asked_algorithm(request) } else { None };
    let error = ErrorPage { status: status.as_u16(), title: title(status), sentence, algorithm, layout };
    let drawn = view.answer(status, &error);
    let mut response = drawn.unwrap_or_else(|_| HttpResponse::build(status).content_type("text/plain").body(error.sentence.clone()));
    if view.is_partial() {
        // 5xx is not swapped by htmx; a 4xx page would land inside the fragment's place.
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("hx-reswap"), HeaderValue::from_static("none"));
    }
    response
}

/// The page of the algorithm that the address names by `algorithm=publisher/name`.
fn asked_algorithm(request: &HttpRequest) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_html_form::from_str(request.query_string()).ok()?;
    let (_, named) = pairs.into_iter().find(|(name, _)| name == "algorithm")?;
    let (publisher, name) = named.split_once('/')?;
    let [publisher, name] = [publisher, name].map(|part| part.parse::<Slug>().ok());
    Some(format!("/algorithms/{}/{}", publisher?, name?))
}

fn json(status: StatusCode, failure: Option<&Failure>, sentence: &str) -> HttpResponse {
    let fields = match failure {
        Some(Failure::Domain(Error::Refused(mistakes))) => serde_json::json!(mistakes),
        _ => serde_json::json!({}),
    };
    let sentence = if status == StatusCode::NOT_FOUND { "There is nothing here, or nothing that you may see." } else { sentence };
    let body = serde_json::json!({ "error": code(status), "message": sentence, "fields": fields });
    let mut response = HttpResponse::build(status);
    if let Some(challenge) = challenge(failure) {
        response.insert_header((WWW_AUTHENTICATE, challenge));
    }
    response.insert_header((CONTENT_TYPE, "application/json")).body(body.to_string())
}

/// Which token would do, as RFC 6750 says it.
fn challenge(failure: Option<&Failure>) -> Option<String> {
    match failure {
        Some(Failure::Token(_) | Failure::SignIn) => Some("Bearer realm=\"Galleria\"".to_owned()),
        Some(Failure::Scope(scope)) => Some(format!("Bearer realm=\"Galleria\", error=\"insufficient_scope\", scope=\"{scope}\"")),
        _ => None,
    }
}

/// One word for programs.
fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        409 => "conflict",
        413 => "too_large",
        422 => "invalid",
        429 => "too_many_requests",
        503 => "unavailable",
        507 => "no_room",
        400..500 => "unreadable",
        _ => "internal",
    }
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "Sign in",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Not possible here",
        409 => "Not possible now",
        413 => "Too large",
        422 => "Something is missing",
        429 => "Too often",
        503 => "Busy",
        507 => "No room left",
        400..500 => "Not understood",
        _ => "Something went wrong",
    }
}

fn fallback(status: StatusCode) -> &'static str {
    match status.as_u16() {
        404 => "We could not find that page.",
        405 => "That cannot be done at this address.",
        413 => "That is larger than what can be sent here.",
        400..500 => "The request could not be understood.",
        _ => "Something went wrong on our side. It has been written to the log.",
    }
}
