//! Markdown from publishers and members as HTML that is safe on our pages.
//!
//! Images are not shown: only their alternative text remains, so that no page fetches from elsewhere.
//! Headings begin at `h2`, because every page has its own `h1`.

use crate::highlight;
use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// Bytes above which a text is shown as it was typed.
const MOST: usize = 512 << 10;
/// Block quotes and lists inside each other above which it is, too.
const DEEPEST: usize = 100;
/// Raw tags above which it is, too.
const TAGS: usize = 2_000;
/// Characters written as entities above which it is, too: the sanitiser takes quadratic time for them.
const ENTITIES: usize = 20_000;
const TABLE: &str = "<div class=\"table-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>";

/// Sanitised HTML whose ids all begin with `doc-`.
pub fn render(text: &str) -> String {
    render_with("doc-", text)
}

/// As [`render`], with another beginning of its ids, for a page that shows more than one text.
pub fn render_with(prefix: &str, text: &str) -> String {
    if text.len() > MOST {
        return plain(text);
    }
    let mut page = Page::default();
    let events = page.read(text);
    if page.deepest > DEEPEST || page.tags > TAGS {
        return plain(text);
    }
    let mut html = String::with_capacity(text.len() * 2);
    html::push_html(&mut html, events.into_iter());
    if memchr::memchr_iter(b'&', html.as_bytes()).count() > ENTITIES {
        return plain(text);
    }
    sanitise(prefix, page.ids, &html)
}

fn plain(text: &str) -> String {
    format!("<pre>{}</pre>", text.lines().map(highlight::escape).collect::<Vec<_>>().join("\n"))
}

/// What is known of a text while its events go by.
#[derive(Default)]
struct Page {
    ids: HashSet<String>,
    /// How often a slug was asked for again.
    repeats: HashMap<String, usize>,
    deepest: usize,
    tags: usize,
}

impl Page {
    fn read<'a>(&mut self, text: &'a str) -> Vec<Event<'a>> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES;
        let mut events: Vec<Event<'a>> = Vec::new();
        let mut depth = 0_usize;
        let mut code: Option<(String, String)> = None;
        let mut heading = None;
        for event in Parser::new_ext(text, options) {
            match &event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth = depth.saturating_sub(1),
                Event::Html(raw) | Event::InlineHtml(raw) => self.tags += raw.matches('<').count(),
                _ => {}
            }
            self.deepest = self.deepest.max(depth);
            match event {
                Event::Start(Tag::CodeBlock(kind)) => code = Some((language(&kind), String::new())),
                Event::Text(text) if code.is_some() => code.iter_mut().for_each(|(_, body)| body.push_str(&text)),
                Event::End(TagEnd::CodeBlock) => events.extend(code.take().map(|(language, body)| code_block(&language, &body))),
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some(events.len());
                    events.push(heading_start(level, None));
                }
                Event::End(TagEnd::Heading(level)) => {
                    if let Some(at) = heading.take() {
                        events[at] = heading_start(level, Some(self.fresh(&slug(&events[at..]))));
                    }
                    events.push(Event::End(TagEnd::Heading(lower(level))));
                }
                other => events.extend(self.other(other)),
            }
        }
        events
    }

    fn other<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        Some(match event {
            Event::Start(Tag::Image { .. }) => Event::Html("<em>".into()),
            Event::End(TagEnd::Image) => Event::Html("</em>".into()),
            Event::TaskListMarker(done) => Event::Text(if done { "☑ " } else { "☐ " }.into()),
            Event::FootnoteReference(name) => Event::FootnoteReference(footnote(&name)),
            Event::Start(Tag::FootnoteDefinition(name)) => {
                let name = footnote(&name);
                self.ids.insert(name.to_string());
                Event::Start(Tag::FootnoteDefinition(name))
            }
            Event::Html(raw) => Event::Html(lowered_html(&raw).into()),
            Event::InlineHtml(raw) => Event::InlineHtml(lowered_html(&raw).into()),
            other => other,
        })
    }

    /// An id no earlier heading has.
    fn fresh(&mut self, slug: &str) -> String {
        let slug = if slug.is_empty() { "section" } else { slug };
        if self.ids.insert(slug.to_owned()) {
            return slug.to_owned();
        }
        // Counting on from the last one keeps a thousand equal headings from taking a million tries.
        let last = self.repeats.entry(slug.to_owned()).or_default();
        loop {
            *last += 1;
            let id = format!("{slug}-{last}");
            if self.ids.insert(id.clone()) {
                return id;
            }
        }
    }
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default().to_owned(),
        CodeBlockKind::Indented => String::new(),
    }
}

fn code_block<'a>(language: &str, body: &str) -> Event<'a> {
    Event::Html(format!("<pre><code>{}</code></pre>\n", highlight::block(language, body)).into())
}

fn heading_start<'a>(level: HeadingLevel, id: Option<String>) -> Event<'a> {
    Event::Start(Tag::Heading { level: lower(level), id: id.map(CowStr::from), classes: Vec::new(), attrs: Vec::new() })
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// Raw `h1` to `h5` one level lower, like the others.
fn lowered_html(raw: &str) -> String {
    let mut html = raw.to_owned();
    for level in (1..=5).rev() {
        for (open, close) in [("<h", "</h"), ("<H", "</H")] {
            html = html.replace(&format!("{open}{level}"), &format!("<h{}", level + 1));
            html = html.replace(&format!("{close}{level}"), &format!("</h{}", level + 1));
        }
    }
    html
}

fn footnote(name: &str) -> CowStr<'static> {
    format!("fn-{}", slug_of(name)).into()
}

/// A heading's text as an id: letters, digits and dashes.
fn slug(events: &[Event<'_>]) -> String {
    let text: String = events
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            Event::SoftBreak | Event::HardBreak => Some(" "),
            _ => None,
        })
        .collect();
    slug_of(&text)
}

fn slug_of(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).take(80);
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect::<String>().trim_matches('-').to_owned()
}

const ELEMENTS: [&str; 47] = [
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "tt", "u", "ul", "var",
];
/// Elements that go with all that is in them.
const SWALLOWED: [&str; 12] =
    ["script", "style", "template", "noscript", "title", "textarea", "select", "svg", "math", "iframe", "object", "noembed"];

/// What may stand on which element; classes are listed apart.
fn attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    let lists: [(&str, &[&str]); 12] = [
        ("a", &["href", "title"]),
        ("abbr", &["title"]),
        ("details", &["open"]),
        ("div", &["id"]),
        ("h2", &["id"]),
        ("h3", &["id"]),
        ("h4", &["id"]),
        ("h5", &["id"]),
        ("h6", &["id"]),
        ("ol", &["start"]),
        ("td", &["colspan", "rowspan"]),
        ("th", &["colspan", "rowspan"]),
    ];
    lists.into_iter().map(|(element, names)| (element, names.iter().copied().collect())).collect()
}

fn classes() -> HashMap<&'static str, HashSet<&'static str>> {
    HashMap::from([
        ("div", HashSet::from(["footnote-definition"])),
        ("sup", HashSet::from(["footnote-reference", "footnote-definition-label"])),
        ("span", highlight::classes().collect()),
    ])
}

/// `ids` are those our own headings and footnotes have.
fn sanitise(prefix: &str, ids: HashSet<String>, html: &str) -> String {
    let unused = Mutex::new(ids);
    let owned_prefix = prefix.to_owned();
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.into())
        .clean_content_tags(SWALLOWED.into())
        .tag_attributes(attributes())
        .allowed_classes(classes())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("nofollow noopener ugc"))
        .attribute_filter(move |_, name, value| attribute(name, value, &owned_prefix, &unused).map(Cow::Owned));
    let clean = builder.clean(html).to_string();
    // What scrolls must be reachable by keyboard. Added last: no text can bring these attributes itself.
    clean.replace("<pre>", "<pre tabindex=\"0\">").replace("<table>", TABLE).replace("</table>", "</table></div>")
}

/// The value an attribute keeps, if any. No value keeps an angle bracket: the replacements at the end must meet tags only.
fn attribute(name: &str, value: &str, prefix: &str, unused: &Mutex<HashSet<String>>) -> Option<String> {
    let value = value.replace('<', "%3C").replace('>', "%3E");
    match name {
        // An id is ours once; what raw HTML made up, or says again, goes.
        "id" => unused.lock().is_ok_and(|mut unused| unused.remove(&value)).then(|| format!("{prefix}{value}")),
        "href" => Some(value.strip_prefix('#').map_or(value.clone(), |fragment| format!("#{prefix}{fragment}"))),
        "start" | "colspan" | "rowspan" => value.parse::<u16>().ok().map(|number| number.to_string()),
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests;
