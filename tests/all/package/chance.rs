//! Archives and projects changed by chance.

use galleria::package;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::{MINIMAL, gz, project, regular, tar_of, zip};

/// `GALLERIA_TEST_SEED` repeats what failed.
fn dice() -> StdRng {
    let seed = std::env::var("GALLERIA_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("GALLERIA_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

#[test]
fn a_changed_project_is_read_or_its_faults_are_named() {
    let mut dice = dice();
    let text = "name: x\nentry_points:\n  main:\n    parameters: {a: {type: int, default: 1, min: 0, max: 9}, b: float}\n    command: 'x {a} {b} {{}}'\n\
                galleria: {title: A, requires: {cpus: 2, inputs: [{name: d, columns: {c: int}}]}, proof: {parameters: {a: 2, b: 1.5}}}\n";
    let pieces = [
        ":", "{", "}", "[", "]", "\n", "  ", "- ", "'", "\"", "&a", "*a", "|", ">", "#", "!!", "\u{202e}", "\u{feff}", "é", "null", "1e5", "{x",
        "galleria", "\t",
    ];
    for _ in 0..3_000 {
        let mut mutant = text.to_owned();
        for _ in 0..dice.random_range(1..6) {
            let places: Vec<usize> = mutant.char_indices().map(|(at, _)| at).collect();
            let from = places[dice.random_range(0..places.len())];
            let until = places.iter().copied().filter(|at| *at >= from).nth(dice.random_range(0..8)).unwrap_or(mutant.len());
            mutant.replace_range(from..until, pieces[dice.random_range(0..pieces.len())]);
        }
        match project(&mutant) {
            Ok(read) => assert_eq!(
                serde_json::from_str::<package::Manifest>(&serde_json::to_string(&read.manifest).unwrap()).unwrap(),
                read.manifest,
                "{mutant}"
            ),
            Err(faults) => {
                assert!(!faults.is_empty() && faults.iter().all(|fault| fault.message.len() > 3 && fault.file == "MLproject"), "{mutant}: {faults:?}")
            }
        }
    }
}

#[test]
fn a_changed_archive_is_read_or_its_faults_are_named() {
    let mut dice = dice();
    let (good, tarball) = (zip(&[("MLproject", MINIMAL), ("a/b", "text")]), gz(&tar_of(&[regular("MLproject", MINIMAL), regular("a", "text")])));
    for bytes in [good, tarball] {
        for _ in 0..1_500 {
            let mut mutant = bytes.clone();
            for _ in 0..dice.random_range(1..5) {
                let at = dice.random_range(0..mutant.len());
                match dice.random_range(0..3) {
                    0 => mutant[at] = u8::try_from(dice.next_u32() % 256).unwrap(),
                    1 => drop(mutant.drain(at..(at + dice.random_range(1..40)).min(mutant.len()))),
                    _ => drop(mutant.splice(at..at, bytes[..dice.random_range(0..bytes.len())].to_vec())),
                }
                if mutant.is_empty() {
                    mutant.push(0);
                }
            }
            if let Err(faults) = package::read(&mutant) {
                assert!(!faults.is_empty());
            }
        }
    }
}
