//! How many requests a second the gallery answers, how quickly, and what share that is of what actix answers by
//! itself with the same bytes.
//!
//! `cargo bench --bench load`, and with PostgreSQL too:
//! `GALLERIA_TEST_POSTGRES=postgres://… cargo bench --bench load`.
//! Options after `--`: `--algorithms 10000 --seconds 5 --connections 16 --only Market`; `--serve` only serves the
//! generated gallery, to look at.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss, missing_docs)]

mod bare;
#[path = "../catalogue/mod.rs"]
mod catalogue;
mod client;
#[path = "../database/mod.rs"]
mod database;
mod gallery;

use std::time::{Duration, Instant};

use bare::Bare;
use client::{Connection, Load, Measured, get, measure, post};
use gallery::Gallery;

struct Options {
    algorithms: usize,
    load: Load,
    only: Option<String>,
}

/// Something that many people do at once.
struct Scene {
    name: &'static str,
    status: u16,
    request: Box<dyn Fn(usize, usize) -> Vec<u8> + Sync>,
}

fn main() {
    let options = options();
    if std::env::args().any(|word| word == "--serve") {
        let gallery = Gallery::start(None, options.algorithms, options.load.connections);
        println!("http://{} until Ctrl-C; log in as member-0 with the password {}", gallery.address, gallery::PASSWORD);
        std::thread::park();
    }
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
    let time = Duration::from_secs(number("--seconds", 5) as u64);
    let load = Load { connections: number("--connections", 16), time, most: 200_000, pause: Duration::ZERO };
    Options { algorithms: number("--algorithms", 10_000), load, only: given("--only").cloned() }
}

fn report(database: &str, server: Option<&str>, options: &Options) {
    let begin = Instant::now();
    let gallery = Gallery::start(server, options.algorithms, options.load.connections);
    println!(
        "\n{database}: {} algorithms (made in {:.1} s), {} connections, {} s each",
        options.algorithms,
        begin.elapsed().as_secs_f64(),
        options.load.connections,
        options.load.time.as_secs()
    );
    println!("{:<22} {:>9} {:>9} {:>9}   {:>10} {:>9}   {:>6}  {:>8}", "", "req/s", "p50 ms", "p99 ms", "bare req/s", "p99 ms", "ratio", "bytes");
    for scene in scenes(&gallery) {
        if options.only.as_deref().is_none_or(|only| scene.name.starts_with(only)) {
            line(&gallery, &scene, options.load);
        }
    }
}

/// The gallery and then the bare handler, in the same run.
fn line(gallery: &Gallery, scene: &Scene, load: Load) {
    let mut connection = Connection::open(gallery.address);
    let answer = connection.send(&(scene.request)(0, 0));
    let bytes = connection.body().len();
    let bare = Bare::start(answer.status, &answer.content_type, connection.body());
    if answer.status != scene.status {
        println!("{:<22} answers {} {}", scene.name, answer.status, answer.location);
        return;
    }
    let warm = Load { time: Duration::from_millis(500), ..load };
    measure(gallery.address, warm, scene.status, &scene.request);
    let ours = measure(gallery.address, load, scene.status, &scene.request);
    measure(bare.address, warm, scene.status, &scene.request);
    let theirs = measure(bare.address, load, scene.status, &scene.request);
    let Measured { per_second, p50, p99, wrong } = ours;
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let ratio = per_second / theirs.per_second;
    let wrong = if wrong > 0 { format!("  {wrong} wrong answers") } else { String::new() };
    println!(
        "{:<22} {per_second:>9.0} {:>9.2} {:>9.2}   {:>10.0} {:>9.2}   {ratio:>6.3}  {bytes:>8}{wrong}",
        scene.name,
        millis(p50),
        millis(p99),
        theirs.per_second,
        millis(theirs.p99)
    );
}

fn scenes(gallery: &Gallery) -> Vec<Scene> {
    let cookies = gallery.cookies.clone();
    let all = gallery.paths.clone();
    let (paths, free, members) = (gallery.paths.clone(), gallery.free.clone(), gallery.cookies.clone());
    let words = ["gradient", "risk", "compact cnn", "forecast", "anomaly sensor", "digits", "mira", "elastic", "pytorch image", "zzz"];
    let market = ["", "?task=Forecasting", "?sort=updated", "?official=true", "?license=MIT&open_source=true", "?page=7"];
    vec![
        Scene { name: "Market", status: 200, request: Box::new(|_, _| get("/market/algorithms", "")) },
        Scene {
            name: "Market, narrowed",
            status: 200,
            request: Box::new(move |who, at| get(&format!("/market/algorithms{}", market[(who + at) % market.len()]), "")),
        },
        Scene {
            name: "Search",
            status: 200,
            request: Box::new(move |who, at| get(&format!("/market/algorithms?q={}", words[(who + at) % words.len()].replace(' ', "+")), "")),
        },
        // Whoever reads all of them asks for each one's first page.
        Scene { name: "Details, all alike", status: 200, request: Box::new(move |who, at| get(&all[(who * 7_919 + at * 104_729) % all.len()], "")) },
        Scene { name: "Details", status: 200, request: Box::new(move |who, at| get(&paths[popular(who, at, paths.len())], "")) },
        Scene { name: "My Subscriptions", status: 200, request: Box::new(move |who, _| get("/me/algorithms/subscriptions", &cookies[who])) },
        Scene {
            name: "Subscribe and cancel",
            status: 303,
            request: Box::new(move |who, at| {
                let path = &free[(who * 31 + at / 2 * 7) % free.len()];
                let what = if at % 2 == 0 { "subscription" } else { "subscription/cancellation" };
                post(&format!("{path}/{what}"), &members[who], "")
            }),
        },
    ]
}

/// Which of `count` is asked for, when some are asked for more than others: a tenth of them get almost half of all visits.
fn popular(who: usize, at: usize, count: usize) -> usize {
    let mixed = (who as u64 * 0x9E37_79B9 + at as u64 + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let even = ((mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 11) as f64 / (1_u64 << 53) as f64;
    ((even.powi(3) * count as f64) as usize).min(count - 1)
}
