//! What a terminal would make of a line: colours become classes of a fixed palette, everything else it would obey is dropped.

use std::iter::Peekable;
use std::str::Chars;

/// Changes of colour in a line beyond which it keeps the last one: a hostile line must not become a thousand elements.
const MOST: usize = 32;
/// The sixteen colours as terminals mix them.
const PALETTE: [[i32; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// A piece of a line in one colour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// Classes, such as `ansi-9 ansi-bold`; empty for plain text.
    pub class: String,
    /// Harmless text.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Style {
    colour: Option<u8>,
    bold: bool,
    /// Some colour lies beneath. Which one is not kept: two colours of a script's choice may not be readable on each other.
    ground: bool,
}

impl Style {
    fn class(self) -> String {
        let colour = self.colour.map(|colour| format!("ansi-{colour}"));
        let words = [colour.as_deref(), self.bold.then_some("ansi-bold"), self.ground.then_some("ansi-ground")];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Obeys `38;5;208;1` and the like.
    fn obey(&mut self, codes: &str) {
        let mut codes = codes.split([';', ':']).map(|code| code.parse::<u16>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                22 => self.bold = false,
                7 => self.ground = true,
                27 | 49 => self.ground = false,
                30..=37 => self.colour = u8::try_from(code - 30).ok(),
                90..=97 => self.colour = u8::try_from(code - 82).ok(),
                38 => self.colour = mixed(&mut codes),
                39 => self.colour = None,
                40..=47 | 100..=107 => self.ground = true,
                48 => self.ground = mixed(&mut codes).is_some(),
                _ => {}
            }
        }
    }
}

/// The colour of the sixteen that is nearest to `5;n` or `2;r;g;b`.
fn mixed(codes: &mut impl Iterator<Item = u16>) -> Option<u8> {
    let wanted = match codes.next()? {
        5 => match codes.next()? {
            named @ 0..16 => return u8::try_from(named).ok(),
            cube @ 16..232 => {
                [(cube - 16) / 36, (cube - 16) / 6 % 6, (cube - 16) % 6].map(|level| if level == 0 { 0 } else { 55 + 40 * i32::from(level) })
            }
            grey => [8 + 10 * (i32::from(grey.min(255)) - 232); 3],
        },
        2 => [codes.next()?, codes.next()?, codes.next()?].map(i32::from),
        _ => return None,
    };
    let distance = |colour: &[i32; 3]| -> i32 { colour.iter().zip(wanted).map(|(one, other)| (one - other.min(255)).pow(2)).sum() };
    (0_u8..).zip(&PALETTE).min_by_key(|(_, colour)| distance(colour)).map(|(index, _)| index)
}

/// The text without what a terminal would obey (escape sequences, control characters, changes of direction), in pieces of one
/// colour each.
pub fn spans(text: &str) -> Vec<Span> {
    let (mut spans, mut style) = (vec![Span::default()], Style::default());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' | '\u{9b}' => {
                let before = style;
                sequence(letter, &mut letters, &mut style);
                if style != before && spans.len() < MOST {
                    spans.push(Span { class: style.class(), text: String::new() });
                }
            }
            '\u{8}' => {
                spans.last_mut().and_then(|span| span.text.pop());
            }
            '\t' => push(&mut spans, '\t'),
            _ if letter.is_control() => {}
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => push(&mut spans, '\u{fffd}'),
            _ => push(&mut spans, letter),
        }
    }
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// The text alone.
pub fn plain(text: &str) -> String {
    spans(text).into_iter().map(|span| span.text).collect()
}

fn push(spans: &mut [Span], letter: char) {
    spans.last_mut().into_iter().for_each(|span| span.text.push(letter));
}

fn sequence(first: char, letters: &mut Peekable<Chars<'_>>, style: &mut Style) {
    match if first == '\u{9b}' { Some('[') } else { letters.next() } {
        Some('[') => {
            let (codes, last) = parameters(letters);
            if last == Some('m') {
                style.obey(&codes);
            }
        }
        // A title or a link ends with BEL or with ESC \.
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(letter) = letters.next() {
                if letter == '\u{7}' || (letter == '\u{1b}' && letters.next_if_eq(&'\\').is_some()) {
                    return;
                }
            }
        }
        Some('(' | ')' | '#' | ' ') => drop(letters.next()),
        _ => {}
    }
}

/// What stands between the bracket and the letter that ends the sequence, and that letter.
fn parameters(letters: &mut Peekable<Chars<'_>>) -> (String, Option<char>) {
    let mut codes = String::new();
    // What is no part of a sequence ends it, so that a broken one does not swallow the line.
    while let Some(letter) = letters.next_if(|letter| ('\u{20}'..='~').contains(letter)) {
        if ('@'..='~').contains(&letter) {
            return (codes, Some(letter));
        }
        codes.push(letter);
    }
    (codes, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        spans(text).iter().map(|span| if span.class.is_empty() { span.text.clone() } else { format!("<{}>{}</>", span.class, span.text) }).collect()
    }

    #[test]
    fn colours_become_classes_of_one_palette() {
        assert_eq!(shown("\u{1b}[31mred\u{1b}[0m and \u{1b}[1;4;92mbold\u{1b}[m."), "<ansi-1>red</> and <ansi-10 ansi-bold>bold</>.");
        assert_eq!(shown("\u{1b}[38;5;9ma\u{1b}[38;5;196mb\u{1b}[38;2;250;10;0mc\u{1b}[39md"), "<ansi-9>abc</>d");
        assert_eq!(
            shown("\u{1b}[38;5;244mgrey\u{1b}[0m\u{1b}[37;41mon red\u{1b}[49mplain"),
            "<ansi-8>grey</><ansi-7 ansi-ground>on red</><ansi-7>plain</>"
        );
        assert_eq!(shown("\u{1b}[38;2mx\u{1b}[38;9my\u{1b}[999999mz"), "xyz");
    }

    #[test]
    fn everything_else_is_dropped() {
        assert_eq!(shown("\u{1b}]0;title\u{7}text\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\"), "textlink");
        assert_eq!(shown("a\0b\u{7}c\u{1b}[2Jd\u{1b}(Be\u{1b}[1Af\u{8}g"), "abcdeg");
        assert_eq!(shown("a\u{202e}b\u{2066}c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!((shown("\u{1b}[12").as_str(), shown("\u{9b}31mx").as_str()), ("", "<ansi-1>x</>"));
    }

    #[test]
    fn a_hostile_line_stays_a_few_elements() {
        let many: String = (0..4_000).map(|index| format!("\u{1b}[3{}mx", index % 8)).collect();
        let spans = spans(&many);
        assert!(spans.len() <= MOST && spans.iter().map(|span| span.text.len()).sum::<usize>() == 4_000);
    }

    #[test]
    fn every_colour_there_is_has_a_class() {
        for code in 0..300_u16 {
            let class = &spans(&format!("\u{1b}[38;5;{code}mx"))[0].class;
            let colour: u8 = class.strip_prefix("ansi-").unwrap().parse().unwrap();
            assert!(colour < 16, "{code}: {class}");
        }
    }
}
