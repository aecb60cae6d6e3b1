//! What holds on every answer: security headers, and no acting on behalf of another site.

use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, web};

use super::failure::Failure;
use super::store::App;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'";

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "accelerometer=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
];

/// Puts the security headers on every answer, errors and static files too.
///
/// # Errors
/// Those of the inner service.
pub async fn headers(mut request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let (begun, app) = (Instant::now(), request.app_data::<web::Data<App>>().cloned());
    let secure = request.app_data::<web::Data<App>>().is_some_and(|app| app.config.base_url.is_https());
    let api = is_api(request.path());
    if api {
        // Tokens alone count there: what a browser sends by itself opens nothing, so no other site's page can use it.
        request.headers_mut().remove(header::COOKIE);
    }
    let mut response = next.call(request).await?;
    if let Some(app) = app {
        app.figures.answered(response.status().as_u16(), begun.elapsed());
    }
    let map = response.headers_mut();
    for (name, value) in HEADERS {
        // A handler may be stricter: files that users gave come with a sandbox of their own.
        set_unless_there(map, name, value);
    }
    if api {
        set_unless_there(map, "cache-control", "no-store");
    }
    if secure {
        set_unless_there(map, "strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    let html = map.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if html {
        map.append(header::VARY, HeaderValue::from_static("HX-Request, HX-Request-Type, Cookie"));
    }
    Ok(response)
}

/// Whether an address belongs to programs: JSON in, JSON out, a token with every request.
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

fn set_unless_there(map: &mut HeaderMap, name: &'static str, value: &'static str) {
    let name = HeaderName::from_static(name);
    if !map.contains_key(&name) {
        map.insert(name, HeaderValue::from_static(value));
    }
}

/// Refuses to change anything for a request that another site's page sent.
///
/// # Errors
/// Those of the inner service; a refusal is an answer.
pub async fn same_site<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<EitherBody<B>>, ActixError> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if !safe && !is_api(request.path()) && !is_own(&request) {
        tracing::warn!(event = "cross_site_refused", path = request.path());
        return Ok(request.error_response(Failure::CrossSite).map_into_right_body());
    }
    // PostgreSQL's text has no NUL, and no page here has one in its address.
    if request.uri().to_string().contains("%00") {
        return Ok(request.error_response(Failure::Domain(crate::error::Error::NotFound)).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// `Sec-Fetch-Site` says it; older browsers say `Origin`; a client that says neither is no browser,
/// and then it may act only if it brings no cookie.
fn is_own(request: &ServiceRequest) -> bool {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let host = text("host").unwrap_or("");
            origin.split_once("://").is_some_and(|(_, name)| !host.is_empty() && name == host)
        }
        (None, None) => text("cookie").is_none(),
    }
}
