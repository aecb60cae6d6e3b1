use std::time::Duration;

use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};

/// Lines around a change.
const CONTEXT: usize = 3;
/// Characters of a line; what comes after them is left out.
const WIDTH: usize = 1_000;
/// How long one comparison may look for the shortest answer; after that any right one will do.
const PATIENCE: Duration = Duration::from_millis(150);

/// A line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// In both.
    Same(String),
    /// Only in the earlier one.
    Removed(String),
    /// Only in the later one.
    Added(String),
}

/// Changes that stand close together, with the lines around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// `@@ -10,7 +10,8 @@`: first line and number of lines, in the earlier and the later text.
    pub place: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Two texts compared line by line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// What changed, from the top; nothing when the texts are the same.
    pub hunks: Vec<Hunk>,
    /// How many lines are new, shown or not.
    pub added: usize,
    /// How many lines are gone, shown or not.
    pub removed: usize,
    /// Not everything is in `hunks`.
    pub cut: bool,
}

/// How much a page may still show.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Lines.
    lines: usize,
    /// Bytes in them.
    bytes: usize,
}

impl Budget {
    /// For all of a page.
    pub fn page() -> Self {
        Self { lines: 3_000, bytes: 400_000 }
    }

    /// Nothing more can be shown.
    pub fn is_spent(&self) -> bool {
        self.lines == 0 || self.bytes == 0
    }

    fn take(&mut self, text: &str) -> bool {
        let enough = self.lines > 0 && self.bytes >= text.len();
        if enough {
            (self.lines, self.bytes) = (self.lines - 1, self.bytes - text.len());
        } else {
            self.lines = 0;
        }
        enough
    }
}

impl Diff {
    /// Compares two texts, as far as `budget` lasts.
    pub fn of(old: &str, new: &str, budget: &mut Budget) -> Self {
        let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
        let mut found = Self::default();
        for op in diff.ops() {
            let tags = diff.iter_changes(op).map(|change| change.tag());
            for tag in tags {
                found.added += usize::from(tag == ChangeTag::Insert);
                found.removed += usize::from(tag == ChangeTag::Delete);
            }
        }
        for group in diff.grouped_ops(CONTEXT) {
            let mut lines = Vec::new();
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let text = text(change.value(), change.tag() != ChangeTag::Equal && change.missing_newline());
                found.cut |= text.cut;
                if !budget.take(&text.shown) {
                    break;
                }
                lines.push(match change.tag() {
                    ChangeTag::Equal => Line::Same(text.shown),
                    ChangeTag::Delete => Line::Removed(text.shown),
                    ChangeTag::Insert => Line::Added(text.shown),
                });
            }
            let whole = lines.len() == group.iter().map(lines_of).sum::<usize>();
            if !lines.is_empty() {
                found.hunks.push(Hunk { place: UnifiedHunkHeader::new(&group).to_string(), lines });
            }
            if !whole {
                found.cut = true;
                break;
            }
        }
        found
    }

    /// Bytes, about.
    pub fn size(&self) -> usize {
        let line = |line: &Line| match line {
            Line::Same(text) | Line::Removed(text) | Line::Added(text) => text.len() + 40,
        };
        self.hunks.iter().flat_map(|hunk| &hunk.lines).map(line).sum()
    }

    /// Whether the texts are the same.
    pub fn is_same(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

/// How many lines a step of the comparison has on the page.
fn lines_of(op: &DiffOp) -> usize {
    match op.tag() {
        DiffTag::Equal | DiffTag::Insert => op.new_range().len(),
        DiffTag::Delete => op.old_range().len(),
        DiffTag::Replace => op.old_range().len() + op.new_range().len(),
    }
}

struct Shown {
    shown: String,
    cut: bool,
}

/// A line as it is shown: line ends that one cannot see, and that make the difference, in words.
fn text(line: &str, unfinished: bool) -> Shown {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let (line, carriage) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "\u{240d}"));
    let end = line.char_indices().nth(WIDTH).map(|(at, _)| at);
    let mut shown = line[..end.unwrap_or(line.len())].to_owned();
    shown += if end.is_some() { " …" } else { carriage };
    if unfinished {
        shown += " (no line end)";
    }
    Shown { shown, cut: end.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> String {
        (1..=count).map(|n| format!("line {n}\n")).collect()
    }

    #[test]
    fn changes_stand_with_three_lines_around_them() {
        let old = numbered(40);
        let new = old.replace("line 5\n", "line five\n").replace("line 30\n", "");
        let diff = Diff::of(&old, &new, &mut Budget::page());
        let places: Vec<&str> = diff.hunks.iter().map(|hunk| hunk.place.as_str()).collect();
        assert_eq!((places, diff.added, diff.removed, diff.cut), (vec!["@@ -2,7 +2,7 @@", "@@ -27,7 +27,6 @@"], 1, 2, false));
        let lines = &diff.hunks[0].lines;
        assert_eq!((lines.len(), &lines[3], &lines[4]), (8, &Line::Removed("line 5".into()), &Line::Added("line five".into())));
        assert!(Diff::of(&old, &old, &mut Budget::page()).is_same());
    }

    #[test]
    fn what_cannot_be_seen_of_a_line_end_is_said() {
        let diff = Diff::of("a\r\nb\n", "a\nb", &mut Budget::page());
        let expected = [Line::Removed("a\u{240d}".into()), Line::Removed("b".into()), Line::Added("a".into()), Line::Added("b (no line end)".into())];
        assert_eq!(diff.hunks[0].lines, expected);
    }

    #[test]
    fn a_page_shows_only_so_much() {
        let long = "x".repeat(5_000);
        let diff = Diff::of("", &format!("{long}\n"), &mut Budget::page());
        let Line::Added(shown) = &diff.hunks[0].lines[0] else { panic!("{diff:?}") };
        assert!(diff.cut && shown.len() < 1_010);
        let mut budget = Budget::page();
        let diff = Diff::of("", &numbered(9_000), &mut budget);
        let shown: usize = diff.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        assert!(diff.cut && diff.added == 9_000 && shown == 3_000 && budget.is_spent());
        let diff = Diff::of("a\n", "b\n", &mut budget);
        assert!(diff.cut && diff.hunks.is_empty() && !diff.is_same());
    }

    #[test]
    fn the_worst_of_texts_is_compared_in_a_moment() {
        let (mut old, mut new) = (String::new(), String::new());
        for n in 0..60_000_u32 {
            old += &format!("{}\n", n.wrapping_mul(2_654_435_761) % 7);
            new += &format!("{}\n", n.wrapping_mul(2_246_822_519) % 7);
        }
        let began = std::time::Instant::now();
        assert!(!Diff::of(&old, &new, &mut Budget::page()).is_same());
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }
}
