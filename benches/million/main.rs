//! What a catalogue of a million algorithms costs, beside one of a thousand: import, start, index, pages, search.
//!
//! `cargo bench --bench million`, and with PostgreSQL too: `GALLERIA_TEST_POSTGRES=postgres://… cargo bench --bench million`.
//! Options after `--`: `--size 1000000 --seconds 3 --connections 16 --only Search`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss, missing_docs)]

#[path = "../load/bare.rs"]
mod bare;
#[path = "../load/client.rs"]
mod client;
#[path = "../database/mod.rs"]
mod database;
mod ground;
mod lines;
#[path = "../catalogue/words.rs"]
mod words;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bare::Bare;
use client::{Connection, Load, Measured, get, measure};
use ground::{Beside, Gallery, Made};

/// What a large catalogue is held against.
const SMALL: usize = 1_000;
/// Entries that come while the server runs.
const MORE: usize = 1_000;

struct Options {
    size: usize,
    load: Load,
    only: Option<String>,
}

/// A page that many people ask for at once.
struct Scene {
    name: String,
    request: Box<dyn Fn(usize, usize) -> Vec<u8> + Sync>,
}

fn main() {
    let options = options();
    report("SQLite", None, &options);
    match std::env::var("GALLERIA_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => report("PostgreSQL", Some(&server), &options),
        _ => println!("PostgreSQL: not measured; set GALLERIA_TEST_POSTGRES to its URL"),
    }
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |name: &str| arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, default: usize| given(name).map_or(default, |text| text.parse().unwrap());
    let time = Duration::from_secs(number("--seconds", 3) as u64);
    let load = Load { connections: number("--connections", 16), time, most: 200_000, pause: Duration::ZERO };
    Options { size: number("--size", 1_000_000), load, only: given("--only").cloned() }
}

fn report(database: &str, server: Option<&str>, options: &Options) {
    println!("\n{database}, {} connections, {} s each", options.load.connections, options.load.time.as_secs());
    let small = figures(server, SMALL, options);
    let large = figures(server, options.size, options);
    if options.only.is_none() {
        fill_served(server, options.size);
    }
    println!(
        "\n{database}: {SMALL} and {} algorithms\n{:<38} {:>9} {:>9} {:>9}   {:>9} {:>9} {:>9}   {:>8} {:>9}  {:>8}",
        options.size, "", "req/s", "p50 ms", "p99 ms", "req/s", "p50 ms", "p99 ms", "p50 N:1k", "N : bare", "bytes"
    );
    for (small, large) in small.iter().zip(&large) {
        line(small, large);
    }
}

/// What one scene has shown in one gallery.
struct Figures {
    name: String,
    /// Why there is nothing to show.
    missing: Option<String>,
    ours: Measured,
    bare: f64,
    bytes: usize,
}

fn line(small: &Figures, large: &Figures) {
    if let Some(why) = large.missing.as_ref().or(small.missing.as_ref()) {
        println!("{:<38} {why}", large.name);
        return;
    }
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let wrong = small.ours.wrong + large.ours.wrong;
    let wrong = if wrong > 0 { format!("  {wrong} wrong answers") } else { String::new() };
    println!(
        "{:<38} {:>9.0} {:>9.2} {:>9.2}   {:>9.0} {:>9.2} {:>9.2}   {:>8.2} {:>9.3}  {:>8}{wrong}",
        large.name,
        small.ours.per_second,
        millis(small.ours.p50),
        millis(small.ours.p99),
        large.ours.per_second,
        millis(large.ours.p50),
        millis(large.ours.p99),
        millis(large.ours.p50) / millis(small.ours.p50),
        large.ours.per_second / large.bare,
        large.bytes
    );
}

/// Makes a gallery of this size, says what that took, and measures every scene in it.
fn figures(server: Option<&str>, size: usize, options: &Options) -> Vec<Figures> {
    let (mut gallery, made) = Gallery::make(server, size);
    let Made { import, import_memory, start, index } = made;
    println!("{size:>9} algorithms: import {import:.0} lines/s with {:.0} MiB at most", mib(import_memory));
    println!(
        "{:>9}  first start {:.2} s to the first page, {:.2} s more until the last entry is found",
        "",
        start.as_secs_f64(),
        index.as_secs_f64()
    );
    println!("{:>9}  started again {:.2} s", "", gallery.start_again().as_secs_f64());
    let chosen = |scene: &Scene| options.only.as_deref().is_none_or(|only| scene.name.starts_with(only));
    let found: Vec<Figures> = scenes(&gallery).iter().filter(|scene| chosen(scene)).map(|scene| look(&gallery, scene, options.load)).collect();
    let (memory, own) = (mib(gallery.memory()), mib(gallery.own_memory()));
    println!(
        "{:>9}  server {memory:.0} MiB after that, {own:.0} of them its own, {:.1} MiB on disk beside the database",
        "",
        mib(gallery.index_size())
    );
    println!("{:>9}  {MORE} more while it runs: the last is found {:.2} s after the import", "", gallery.catch_up(MORE).as_secs_f64());
    found
}

/// Imports the whole catalogue once more, this time while a server runs, and says what that took.
fn fill_served(server: Option<&str>, size: usize) {
    let Beside { import, found, memory, own_memory } = Gallery::fill_served(server, size);
    println!("{size:>9} imported while a server runs: {import:.0} lines/s, the last is found {:.2} s after the end", found.as_secs_f64());
    println!("{:>9}  server {:.0} MiB after that, {:.0} of them its own", "", mib(memory), mib(own_memory));
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The gallery and then the bare handler, in the same run.
fn look(gallery: &Gallery, scene: &Scene, load: Load) -> Figures {
    let nothing = Measured { per_second: 0.0, p50: Duration::ZERO, p99: Duration::ZERO, wrong: 0 };
    let mut connection = Connection::open(gallery.address);
    let answer = connection.send(&(scene.request)(0, 0));
    let (name, bytes) = (scene.name.clone(), connection.body().len());
    if answer.status != 200 {
        let missing = Some(format!("not measured, for it answers {}", answer.status));
        return Figures { name, missing, ours: nothing, bare: 0.0, bytes };
    }
    let bare = Bare::start(answer.status, &answer.content_type, connection.body());
    let warm = Load { time: Duration::from_millis(300), ..load };
    measure(gallery.address, warm, 200, &scene.request);
    let ours = measure(gallery.address, load, 200, &scene.request);
    let theirs = measure(bare.address, Load { time: load.time.min(Duration::from_secs(2)), ..load }, 200, &scene.request);
    Figures { name, missing: None, ours, bare: theirs.per_second, bytes }
}

/// Each page for visitors and for a member.
fn scenes(gallery: &Gallery) -> Vec<Scene> {
    let last = gallery.size.div_ceil(24).min(500);
    let rare = lines::coined(gallery.size / 2);
    let pages = [
        ("Market", "/market/algorithms".to_owned()),
        ("Market, narrowed", "/market/algorithms?task=Forecasting&license=MIT".to_owned()),
        ("Market, page 500 or the last", format!("/market/algorithms?page={last}")),
        ("Search, common", "/market/algorithms?q=gradient".to_owned()),
        ("Search, rare", format!("/market/algorithms?q={rare}")),
        ("Search, beginning", "/market/algorithms?q=gradi".to_owned()),
        ("Search, mistyped", "/market/algorithms?q=graident+boosting".to_owned()),
        ("Search, phrase", "/market/algorithms?q=%22gradient+boosting%22".to_owned()),
        ("Search, none", "/market/algorithms?q=zzqqxxyy".to_owned()),
        ("Suggestions", "/market/suggestions?q=grad".to_owned()),
    ];
    let mut scenes = Vec::new();
    for (who, cookie) in [("visitor", String::new()), ("member", gallery.cookie.clone())] {
        for (name, path) in &pages {
            let request = get(path, &cookie);
            scenes.push(Scene { name: format!("{name}, {who}"), request: Box::new(move |_, _| request.clone()) });
        }
        // Nobody has asked for these words before, so each answer is worked out.
        for (name, mistyped) in [("Search, ever new words", false), ("Search, ever new, mistyped", true)] {
            let (cookie, number) = (cookie.clone(), AtomicUsize::new(scenes.len() * 1_000_000));
            let request = move |_, _| {
                let words = lines::asked(number.fetch_add(1, Ordering::Relaxed), mistyped);
                get(&format!("/market/algorithms?q={words}"), &cookie)
            };
            scenes.push(Scene { name: format!("{name}, {who}"), request: Box::new(request) });
        }
        // Other entries all the time, so that most answers of a large gallery are an entry's first; and those that people come for.
        for (name, most) in [("Details, ever others", 20_000), ("Details, much visited", 500)] {
            let (size, cookie) = (gallery.size, cookie.clone());
            let paths: Vec<String> = (0..size.min(most)).map(|at| format!("/algorithms/{}", lines::path(at * 7_919 % size))).collect();
            let request = move |who: usize, at: usize| get(&paths[(who * 1_301 + at) % paths.len()], &cookie);
            scenes.push(Scene { name: format!("{name}, {who}"), request: Box::new(request) });
        }
    }
    scenes
}
