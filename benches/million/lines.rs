//! A catalogue as `galleria catalog import` reads it, of any size and the same for the same number.

use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::json;

use crate::words::{Dice, FRAMEWORKS, GROUPS, LICENSES, METHODS, OUTCOMES, PEOPLE, SENTENCES, SUBJECTS, TASKS};

/// Of coined words: four of them make one that few entries have.
const SYLLABLES: [&str; 20] =
    ["va", "lo", "mi", "ren", "tu", "kes", "dor", "fi", "nal", "ost", "bri", "zu", "pha", "gel", "yon", "cor", "sti", "mar", "ek", "hul"];

/// Which entries.
#[derive(Clone, Copy)]
pub struct Range {
    pub from: usize,
    pub to: usize,
}

/// Writes them, a line each.
pub fn write(path: &Path, range: Range) {
    let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
    for number in range.from..range.to {
        let mut dice = Dice::new(number as u64 + 1);
        writeln!(file, "{}", line(number, &mut dice)).unwrap();
    }
    file.flush().unwrap();
}

/// A word that few entries have, among them this one.
pub fn coined(number: usize) -> String {
    let mut dice = Dice::new(number as u64 + 1);
    word(&mut dice)
}

/// `publisher/name` of an entry.
pub fn path(number: usize) -> String {
    let mut dice = Dice::new(number as u64 + 1);
    let line = line(number, &mut dice);
    format!("{}/{}", line["publisher"].as_str().unwrap(), line["name"].as_str().unwrap())
}

/// Two words of titles and summaries, other ones for each number; the second one with two letters swapped when it is mistyped.
pub fn asked(number: usize, mistyped: bool) -> String {
    let mut dice = Dice::new(number as u64 + 1);
    let mut word = || loop {
        let text = match dice.below(3) {
            0 => dice.one(&SUBJECTS),
            1 => dice.one(&METHODS),
            _ => dice.one(&OUTCOMES),
        };
        let words: Vec<&str> = text.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| word.len() > 4).collect();
        if !words.is_empty() {
            break words[dice.below(words.len())].to_ascii_lowercase();
        }
    };
    let (first, mut second) = (word(), word().into_bytes());
    if mistyped {
        second.swap(2, 3);
    }
    format!("{first}+{}", String::from_utf8(second).unwrap())
}

fn word(dice: &mut Dice) -> String {
    (0..4).map(|_| dice.one(&SYLLABLES)).collect()
}

fn line(number: usize, dice: &mut Dice) -> serde_json::Value {
    let coined = word(dice);
    let (subject, method) = (dice.one(&SUBJECTS), dice.common(&METHODS));
    let group = dice.zipf(60_000);
    let publisher = if dice.percent(55) { format!("{}-{group}", dice.one(&PEOPLE)) } else { format!("{}-{group}", dice.one(&GROUPS)) };
    let sentences = |dice: &mut Dice| (0..2 + dice.zipf(6)).map(|_| dice.one(&SENTENCES)).collect::<Vec<_>>().join(" ");
    let subscribers = (5_000.0 * dice.share() / (dice.below(1_000_000) as f64 + 1.0).powf(0.5)) as i64;
    let constraints = dice.percent(40).then(|| format!("{}\n\n- Do not use it for {}.", dice.one(&SENTENCES), dice.one(&SUBJECTS).to_lowercase()));
    let version = |minor: usize| {
        json!({"version": format!("1.{minor}.0"), "constraints": constraints, "parameters": [
            {"name": "rounds", "type": "int", "default": 100, "min": 1, "max": 10_000, "description": "Rounds of training"},
            {"name": "rate", "type": "float", "default": 0.1, "min": 0.0001, "max": 1},
        ]})
    };
    json!({
        "publisher": publisher,
        "name": format!("{coined}-{number}"),
        "title": format!("{subject} {method}"),
        "summary": format!("{}; {}.", dice.one(&OUTCOMES), dice.one(&OUTCOMES).to_lowercase()),
        "description": format!("# {coined}\n\n{} for {}. {}\n\n## Data\n\n{}\n", method, subject.to_lowercase(), sentences(dice), sentences(dice)),
        "task": dice.common(&TASKS),
        "framework": dice.common(&FRAMEWORKS),
        "license": dice.common(&LICENSES),
        "open_source": dice.percent(78),
        "subscribers": subscribers,
        "likes": subscribers / 3,
        "updated_at": format!("202{}-{:02}-{:02}T{:02}:{:02}:00Z", 4 + dice.below(2), 1 + dice.below(12), 1 + dice.below(28), dice.below(24), dice.below(60)),
        "versions": (0..1 + dice.zipf(4)).map(version).collect::<Vec<_>>(),
    })
}
