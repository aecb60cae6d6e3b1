use std::sync::Arc;

use reqwest::blocking::{RequestBuilder, Response};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::{Method, Url};

use super::Page;

/// A browser without scripts: keeps cookies, follows nothing by itself.
pub struct Client {
    base: Url,
    jar: Arc<Jar>,
    http: reqwest::blocking::Client,
}

impl Client {
    /// Somebody new at the gallery of this address.
    pub fn new(base: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let http = reqwest::blocking::Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("Test Browser/1.0")
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .unwrap();
        Self { base: base.parse().unwrap(), jar, http }
    }

    /// A request that is not sent yet, for headers and bodies of its own; see [`Client::send`].
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        // Not `Url::join`: hostile paths must arrive as they were written.
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    /// Sends it.
    #[track_caller]
    pub fn send(&self, request: RequestBuilder) -> Page {
        Page::of(request.send().unwrap_or_else(|error| panic!("no answer: {error:?}")))
    }

    /// Sends it to a server that may be down; `None` when nobody answers.
    pub fn try_send(&self, request: RequestBuilder) -> Option<Page> {
        request.send().ok().map(Page::of)
    }

    /// Opens a page.
    #[track_caller]
    pub fn get(&self, path: &str) -> Page {
        self.send(self.request("GET", path))
    }

    /// Asks for a part of a page, as htmx does.
    #[track_caller]
    pub fn partial(&self, path: &str) -> Page {
        self.send(self.request("GET", path).header("HX-Request", "true").header("HX-Request-Type", "partial"))
    }

    /// Posts a form from a page of this gallery.
    #[track_caller]
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.request("POST", path).header("Sec-Fetch-Site", "same-origin").form(fields))
    }

    /// Posts a form as htmx does when it replaces a part of the page.
    #[track_caller]
    pub fn post_partial(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.request("POST", path).header("Sec-Fetch-Site", "same-origin").form(fields);
        self.send(request.header("HX-Request", "true").header("HX-Request-Type", "partial"))
    }

    /// Posts a form with a file in its field `file`, as a page of this gallery does.
    #[track_caller]
    pub fn upload(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Page {
        self.upload_as("file", path, fields, file)
    }

    /// The same with a file in a field of this name.
    #[track_caller]
    pub fn upload_as(&self, field: &'static str, path: &str, fields: &[(&str, &str)], (name, bytes): (&str, &[u8])) -> Page {
        let part = reqwest::blocking::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let texts = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let form = texts.fold(reqwest::blocking::multipart::Form::new(), |form, (name, value)| form.text(name, value));
        self.send(self.request("POST", path).header("Sec-Fetch-Site", "same-origin").multipart(form.part(field, part)))
    }

    /// Goes where a 303 leads.
    #[track_caller]
    pub fn follow(&self, page: &Page) -> Page {
        assert_eq!(page.status(), 303, "not a redirect: {}", page.body);
        self.get(page.location())
    }

    /// Presses the button with this label on a page: sends its form with what stands in it, `typed` over it.
    #[track_caller]
    pub fn press(&self, page: &Page, label: &str, typed: &[(&str, &str)]) -> Page {
        let form = page.form_of_button(label);
        let mut fields = form.fields;
        for (name, value) in typed {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let action = if form.action.is_empty() { page.path.clone() } else { form.action };
        if form.post {
            let request = self.request("POST", &action).header("Sec-Fetch-Site", "same-origin").form(&fields);
            return self.send(request);
        }
        let mut url = self.base.join(&action).unwrap();
        url.query_pairs_mut().clear().extend_pairs(&fields);
        self.send(self.http.get(url))
    }

    /// Opens the link with this text.
    #[track_caller]
    pub fn click(&self, page: &Page, label: &str) -> Page {
        self.get(&page.link(label))
    }

    /// The cookies it would send, as `name=value; …`; empty when there are none.
    pub fn cookies(&self) -> String {
        self.jar.cookies(&self.base).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    /// Puts a cookie into its jar, written as in `Set-Cookie`.
    pub fn set_cookie(&self, cookie: &str) {
        self.jar.add_cookie_str(cookie, &self.base);
    }

    /// The raw answer, for what is no page.
    #[track_caller]
    pub fn raw(&self, request: RequestBuilder) -> Response {
        request.send().unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }
}
