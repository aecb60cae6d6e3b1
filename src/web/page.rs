//! What every page is drawn with, and how an answer becomes page or fragment.

use std::future::{Ready, ready};

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use chrono_tz::Tz;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::drawn::{Drawn, Shown, Source, draw};
use super::failure::{Failure, Result};
use super::store::App;
use super::viewer::Viewer;
use crate::clock::{self, Time};

/// Cookie that carries one sentence over a redirect.
const TOAST: &str = "toast";
const HTML: &str = "text/html; charset=utf-8";

/// What the layout's template shows.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Who is signed in.
    pub viewer: Option<ViewerChip>,
    /// Path and query of this page.
    pub here: String,
    /// Where signing in leads: here, or where the pages to sign in lead already.
    pub next: String,
    /// `market`, `console`, `profile` or nothing: what the top bar marks.
    pub section: &'static str,
    /// `light`, `dark` or nothing for the system's.
    pub theme: &'static str,
    /// A sentence about what was just done.
    pub toast: Option<Toast>,
    /// The zone in which times are shown.
    pub zone: String,
    /// Of Galleria.
    pub version: &'static str,
    /// Whether the top bar has its search box.
    pub search: bool,
    /// Whether anybody may open an account.
    pub registration: bool,
}

/// The signed-in member, as the top bar shows them.
#[derive(Debug, Clone)]
pub struct ViewerChip {
    /// Their handle.
    pub handle: String,
    /// Two letters for the round mark.
    pub initials: String,
    /// The operator.
    pub admin: bool,
    /// How many notifications they have not read.
    pub unread: i64,
}

/// A sentence about what was just done.
#[derive(Debug, Clone)]
pub struct Toast {
    /// `ok`, `bad` or `info`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
}

/// How to answer this request: its viewer, zone, theme, and whether htmx wants a fragment.
#[derive(Debug, Clone)]
pub struct View {
    /// Who is looking.
    pub viewer: Viewer,
    /// The zone in which to show times: the member's, else the browser's, else UTC.
    pub tz: Tz,
    /// When the request came.
    pub now: Time,
    layout: Layout,
    partial: bool,
    htmx: bool,
    toast_was_shown: bool,
}

/// Where a page to sign in leads; `None` on every other page.
fn next(request: &HttpRequest) -> Option<String> {
    ["/login", "/register"].contains(&request.path()).then(|| {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(request.query_string()).unwrap_or_default();
        pairs.iter().find(|(name, _)| name == "next").map_or("/", |(_, next)| local(next)).to_owned()
    })
}

impl View {
    /// How to answer `request`.
    pub fn of(request: &HttpRequest) -> Self {
        Self::for_viewer(request, Viewer::of(request))
    }

    fn for_viewer(request: &HttpRequest, viewer: Viewer) -> Self {
        let app = request.app_data::<web::Data<App>>();
        let cookie = |name: &str| request.cookie(name).map(|cookie| cookie.value().to_owned());
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let chosen = viewer.user.as_ref().and_then(|user| user.time_zone.clone()).or_else(|| cookie("tz"));
        let tz: Tz = chosen.and_then(|name| percent_decode_str(&name).decode_utf8_lossy().parse().ok()).unwrap_or(Tz::UTC);
        let partial = header("hx-request-type") == Some("partial");
        let toast = if partial { None } else { cookie(TOAST).and_then(|text| read_toast(&text)) };
        let here = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let next = next(request).unwrap_or_else(|| here.clone());
        let layout = Layout {
            viewer: viewer.user.as_ref().map(|user| ViewerChip {
                handle: user.handle.clone(),
                initials: initials(&user.handle),
                admin: user.admin,
                unread: viewer.unread,
            }),
            here,
            next,
            section: "",
            theme: match cookie("theme").as_deref() {
                Some("light") => "light",
                Some("dark") => "dark",
                _ => "",
            },
            toast: toast.clone(),
            zone: tz.name().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            search: true,
            registration: app.is_some_and(|app| app.config.registration_open),
        };
        Self { tz, now: clock::now(), layout, partial, htmx: header("hx-request") == Some("true"), toast_was_shown: toast.is_some(), viewer }
    }

    /// The layout, with `section` marked in the top bar.
    pub fn layout(&self, section: &'static str) -> Layout {
        Layout { section, ..self.layout.clone() }
    }

    /// htmx asks for a part of the page.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// htmx asks at all, for a part or for a whole page.
    pub fn is_htmx(&self) -> bool {
        self.htmx
    }

    /// The whole page.
    ///
    /// # Errors
    /// Only when the template cannot be drawn.
    pub fn page(&self, page: &impl Template) -> Result<HttpResponse> {
        self.answer(StatusCode::OK, page)
    }

    /// The fragment when htmx wants a part, else the page.
    ///
    /// # Errors
    /// Only when the template cannot be drawn.
    pub fn page_or(&self, page: &impl Template, fragment: impl Template) -> Result<HttpResponse> {
        if self.partial { self.answer(StatusCode::OK, &fragment) } else { self.page(page) }
    }

    /// The page as another visitor got it, when nothing that it was drawn from has changed since.
    pub fn again(&self, drawn: &Drawn, source: Source) -> Option<HttpResponse> {
        let page = drawn.get(&self.shown(source)?)?;
        Some(self.begin(StatusCode::OK).content_type(HTML).body(page))
    }

    /// The page, kept for the next visitor who asks for the same.
    ///
    /// # Errors
    /// Only when the template cannot be drawn.
    pub fn page_of(&self, drawn: &Drawn, source: Source, page: &impl Template) -> Result<HttpResponse> {
        let Some(shown) = self.shown(source) else { return self.page(page) };
        // As long as it is: what it was drawn into may be three times that.
        let page = web::Bytes::from(draw(page)?.into_bytes().into_boxed_slice());
        drawn.keep(shown, page.clone());
        Ok(self.begin(StatusCode::OK).content_type(HTML).body(page))
    }

    /// `None`: this page is for one person alone.
    fn shown(&self, source: Source) -> Option<Shown> {
        let Layout { viewer: None, toast: None, here, theme, .. } = &self.layout else { return None };
        Some(Shown { source, address: here.clone(), theme, tz: self.tz, partial: self.partial })
    }

    /// The form again, with everything typed and the messages: 422.
    ///
    /// # Errors
    /// Only when the template cannot be drawn.
    pub fn unprocessable(&self, page: &impl Template) -> Result<HttpResponse> {
        self.answer(StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    /// The page with this status.
    ///
    /// # Errors
    /// Only when the template cannot be drawn.
    pub fn answer(&self, status: StatusCode, page: &impl Template) -> Result<HttpResponse> {
        let body = draw(page)?;
        let mut response = self.begin(status);
        if self.toast_was_shown {
            response.cookie(Cookie::build(TOAST, "").path("/").max_age(actix_web::cookie::time::Duration::ZERO).finish());
        }
        Ok(response.content_type(HTML).body(body))
    }

    /// 303 to a page of this gallery.
    pub fn see_other(&self, path: &str) -> HttpResponse {
        self.begin(StatusCode::SEE_OTHER).insert_header((LOCATION, local(path))).finish()
    }

    /// Leaves this page for another one of this gallery, also when htmx asked for a part of this one.
    pub fn leave_for(&self, path: &str) -> HttpResponse {
        if self.partial {
            return self.begin(StatusCode::OK).insert_header(("hx-redirect", local(path))).finish();
        }
        self.see_other(path)
    }

    /// 303, and the next page says `sentence`.
    pub fn see_other_saying(&self, path: &str, sentence: &str) -> HttpResponse {
        let text = utf8_percent_encode(sentence, NON_ALPHANUMERIC).to_string();
        let cookie = Cookie::build(TOAST, text).path("/").http_only(true).same_site(SameSite::Lax);
        let cookie = cookie.max_age(actix_web::cookie::time::Duration::minutes(1)).finish();
        self.begin(StatusCode::SEE_OTHER).cookie(cookie).insert_header((LOCATION, local(path))).finish()
    }

    /// Pages made for one signed-in person are kept by nobody.
    fn begin(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        let keep = if self.viewer.user.is_some() { "no-store" } else { "no-cache" };
        response.insert_header((CACHE_CONTROL, keep));
        response
    }
}

impl FromRequest for View {
    type Error = Failure;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // Through the extractor, so that an unreadable session is said and not taken for a visitor.
        let viewer = Viewer::from_request(request, payload).into_inner();
        ready(viewer.map(|viewer| Self::for_viewer(request, viewer)))
    }
}

fn read_toast(text: &str) -> Option<Toast> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.is_empty()).then(|| Toast { kind: "ok", text: text.chars().take(200).collect() })
}

fn initials(handle: &str) -> String {
    let mut parts = handle.split('-').filter_map(|part| part.chars().next());
    let first = parts.next();
    let second = parts.next().or_else(|| handle.chars().nth(1));
    first.into_iter().chain(second).collect::<String>().to_uppercase()
}

/// A path of this gallery, whatever was given: never another host's address.
///
/// Browsers read `\` as `/` and drop tabs and line ends, so `//h`, `/\h`, `/a/../\h` and the like become `/`.
pub fn local(path: &str) -> &str {
    let harmless = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.bytes().any(|byte| byte.is_ascii_control())
        && !path.split(['?', '#']).next().unwrap_or(path).contains("//")
        && !path.split(['/', '?', '#']).any(|part| part == "..");
    if harmless { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_stays_here() {
        for right in ["/", "/me/algorithms", "/market/algorithms?q=a%2Fb&sort=best", "/x?next=//h"] {
            assert_eq!(local(right), right);
        }
        for wrong in ["", "h", "//h", "/\\h", "/a/../\\h", "https://h", "/a//h", "/\t/h", "/a/..//h", "javascript:1", "/../h"] {
            assert_eq!(local(wrong), "/", "{wrong}");
        }
    }
}
