//! Any text becomes HTML that runs nothing and whose ids are its own; any file becomes as many lines of HTML as it has.
#![no_main]

use galleria::{highlight, markdown};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let html = markdown::render_with("own-", text).to_lowercase();
    for tag in html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()) {
        assert!(!["script", "style", "iframe", "object", "embed", "form", "base", "meta", "svg"].iter().any(|name| tag.starts_with(name)), "{tag}");
        assert!(!tag.contains(" id=\"") || tag.contains(" id=\"own-"), "{tag}");
        let handler = tag.split(' ').any(|word| word.starts_with("on") && word.split_once('=').is_some_and(|(name, _)| name.chars().all(char::is_alphanumeric)));
        assert!(!handler || tag.contains("title=\"") || tag.contains("alt=\""), "{tag}");
        assert!(!tag.contains("href=\"javascript:") && !tag.contains("src=\"data:text"), "{tag}");
    }
    let (path, body) = text.split_once('\n').unwrap_or(("train.py", text));
    assert_eq!(highlight::lines(path, body).len(), body.lines().count());
});
