use super::facets::Facet;
use super::query::Filter;
use super::words::{self, Chunk};

/// Something that must occur: a word, several in a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Piece {
    /// As it was typed, in lower case and without quotes.
    pub(super) text: String,
    /// What stands in a row, each with its place.
    pub(super) row: Vec<(usize, String)>,
    /// The same written together.
    pub(super) joined: Option<String>,
    /// It may be the beginning of a longer word.
    pub(super) open: bool,
    /// It is meant exactly so.
    pub(super) quoted: bool,
}

impl Piece {
    /// The one word that it is, if it is one: the only one, or several written together.
    pub(super) fn word(&self) -> Option<&str> {
        match (self.row.as_slice(), &self.joined) {
            ([(_, word)], _) => Some(word),
            (_, joined) => joined.as_deref(),
        }
    }

    /// How many letters of it may be wrong: one of 4 to 7, two of more.
    pub(super) fn mistakes(&self) -> u8 {
        let letters = self.word().filter(|_| !self.quoted).map_or(0, |word| word.chars().count());
        match letters {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        }
    }
}

/// What a text asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) pieces: Vec<Piece>,
    /// All the words as an exact name is compared, those that are said twice or are too many, too.
    pub(super) name: String,
    pub(super) filters: Vec<Filter>,
}

/// Pieces of a search that are looked at.
const PIECES: usize = 10;

/// Words, "words in a row", and `task:words` or `task:"words in a row"`.
pub(super) fn read(text: &str) -> Asked {
    let mut asked = Asked::default();
    let mut rest = text.trim_start();
    let mut values = Vec::new();
    while !rest.is_empty() {
        let (qualifier, after) = qualifier(rest);
        let (value, quoted, next) = value(after);
        if qualifier.is_none() {
            values.push(value);
        }
        match qualifier {
            Some(facet) => asked.filters.extend(Filter::read(facet, value)),
            None if asked.pieces.len() >= PIECES => {}
            None if quoted => asked.add(row(words::chunks(value), value)),
            None => words::chunks(value).into_iter().for_each(|chunk| asked.add(plain(chunk))),
        }
        // Only what ends the text is still being typed.
        if let Some(last) = asked.pieces.last_mut() {
            last.open = next.is_empty() && qualifier.is_none() && !last.quoted;
        }
        rest = next.strip_prefix(char::is_whitespace).map_or(next, str::trim_start);
        if rest.is_empty() && !next.is_empty() {
            asked.pieces.iter_mut().for_each(|piece| piece.open = false);
        }
    }
    asked.close();
    asked.name = words::squashed(&values.join(" "));
    asked
}

impl Asked {
    fn add(&mut self, piece: Piece) {
        if !piece.row.is_empty() {
            self.pieces.push(piece);
        }
    }

    /// Each piece once; only the last one is open.
    fn close(&mut self) {
        let last = self.pieces.len().saturating_sub(1);
        self.pieces.iter_mut().take(last).for_each(|piece| piece.open = false);
        let mut seen: Vec<Piece> = Vec::new();
        for piece in self.pieces.drain(..) {
            match seen.iter_mut().find(|other| other.row == piece.row) {
                Some(other) => other.quoted |= piece.quoted,
                None => seen.push(piece),
            }
        }
        seen.truncate(PIECES);
        self.pieces = seen;
    }
}

/// A facet named at the beginning, and what follows.
fn qualifier(text: &str) -> (Option<Facet>, &str) {
    let names = [
        ("publisher:", Facet::Publisher),
        ("task:", Facet::Task),
        ("framework:", Facet::Framework),
        ("license:", Facet::License),
        ("licence:", Facet::License),
    ];
    let named = names.into_iter().find(|(name, _)| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
    // With nothing behind it, it is a word.
    let named = named.filter(|(name, _)| text[name.len()..].starts_with(|letter: char| !letter.is_whitespace()));
    named.map_or((None, text), |(name, facet)| (Some(facet), &text[name.len()..]))
}

/// The first value of a text, whether it is quoted, and the rest.
fn value(text: &str) -> (&str, bool, &str) {
    match text.strip_prefix(['"', '“', '”']) {
        Some(inner) => {
            let (value, rest) = inner.split_once(['"', '“', '”']).unwrap_or((inner, ""));
            (value, true, rest)
        }
        None => {
            let end = text.find(|letter: char| letter.is_whitespace() || letter == '"').unwrap_or(text.len());
            let (value, rest) = text.split_at(end);
            (value, false, rest)
        }
    }
}

fn plain(chunk: Chunk) -> Piece {
    let joined = chunk.joined.clone();
    Piece { joined, quoted: false, ..row(vec![chunk], "") }
}

fn row(chunks: Vec<Chunk>, text: &str) -> Piece {
    let mut row = Vec::new();
    let mut place = 0;
    let mut spoken: Vec<String> = Vec::new();
    for chunk in &chunks {
        for part in &chunk.parts {
            row.extend(part.terms().into_iter().map(|(at, term)| (place + at, term)));
            place += part.places();
        }
        let parts: Vec<&str> = chunk.parts.iter().map(|part| part.marked.as_deref().unwrap_or(&part.term)).collect();
        spoken.push(parts.join("-"));
    }
    let text = if text.is_empty() { spoken.join(" ") } else { text.to_lowercase() };
    Piece { text, row, joined: None, open: false, quoted: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(String, bool, bool)> {
        read(text).pieces.into_iter().map(|piece| (piece.text, piece.open, piece.quoted)).collect()
    }

    #[test]
    fn the_last_word_is_open_unless_something_ends_it() {
        assert_eq!(pieces("Deep  Learn"), [("deep".into(), false, false), ("learn".into(), true, false)]);
        assert_eq!(pieces("learn "), [("learn".into(), false, false)]);
        assert_eq!(pieces("learn task:x"), [("learn".into(), false, false)]);
        assert_eq!(pieces("a a"), [("a".into(), false, false)]);
        assert!(pieces(" %% ").is_empty());
    }

    #[test]
    fn what_is_quoted_stands_in_a_row() {
        assert_eq!(pieces("\"Deep  learning\" fast"), [("deep  learning".into(), false, true), ("fast".into(), true, false)]);
        assert_eq!(pieces("\"not closed"), [("not closed".into(), false, true)]);
        assert_eq!(read("\"deep learning\"").pieces[0].row, [(0, "deep".to_owned()), (1, "learning".to_owned())]);
        assert_eq!(read("机器学习").pieces[0].row, [(0, "机器".to_owned()), (1, "器学".to_owned()), (2, "学习".to_owned())]);
    }

    #[test]
    fn qualifiers_are_filters() {
        let asked = read("fast publisher:Lab task:\"Image classification\" LICENSE:mit task: x");
        assert_eq!(
            asked.filters.iter().map(|filter| (filter.facet, &*filter.key)).collect::<Vec<_>>(),
            [(Facet::Publisher, "lab"), (Facet::Task, "image-classification"), (Facet::License, "mit")]
        );
        assert_eq!(asked.pieces.iter().map(|piece| &*piece.text).collect::<Vec<_>>(), ["fast", "task", "x"]);
    }
}
