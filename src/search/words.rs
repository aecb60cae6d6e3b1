use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use tantivy::tokenizer::{AsciiFoldingFilter, PreTokenizedString, RawTokenizer, TextAnalyzer, Token};

/// Letters and digits that belong together: "k-means" with its two parts, "c++", a row of Chinese characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) parts: Vec<Part>,
    /// The parts written together, when there are several: "kmeans".
    pub(super) joined: Option<String>,
}

/// A word as it is looked up: in lower case, without accents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) term: String,
    /// With what directly follows it: "c++", "c#".
    pub(super) marked: Option<String>,
    /// Bytes of the text, to the end of what belongs to it.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Written without spaces between words, so that every two characters are a word.
    pub(super) dense: bool,
}

/// Longer words are cut: nobody types them, and the index takes 65,530 bytes at most. Not where words have no spaces between them.
const LONGEST: usize = 60;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Dense,
    Accent,
    Voicing,
    Joiner,
    Sign,
    Other,
}

fn kind(letter: char) -> Kind {
    match letter {
        '\u{300}'..='\u{36f}' => Kind::Accent,
        // Written apart from their character, as a Mac writes the names of files: が as か and this.
        '\u{3099}' | '\u{309a}' => Kind::Voicing,
        '\u{1100}'..='\u{11ff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}'
            if letter.is_alphabetic() =>
        {
            Kind::Dense
        }
        // The last two join or part letters of Persian and Indic scripts, unseen; many leave them out.
        '-' | '_' | '.' | '\'' | '’' | '‐' | '‑' | '\u{200c}' | '\u{200d}' => Kind::Joiner,
        '+' | '#' => Kind::Sign,
        _ if letter.is_alphanumeric() => Kind::Letter,
        // What stands above or below letters without being one, as the virama of Hindi and the tones of Thai.
        _ if GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(letter)) => Kind::Accent,
        _ => Kind::Other,
    }
}

/// What can be looked up in a text.
pub(super) fn chunks(text: &str) -> Vec<Chunk> {
    let letters: Vec<(usize, char, Kind)> = text.char_indices().map(|(at, letter)| (at, letter, kind(letter))).collect();
    let runs = letters.split(|(_, _, kind)| *kind == Kind::Other);
    runs.map(chunk).filter(|chunk| !chunk.parts.is_empty()).collect()
}

fn chunk(run: &[(usize, char, Kind)]) -> Chunk {
    let mut parts: Vec<Part> = Vec::new();
    let mut last = Kind::Other;
    for (at, letter, kind) in run {
        let to = at + letter.len_utf8();
        match kind {
            Kind::Letter | Kind::Dense => match parts.last_mut().filter(|_| last == *kind) {
                Some(part) => {
                    part.term.push(*letter);
                    part.to = to;
                }
                None => parts.push(Part { term: letter.to_string(), marked: None, from: *at, to, dense: *kind == Kind::Dense }),
            },
            Kind::Accent => continue,
            Kind::Voicing => {
                if let Some(part) = parts.last_mut().filter(|_| last == Kind::Dense) {
                    part.term.push(*letter);
                    part.to = to;
                }
                continue;
            }
            Kind::Sign if matches!(last, Kind::Letter | Kind::Sign) => {
                if let Some(part) = parts.last_mut() {
                    part.marked.get_or_insert_with(|| part.term.clone()).push(*letter);
                    part.to = to;
                }
            }
            _ => {}
        }
        last = *kind;
    }
    for part in &mut parts {
        part.term = if part.dense { fold(&part.term) } else { cut(fold(&part.term)) };
        part.marked = part.marked.take().map(|marked| cut(fold(&marked)));
    }
    parts.retain(|part| !part.term.is_empty());
    let joined = (parts.len() > 1 && parts.iter().all(|part| !part.dense && part.marked.is_none()))
        .then(|| cut(parts.iter().map(|part| &*part.term).collect()));
    Chunk { parts, joined }
}

/// In lower case, without accents.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    // One way of writing it of several: wide Latin and narrow Japanese letters, characters put together of parts.
    let lower = ComposingNormalizerBorrowed::new_nfkc().normalize(word).to_lowercase();
    let mut folding = TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build();
    let mut tokens = folding.token_stream(&lower);
    tokens.advance();
    // The small letter of İ is two.
    tokens.token().text.to_lowercase().replace('\u{307}', "")
}

fn cut(mut word: String) -> String {
    if word.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| word.is_char_boundary(*end)).unwrap_or(0);
        word.truncate(end);
    }
    word
}

impl Part {
    /// What it is looked up by, each with its place from the part's own: one term, or every two characters.
    pub(super) fn terms(&self) -> Vec<(usize, String)> {
        let letters: Vec<char> = self.term.chars().collect();
        match (self.dense && letters.len() > 1, &self.marked) {
            (true, _) => letters.windows(2).map(|two| two.iter().collect()).enumerate().collect(),
            (false, Some(marked)) => vec![(0, marked.clone())],
            (false, None) => vec![(0, self.term.clone())],
        }
    }

    /// How many places it takes in a row of words.
    pub(super) fn places(&self) -> usize {
        if self.dense { self.term.chars().count() } else { 1 }
    }
}

/// A text cut into all that finds it.
pub(super) fn tokens(text: &str) -> PreTokenizedString {
    let mut tokens = Vec::new();
    let mut place = 0;
    for chunk in chunks(text) {
        if let Some((joined, first)) = chunk.joined.as_ref().zip(chunk.parts.first()) {
            tokens.push(token(place, joined, first));
        }
        for part in &chunk.parts {
            part.terms().iter().for_each(|(at, term)| tokens.push(token(place + at, term, part)));
            if part.dense && part.places() > 1 {
                part.term.chars().enumerate().for_each(|(at, letter)| tokens.push(token(place + at, &letter.to_string(), part)));
            }
            if part.marked.is_some() {
                tokens.push(token(place, &part.term, part));
            }
            place += part.places();
        }
    }
    // What stands at one place may come in any order, but one place after the other.
    tokens.sort_by_key(|token| token.position);
    PreTokenizedString { text: String::new(), tokens }
}

fn token(position: usize, term: &str, part: &Part) -> Token {
    Token { offset_from: part.from, offset_to: part.to, position, text: term.to_owned(), position_length: 1 }
}

/// Beginnings of one and two letters of every word, each once: too many words begin with them to be gathered while somebody waits.
pub(super) fn beginnings<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let words = texts.flat_map(chunks).flat_map(|chunk| {
        let joined = chunk.joined;
        let parts = chunk.parts.into_iter().filter(|part| !part.dense);
        parts.flat_map(|part| part.marked.into_iter().chain([part.term])).chain(joined)
    });
    let mut all: Vec<String> = words.flat_map(|word| [1, 2].map(|count| word.chars().take(count).collect::<String>())).collect();
    all.sort();
    all.dedup();
    all
}

/// A name as it is compared when it is to be exact: nothing but its letters and digits. Empty if it has none.
pub(super) fn squashed(text: &str) -> String {
    let chunks = chunks(text);
    let parts = chunks.iter().flat_map(|chunk| &chunk.parts);
    cut(parts.map(|part| part.marked.as_deref().unwrap_or(&part.term)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        tokens(text).tokens.into_iter().map(|token| format!("{}:{}", token.position, token.text)).collect()
    }

    #[test]
    fn words_are_in_lower_case_and_without_accents() {
        assert_eq!(terms("Größe of a Café, cafe\u{301}!"), ["0:grosse", "1:of", "2:a", "3:cafe", "4:cafe"]);
        assert_eq!(terms("100 % sure"), ["0:100", "1:sure"]);
        assert_eq!(terms("İstanbul ISTANBUL ＧＰＴ"), ["0:istanbul", "1:istanbul", "2:gpt"]);
        assert!(terms(" -- % ... ").is_empty());
    }

    #[test]
    fn what_is_joined_is_found_in_parts_and_together() {
        assert_eq!(terms("k-means fits"), ["0:kmeans", "0:k", "1:means", "2:fits"]);
        assert_eq!(terms("XGBoost2 in C++/C#"), ["0:xgboost2", "1:in", "2:c++", "2:c", "3:c#", "3:c"]);
    }

    #[test]
    fn words_stay_whole_in_scripts_whose_letters_have_marks_and_joiners() {
        assert_eq!(terms("हिन्दी मॉडल").len(), 2, "{:?}", terms("हिन्दी मॉडल"));
        assert_eq!(terms("น้ำ").len(), 1, "{:?}", terms("น้ำ"));
        assert_eq!(terms("می\u{200c}خواهم"), ["0:میخواهم", "0:می", "1:خواهم"], "with its joiner or without");
    }

    #[test]
    fn characters_put_together_of_parts_are_those_written_in_one() {
        for (parts, one) in [("か\u{3099}くしゅう", "がくしゅう"), ("\u{1112}\u{1161}\u{11ab}글", "한글"), ("ｶﾞｸ", "ガク")] {
            assert_eq!(terms(parts), terms(one));
        }
    }

    #[test]
    fn characters_without_spaces_are_found_in_pairs_and_alone() {
        assert_eq!(terms("机器学 ml"), ["0:机器", "0:机", "1:器学", "1:器", "2:学", "3:ml"]);
        assert_eq!(terms("图像iris"), ["0:图像", "0:图", "1:像", "2:iris"]);
    }

    #[test]
    fn words_begin_with_one_and_two_of_their_letters_and_signs() {
        assert_eq!(beginnings(["C++ k-means", "机器"].into_iter()), ["c", "c+", "k", "km", "m", "me"]);
    }

    #[test]
    fn names_are_compared_by_letters_and_digits() {
        assert_eq!((squashed("K-Means_clustering"), squashed("k means Clustering")), ("kmeansclustering".into(), "kmeansclustering".into()));
    }
}
