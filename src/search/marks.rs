use std::cmp::Reverse;

use super::query::Query;
use super::terms::Piece;
use super::words::{self, Chunk, Part};

/// A stretch of a text, which was looked for or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// The text itself.
    pub text: &'a str,
    /// It was looked for.
    pub hit: bool,
}

/// The whole text in stretches; with `forgiving`, words like those of the query are hits too.
pub(super) fn stretches<'a>(query: &Query, text: &'a str, forgiving: bool) -> Vec<Stretch<'a>> {
    let mut hits: Vec<(usize, usize)> = Vec::new();
    if query.has_words() {
        words::chunks(text).iter().for_each(|chunk| query.pieces.iter().for_each(|piece| add(piece, chunk, text, forgiving, &mut hits)));
    }
    // Of those that begin together the longest.
    hits.sort_unstable_by_key(|(from, to)| (*from, Reverse(*to)));
    let mut all = Vec::new();
    let mut at = 0;
    for (from, to) in hits {
        if to > at {
            let from = from.max(at);
            all.extend([(at, from, false), (from, to, true)]);
            at = to;
        }
    }
    all.push((at, text.len(), false));
    let stretches = all.into_iter().filter_map(|(from, to, hit)| Some(Stretch { text: text.get(from..to).filter(|text| !text.is_empty())?, hit }));
    stretches.collect()
}

fn add(piece: &Piece, chunk: &Chunk, text: &str, forgiving: bool, hits: &mut Vec<(usize, usize)>) {
    let together = chunk.joined.as_ref().zip(piece.word()).is_some_and(|(joined, word)| is_hit(piece, joined, word, forgiving));
    if let (true, Some(first), Some(last)) = (together, chunk.parts.first(), chunk.parts.last()) {
        hits.push((first.from, last.to));
    }
    // Of several in a row each is meant as it is: only together may they be a beginning, or mistyped.
    let alone = piece.row.len() == 1;
    let hit = |own: &String, word: &String| if alone { is_hit(piece, own, word, forgiving) } else { own == word };
    for part in &chunk.parts {
        for (_, word) in &piece.row {
            match part.dense {
                true => hits.extend(dense(part, text, word)),
                false if [Some(&part.term), part.marked.as_ref()].into_iter().flatten().any(|own| hit(own, word)) => hits.push((part.from, part.to)),
                false => {}
            }
        }
    }
}

/// Where one or two characters occur among those that are written without spaces.
fn dense(part: &Part, text: &str, word: &str) -> Vec<(usize, usize)> {
    let own = text.get(part.from..part.to).unwrap_or_default();
    own.match_indices(word).map(|(at, found)| (part.from + at, part.from + at + found.len())).collect()
}

fn is_hit(piece: &Piece, own: &str, word: &str, forgiving: bool) -> bool {
    let most = usize::from(piece.mistakes());
    own == word || (piece.open && own.starts_with(word)) || (forgiving && most > 0 && is_near(word, own, piece.open, most))
}

/// Whether one word can be made of the other, or of its beginning when it is `open`, with so few mistakes; most pairs are told apart
/// by their letters alone.
pub(super) fn is_near(word: &str, other: &str, open: bool, most: usize) -> bool {
    // Every letter that the other one does not have is a mistake.
    let letters = |word: &str| word.chars().fold(0_u64, |letters, letter| letters | 1 << (u32::from(letter) % 64));
    let missing = (letters(word) & !letters(other)).count_ones() as usize;
    missing <= most && distance(word, other, open) <= most
}

/// How many letters must be put in, taken out, changed or swapped to make one word of the other; with `open`, the beginning of the
/// other.
pub(super) fn distance(word: &str, other: &str, open: bool) -> usize {
    let (beginning, whole) = distances(word, other);
    if open { beginning } else { whole }
}

/// The least of what it takes to make a word the beginning of another one, and to make it that one.
pub(super) fn distances(word: &str, other: &str) -> (usize, usize) {
    let (word, other): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    // Of a letter, and of the two before it.
    let (mut before, mut last, mut row): (Vec<usize>, Vec<usize>, Vec<usize>) = (Vec::new(), (0..=other.len()).collect(), Vec::new());
    for (i, letter) in word.iter().enumerate() {
        row.clear();
        row.push(i + 1);
        for (j, theirs) in other.iter().enumerate() {
            let mut best = (last[j] + usize::from(letter != theirs)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && word[i - 1] == *theirs {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        (before, last, row) = (last, row, before);
    }
    (last.iter().min().copied().unwrap_or(0), last[other.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, text: &str) -> String {
        let query = Query::default().with_text(query);
        stretches(&query, text, true)
            .into_iter()
            .map(|stretch| if stretch.hit { format!("[{}]", stretch.text) } else { stretch.text.to_owned() })
            .collect()
    }

    #[test]
    fn what_was_looked_for_is_marked() {
        assert_eq!(marked("gradient boo", "Gradient Boosting, boosted"), "[Gradient] [Boosting], [boosted]");
        assert_eq!(marked("kmeans", "Fast k-means"), "Fast [k-means]");
        assert_eq!(marked("k-means", "Fast k-means of a kind"), "Fast [k-means] of a kind");
        assert_eq!(marked("می\u{200c}خواهم", "مدل می\u{200c}خواهم"), "مدل [می\u{200c}خواهم]");
        assert_eq!(marked("cafe", "Ein Café."), "Ein [Café].");
        assert_eq!(marked("学习", "机器学习和深度学习"), "机器[学习]和深度[学习]");
        assert_eq!(marked("gradeint", "Gradient Boosting"), "[Gradient] Boosting");
        assert_eq!(marked("", "Gradient"), "Gradient");
        assert_eq!(marked("b", "<b>a</b>"), "<[b]>a</[b]>");
    }

    #[test]
    fn distances_count_a_swap_as_one() {
        assert!(is_near("gradeint", "gradient", false, 1) && is_near("grda", "gradient", true, 1) && is_near("boosting", "boostin", false, 1));
        assert!(!is_near("gradeint", "boosting", false, 2) && !is_near("kitten", "sitting", false, 2));
        assert_eq!([distance("gradeint", "gradient", false), distance("kitten", "sitting", false), distance("grda", "gradient", true)], [1, 3, 1]);
    }
}
