//! YAML as a tree with line numbers, its scalars read the way MLflow's own library (YAML 1.1) reads them.

mod python;
mod scalar;

use super::fault::Faults;
use super::limits;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
pub(super) use scalar::Scalar;
use std::borrow::Cow;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub line: u32,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    pub(super) fn is_null(&self) -> bool {
        self.value == Value::Scalar(Scalar::Null)
    }

    /// The pairs of a mapping.
    pub(super) fn map(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a value written as text, not as a number, a date or a truth value.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// A mapping's value; a key is compared by what it looks like in Python.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }
}

/// Reads one document. Faults of syntax end the reading, duplicate keys do not.
pub(super) fn parse(text: &str, faults: &mut Faults) -> Option<Node> {
    let mut reader = Reader { parser: Parser::new_from_str(text), faults, refused: false };
    let node = match reader.document() {
        Ok(node) => node,
        Err(Stop { line, message }) => {
            reader.faults.at(line, message);
            return None;
        }
    };
    if reader.refused { None } else { Some(node) }
}

struct Reader<'a, 'f> {
    parser: Parser<'a, StrInput<'a>>,
    faults: &'f mut Faults,
    refused: bool,
}

struct Stop {
    line: u32,
    message: String,
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self { line: line(error.marker().line()), message: format!("Is not valid YAML: {}.", error.info()) }
    }
}

fn line(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn stop<T>(at: u32, message: &str) -> Result<T, Stop> {
    Err(Stop { line: at, message: message.to_owned() })
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(event) => Ok(event?),
            None => stop(1, "Ends too early."),
        }
    }

    fn document(&mut self) -> Result<Node, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                _ if root.is_some() => return stop(line(span.start.line()), "Has more than one document (`---`)."),
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root.unwrap_or(Node { line: 1, value: Value::Scalar(Scalar::Null) }))
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stop> {
        let at = line(span.start.line());
        if depth > limits::YAML_DEPTH {
            return stop(at, &format!("Is nested more than {} levels deep.", limits::YAML_DEPTH));
        }
        let value = match event {
            Event::Scalar(text, style, _, tag) => Value::Scalar(self.scalar(&text, style, tag, at)?),
            Event::SequenceStart(_, tag) => {
                untagged(tag.as_deref(), "seq", at)?;
                Value::List(self.list(depth)?)
            }
            Event::MappingStart(_, tag) => {
                untagged(tag.as_deref(), "map", at)?;
                Value::Map(self.pairs(depth)?)
            }
            Event::Alias(_) => return stop(at, "Uses a YAML alias (`*name`); write the value out."),
            _ => return stop(at, "Is not valid YAML."),
        };
        Ok(Node { line: at, value })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<Cow<'a, Tag>>, at: u32) -> Result<Scalar, Stop> {
        if text.contains('\0') {
            return stop(at, "Has a NUL character.");
        }
        let tag = tag.as_deref();
        let is_text = tag.is_some_and(|tag| tag.suffix == "str" && tag.is_yaml_core_schema() || tag.handle.is_empty() && tag.suffix == "!");
        if tag.is_some() && !is_text {
            return stop(at, "Uses a YAML tag (`!…`), which is not read here.");
        }
        if is_text || style != ScalarStyle::Plain {
            return Ok(Scalar::Text(text.to_owned()));
        }
        scalar::resolve(text).or_else(|message| stop(at, &message))
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn pairs(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, Stop> {
        let mut pairs = Vec::new();
        let mut seen = std::collections::HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(pairs);
            }
            let key = self.node(event, span, depth + 1)?;
            let Some(name) = key.scalar().map(Scalar::to_python) else {
                return stop(key.line, "Has a list or a mapping as a key.");
            };
            if let Some(first) = seen.insert(name.clone(), key.line) {
                self.refused = true;
                self.faults.at(key.line, format!("`{name}` is written twice; first in line {first}."));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            pairs.push((key, value));
        }
    }
}

fn untagged(tag: Option<&Tag>, expected: &str, at: u32) -> Result<(), Stop> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == expected) => stop(at, "Uses a YAML tag (`!…`), which is not read here."),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Faults::of("f");
        parse(text, &mut faults);
        faults.into_vec().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_are_kept() {
        let mut faults = Faults::of("f");
        let root = parse("# top\na: 1\nb:\n  c: [x,\n   y]\n", &mut faults).unwrap();
        assert!(faults.is_empty());
        let list = root.get("b").unwrap().get("c").unwrap().list().unwrap();
        assert_eq!((list[0].line, list[1].line), (4, 5));
        assert_eq!(root.get("a").unwrap().line, 2);
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(faults("a: 1\nb: 2\na: 3\n"), ["f:3: `a` is written twice; first in line 1."]);
        assert!(faults("a: &x 1\nb: *x\n")[0].starts_with("f:2: Uses a YAML alias"));
        assert!(faults("a: !!python/object:os.system x\n")[0].starts_with("f:1: Uses a YAML tag"));
        assert!(faults("a: \"x\\0y\"\n")[0].contains("NUL"));
        assert!(faults("a: 1\n---\nb: 1\n")[0].contains("more than one document"));
        assert!(faults("a: [1\nb: 2\n")[0].contains("not valid YAML"));
        assert!(faults("? [1]\n: 2\n")[0].contains("as a key"));
        assert!(faults("a: 2020-13-45\n")[0].contains("f:1:"));
    }

    #[test]
    fn hostile_nesting_is_refused_at_once() {
        for text in
            ["[".repeat(200_000), "{".repeat(200_000), "- ".repeat(100_000), "? ".repeat(100_000), "a: {a: ".repeat(30_000), "[a, ".repeat(60_000)]
        {
            let start = std::time::Instant::now();
            assert_eq!(faults(&text).len(), 1, "{}", &text[..8]);
            assert!(start.elapsed().as_secs() < 5, "{}", &text[..8]);
        }
    }
}
