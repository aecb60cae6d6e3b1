//! Whether search finds what is meant, on names that people really type.

use serde_json::{Value, json};

use crate::catalog::import;
use crate::market::listed;
use crate::support::{Client, TestApp};

/// Well-known Python packages, a name and a line of words each.
const PACKAGES: &str = include_str!("../data/packages.tsv");

/// The gallery with all of them, and their names.
fn gallery() -> (TestApp, Vec<&'static str>) {
    let app = TestApp::new();
    let entry = |line: &'static str| -> (&'static str, Value) {
        let (name, summary) = line.split_once('\t').unwrap();
        (name, json!({"publisher": "packages", "name": name, "summary": summary, "updated_at": "2026-01-01"}))
    };
    let (names, lines): (Vec<_>, Vec<_>) = PACKAGES.lines().map(entry).unzip();
    import(app.place(), &lines);
    (app, names)
}

/// One divided by the place at which the name stands on the first page; 0 when it does not.
fn reciprocal_rank(visitor: &Client, name: &str, typed: &str) -> f64 {
    let found = listed(&visitor.get(&format!("/market/algorithms?q={typed}")));
    let place = found.iter().position(|path| *path == format!("packages/{name}"));
    place.map_or(0.0, |place| 1.0 / (place as f64 + 1.0))
}

/// The mean over all names that can be typed in this way; prints it with those that were found worst.
fn mean(what: &str, app: &TestApp, names: &[&str], typed: impl Fn(&str) -> Option<String>) -> f64 {
    let visitor = app.visitor();
    let asked = names.iter().filter_map(|name| Some((*name, typed(name)?)));
    let mut ranks: Vec<(f64, String)> = asked.map(|(name, typed)| (reciprocal_rank(&visitor, name, &typed), format!("{typed} for {name}"))).collect();
    ranks.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mean = ranks.iter().map(|(rank, _)| rank).sum::<f64>() / ranks.len() as f64;
    let worst: Vec<String> = ranks.iter().filter(|(rank, _)| *rank < 0.5).take(20).map(|(rank, words)| format!("{words} {rank:.2}")).collect();
    println!("{what}: mean reciprocal rank {mean:.3} of {} names; worst: {}", ranks.len(), worst.join(", "));
    mean
}

/// Two letters in the middle the other way round; `None` when that is the same word, or another package.
fn swapped(name: &str, names: &[&str]) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let at = (letters.len() / 2..letters.len() - 1).find(|at| letters[*at] != letters[at + 1] && letters[*at] != '-' && letters[at + 1] != '-')?;
    letters.swap(at, at + 1);
    let typed: String = letters.into_iter().collect();
    (name.len() >= 5 && !names.contains(&typed.as_str())).then_some(typed)
}

#[test]
fn exact_names_come_first() {
    let (app, names) = gallery();
    assert!(names.len() >= 300);
    let exact = mean("exact", &app, &names, |name| Some(name.to_owned()));
    assert!(exact >= 0.95, "{exact}");
}

#[test]
fn beginnings_of_names_are_enough() {
    let (app, names) = gallery();
    let prefix = mean("cut by two letters", &app, &names, |name| (name.len() >= 5).then(|| name[..name.len() - 2].trim_end_matches('-').to_owned()));
    assert!(prefix >= 0.7, "{prefix}");
}

#[test]
fn a_swapped_letter_is_forgiven() {
    let (app, names) = gallery();
    let typo = mean("a swapped letter", &app, &names, |name| swapped(name, &names));
    assert!(typo >= 0.7, "{typo}");
}
