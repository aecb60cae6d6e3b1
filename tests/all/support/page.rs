use std::collections::HashSet;

use reqwest::blocking::Response;
use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};

/// An answer, read as a person reads it.
pub struct Page {
    status: u16,
    headers: HeaderMap,
    /// Path and query it came from.
    pub path: String,
    /// As it came.
    pub body: String,
}

/// A form as it would be sent.
pub struct FormContent {
    /// Where to; empty: to the page's own address.
    pub action: String,
    /// Whether it posts.
    pub post: bool,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl Page {
    pub(super) fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let url = response.url();
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let body = String::from_utf8_lossy(&response.bytes().unwrap()).into_owned();
        Self { status, headers, path, body }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header; "" when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Every `Set-Cookie`.
    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// Where a redirect leads; "" when it is none.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The text of the first element that matches, white space folded.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        self.texts(css).into_iter().next().unwrap_or_else(|| self.missing(css))
    }

    /// The texts of all that match.
    #[track_caller]
    pub fn texts(&self, css: &str) -> Vec<String> {
        Html::parse_document(&self.body).select(&selector(css)).map(text_of).collect()
    }

    /// What a field holds: an input's value, a textarea's text, a select's chosen value.
    #[track_caller]
    pub fn value(&self, css: &str) -> String {
        let html = Html::parse_document(&self.body);
        let found = html.select(&selector(css)).next();
        found.map_or_else(|| self.missing(css), |element| value_of(element).unwrap_or_default())
    }

    /// An attribute of the first element that matches.
    #[track_caller]
    pub fn attr(&self, css: &str, name: &str) -> String {
        self.attrs(css, name).into_iter().next().unwrap_or_else(|| self.missing(&format!("{css} with {name}")))
    }

    /// An attribute of all that match and have it.
    #[track_caller]
    pub fn attrs(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    /// Whether anything matches.
    #[track_caller]
    pub fn has(&self, css: &str) -> bool {
        Html::parse_document(&self.body).select(&selector(css)).next().is_some()
    }

    /// How many match.
    #[track_caller]
    pub fn count(&self, css: &str) -> usize {
        Html::parse_document(&self.body).select(&selector(css)).count()
    }

    /// Whether a reader sees these words anywhere on the page.
    pub fn says(&self, words: &str) -> bool {
        let body = self.texts("body").concat();
        body.contains(words)
    }

    /// Labels of the buttons that can be pressed.
    pub fn buttons(&self) -> Vec<String> {
        self.texts("button:not([disabled])")
    }

    /// Where the first link with this text leads.
    #[track_caller]
    pub fn link(&self, label: &str) -> String {
        let html = Html::parse_document(&self.body);
        let found = html.select(&selector("a[href]")).find(|link| text_of(*link) == label);
        found.and_then(|link| link.attr("href")).map(str::to_owned).unwrap_or_else(|| self.missing(&format!("link “{label}”")))
    }

    /// Whether there is a link with this text.
    pub fn has_link(&self, label: &str) -> bool {
        self.texts("a[href]").iter().any(|text| text == label)
    }

    /// The form around the first button with this label (its text or `aria-label`).
    #[track_caller]
    pub fn form_of_button(&self, label: &str) -> FormContent {
        let html = Html::parse_document(&self.body);
        let labelled = |button: &ElementRef<'_>| text_of(*button) == label || button.attr("aria-label") == Some(label);
        let button = html.select(&selector("button:not([disabled])")).find(labelled);
        let button = button.unwrap_or_else(|| self.missing(&format!("button “{label}”")));
        let by_id = button.attr("form").and_then(|id| html.select(&selector(&format!("form[id=\"{id}\"]"))).next());
        let around = || button.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form");
        let form = by_id.or_else(around).unwrap_or_else(|| self.missing(&format!("form around “{label}”")));
        form_content(form, button)
    }

    #[track_caller]
    fn missing<T>(&self, what: &str) -> T {
        panic!("{what} is not on {} ({}):\n{}", self.path, self.status, self.body)
    }
}

#[track_caller]
fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn value_of(element: ElementRef<'_>) -> Option<String> {
    match element.value().name() {
        // The line end right after the tag is not part of the value; the parser has dropped it.
        "textarea" => Some(element.text().collect()),
        "select" => {
            let options = selector("option");
            let chosen = element.select(&options).find(|option| option.attr("selected").is_some()).or_else(|| element.select(&options).next());
            chosen.map(|option| option.attr("value").map_or_else(|| text_of(option), str::to_owned))
        }
        "input" => match element.attr("type").unwrap_or("text") {
            "checkbox" | "radio" => element.attr("checked").map(|_| element.attr("value").unwrap_or("on").to_owned()),
            _ => Some(element.attr("value").unwrap_or("").to_owned()),
        },
        _ => element.attr("value").map(str::to_owned),
    }
}

fn form_content(form: ElementRef<'_>, button: ElementRef<'_>) -> FormContent {
    let mut fields = Vec::new();
    let kinds_left_out = HashSet::from(["submit", "button", "reset", "file", "image"]);
    for field in form.select(&selector("input[name], textarea[name], select[name]")) {
        let left_out = field.attr("disabled").is_some() || field.attr("type").is_some_and(|kind| kinds_left_out.contains(kind));
        if let (false, Some(value), Some(name)) = (left_out, value_of(field), field.attr("name")) {
            fields.push((name.to_owned(), value));
        }
    }
    if let Some(name) = button.attr("name") {
        fields.push((name.to_owned(), button.attr("value").unwrap_or("").to_owned()));
    }
    let attribute = |name: &str| button.attr(&format!("form{name}")).or_else(|| form.attr(name)).unwrap_or("");
    FormContent { action: attribute("action").to_owned(), post: attribute("method").eq_ignore_ascii_case("post"), fields }
}
