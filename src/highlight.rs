//! Source code as HTML with classes. Colours are in `static/highlight.css`.

use std::str::FromStr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use syntect::easy::ScopeRegionIterator;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Bytes of a text above which it stays plain.
const MOST: usize = 512 << 10;
/// Characters of a line above which it stays plain.
const LONGEST: usize = 2_000;
/// A hostile text may make the grammar slow: after this long the rest stays plain.
const PATIENCE: Duration = Duration::from_secs(3);
/// Lines that are coloured however long it takes: a busy machine must not turn a short file grey.
const PATIENT_LINES: usize = 200;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// What a scope looks like; the first that fits wins, so the special come before the general.
static CLASSES: LazyLock<Vec<(Scope, Option<&'static str>)>> = LazyLock::new(|| {
    let known = [
        ("comment", "hl-comment"),
        ("punctuation.definition.comment", "hl-comment"),
        ("constant.character.escape", "hl-escape"),
        ("constant.numeric", "hl-number"),
        ("constant", "hl-constant"),
        ("markup.underline.link", "hl-link"),
        ("meta.interpolation", ""),
        ("string", "hl-string"),
        ("punctuation.definition.string", "hl-string"),
        ("keyword.operator.word", "hl-keyword"),
        ("keyword.operator.logical", "hl-keyword"),
        ("keyword.operator", "hl-operator"),
        ("keyword", "hl-keyword"),
        ("storage", "hl-keyword"),
        ("entity.name.tag", "hl-tag"),
        ("entity.name.class", "hl-type"),
        ("entity.name.type", "hl-type"),
        ("entity.name.struct", "hl-type"),
        ("entity.other.attribute-name", "hl-attribute"),
        ("entity.name", "hl-function"),
        ("entity.other.inherited-class", "hl-type"),
        ("support.type", "hl-type"),
        ("support.class", "hl-type"),
        ("support", "hl-function"),
        ("variable.function", "hl-function"),
        ("variable.annotation", "hl-attribute"),
        ("variable.language", "hl-constant"),
        ("variable.parameter", "hl-parameter"),
        ("markup.heading", "hl-heading"),
        ("markup.bold", "hl-strong"),
        ("markup.italic", "hl-emphasis"),
        ("markup.raw", "hl-string"),
        ("markup.inserted", "hl-inserted"),
        ("markup.deleted", "hl-deleted"),
        ("invalid", "hl-invalid"),
    ];
    let class = |name: &'static str| (!name.is_empty()).then_some(name);
    known.into_iter().filter_map(|(scope, name)| Some((Scope::from_str(scope).ok()?, class(name)))).collect()
});

/// Each line of a file as HTML that is whole in itself, without its line break; the grammar goes by the file's name.
pub fn lines(path: &str, text: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or(name, |(_, ending)| ending);
    let ending = if name.eq_ignore_ascii_case("MLproject") || name.ends_with(".lock") { "yaml" } else { ending };
    let by_name = SYNTAXES.find_syntax_by_extension(name).or_else(|| SYNTAXES.find_syntax_by_extension(ending));
    paint(by_name.or_else(|| SYNTAXES.find_syntax_by_first_line(text.lines().next().unwrap_or_default())), text)
}

/// A code block of Markdown as HTML; `language` is what stands behind the fence.
pub(crate) fn block(language: &str, text: &str) -> String {
    let syntax = if language.is_empty() { None } else { SYNTAXES.find_syntax_by_token(language) };
    paint(syntax, text).join("\n")
}

/// Every class the output may have.
pub(crate) fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().filter_map(|(_, class)| *class)
}

/// `text` with what means something to HTML written as entities.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    push_escaped(&mut out, text);
    out
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No browser shows these, and HTML forbids them.
            c if c.is_control() && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

fn paint(syntax: Option<&SyntaxReference>, text: &str) -> Vec<String> {
    let plain = SYNTAXES.find_syntax_plain_text();
    match syntax.filter(|syntax| text.len() <= MOST && syntax.name != plain.name) {
        Some(syntax) => Painter::new(syntax).paint(text),
        None => text.lines().map(escape).collect(),
    }
}

struct Painter {
    state: ParseState,
    scopes: ScopeStack,
    started: Instant,
    lines: usize,
    given_up: bool,
}

impl Painter {
    fn new(syntax: &SyntaxReference) -> Self {
        Self { state: ParseState::new(syntax), scopes: ScopeStack::new(), started: Instant::now(), lines: 0, given_up: false }
    }

    fn paint(mut self, text: &str) -> Vec<String> {
        text.lines().map(|line| self.line(line).unwrap_or_else(|| escape(line))).collect()
    }

    /// `None` for a line that stays plain.
    fn line(&mut self, line: &str) -> Option<String> {
        self.lines += 1;
        self.given_up = self.given_up || self.lines > PATIENT_LINES && self.started.elapsed() > PATIENCE;
        if self.given_up || line.len() > LONGEST && line.chars().count() > LONGEST {
            return None;
        }
        let line = format!("{line}\n");
        let Ok(operations) = self.state.parse_line(&line, &SYNTAXES) else {
            self.given_up = true;
            return None;
        };
        let mut runs = Runs::default();
        for (part, operation) in ScopeRegionIterator::new(&operations, &line) {
            self.given_up = self.given_up || self.scopes.apply(operation).is_err();
            runs.push(class(&self.scopes), part.trim_end_matches('\n'));
        }
        Some(runs.finish())
    }
}

/// The class of the innermost scope that has one.
fn class(scopes: &ScopeStack) -> Option<&'static str> {
    let known = |scope: &Scope| CLASSES.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class);
    scopes.as_slice().iter().rev().find_map(known).flatten()
}

/// Joins neighbours of one class, so that every span opens and closes on its line.
#[derive(Default)]
struct Runs {
    html: String,
    open: Option<&'static str>,
}

impl Runs {
    fn push(&mut self, class: Option<&'static str>, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.open != class {
            self.close();
            if let Some(class) = class {
                self.html.push_str(&format!("<span class=\"{class}\">"));
            }
            self.open = class;
        }
        push_escaped(&mut self.html, text);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.html.push_str("</span>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_has_classes_line_by_line() {
        let got = lines("a/train.py", "def f(x):\n    \"\"\"one\n    two <b>\n    \"\"\"\n    return 1  # c\n");
        assert_eq!(got.len(), 5);
        assert!(got[0].contains("<span class=\"hl-keyword\">def</span>"), "{}", got[0]);
        assert!(got[0].contains("<span class=\"hl-function\">f</span>"), "{}", got[0]);
        assert!(got[2].contains("two &lt;b&gt;</span>"), "{}", got[2]);
        assert!(got[4].contains("<span class=\"hl-number\">1</span>"), "{}", got[4]);
        for line in &got {
            assert_eq!(line.matches("<span").count(), line.matches("</span>").count(), "{line}");
            assert!(!line.contains("style="));
        }
    }

    #[test]
    fn text_survives_as_it_was() {
        let source = include_str!("highlight.rs");
        let strip = |html: &str| {
            let mut out = String::new();
            let mut rest = html;
            while let Some(at) = rest.find('<') {
                out.push_str(&rest[..at]);
                rest = rest[at..].split_once('>').unwrap().1;
            }
            out.push_str(rest);
            out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
        };
        for (line, html) in source.lines().zip(lines("x.rs", source)) {
            assert_eq!(line, strip(&html));
        }
    }

    #[test]
    fn mlproject_is_yaml_and_the_unknown_is_plain() {
        assert!(lines("MLproject", "name: x")[0].contains("hl-tag"));
        assert!(lines("conda.yaml", "a: 1")[0].contains("hl-number"));
        assert_eq!(lines("x.unknown", "<a href='x'>&"), ["&lt;a href=&#39;x&#39;&gt;&amp;"]);
        assert_eq!(lines("x.py", "a\0\u{1b}[0m\r\n").len(), 1);
        assert!(!lines("x.txt", "a\0\u{1b}").concat().contains(['\0', '\u{1b}']));
    }

    #[test]
    fn the_large_stays_plain_and_quick() {
        let started = Instant::now();
        let long = "x = '".repeat(1_000);
        assert!(!lines("x.py", &long)[0].contains("span"));
        assert!(!lines("x.py", &"x = 1\n".repeat(100_000))[0].contains("span"));
        for hostile in ["((((((((((".repeat(40_000), "a.b.c.d(\n".repeat(40_000), "'''\n".repeat(100_000), "/*<![CDATA[".repeat(30_000)] {
            for name in ["x.py", "x.md", "x.html", "x.php", "x.rb", "x.js", "x.tex"] {
                lines(name, &hostile);
            }
        }
        assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
    }

    #[test]
    fn every_class_has_a_colour() {
        let css = include_str!("../static/highlight.css");
        for (_, class) in CLASSES.iter() {
            assert!(class.is_none_or(|class| css.contains(&format!(".{class}"))), "{class:?}");
        }
    }
}
