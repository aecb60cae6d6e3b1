//! How soon a training job starts, how soon what it prints is seen, and how quickly pages come while twenty jobs run: with
//! the built `galleria serve` and its sandbox.
//!
//! `cargo bench --bench jobs`, and with PostgreSQL too: `GALLERIA_TEST_POSTGRES=postgres://… cargo bench --bench jobs`.
//! Options after `--`: `--runs 20 --jobs 20 --seconds 5 --algorithms 1000`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss, missing_docs)]

#[path = "../catalogue/mod.rs"]
mod catalogue;
#[path = "../load/client.rs"]
mod client;
#[path = "../database/mod.rs"]
mod database;
mod ground;
mod script;
mod stream;

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use client::{Load, Measured, get, measure};
use ground::{Gallery, REGIONS};
use script::Script;

struct Options {
    runs: usize,
    jobs: usize,
    time: Duration,
    algorithms: usize,
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
    let time = Duration::from_secs(number("--seconds", 5) as u64);
    Options { runs: number("--runs", 20), jobs: number("--jobs", 20), time, algorithms: number("--algorithms", 1_000) }
}

fn report(database: &str, server: Option<&str>, options: &Options) {
    let gallery = Gallery::start(server, options.algorithms);
    println!("\n{database}: {} algorithms, {} processors", options.algorithms, thread::available_parallelism().map_or(0, usize::from));
    starts(&gallery, options.runs);
    tail(&gallery);
    pages(&gallery, options);
}

/// Times, to be asked for their middle and their slow end.
struct Times(Vec<Duration>);

impl Times {
    fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    /// Milliseconds that so many in a hundred do not exceed.
    fn at(&self, share: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((self.0.len() * share / 100).min(last)).map_or(f64::NAN, |time| millis(*time))
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// From submit to the first line, beside the same command without a gallery.
fn starts(gallery: &Gallery, runs: usize) {
    let once = Script { lines: 1, ..Script::default() };
    for _ in 0..3 {
        start(gallery, &once);
    }
    let (mut bare, mut written, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        bare.push(once.first_line());
        let (in_log, at_reader) = start(gallery, &once);
        written.push(in_log);
        seen.push(at_reader);
    }
    let (bare, written, seen) = (Times::of(bare), Times::of(written), Times::of(seen));
    println!("\n{:<38} {:>9} {:>9} {:>9} {:>12}", format!("submit to first line, {runs} runs"), "median ms", "p95 ms", "ratio", "difference");
    for (name, times) in [("bash -c", &bare), ("a job: in its log", &written), ("a job: at whoever follows its log", &seen)] {
        let (ratio, more) = (times.at(50) / bare.at(50), times.at(50) - bare.at(50));
        println!("{name:<38} {:>9.1} {:>9.1} {ratio:>9.1} {more:>9.1} ms", times.at(50), times.at(95));
    }
}

/// Until the first line stands in the log, and until it is with somebody who follows that.
fn start(gallery: &Gallery, script: &Script) -> (Duration, Duration) {
    let begun = Instant::now();
    let job = gallery.submit(0, script);
    let times = thread::scope(|scope| {
        let seen = scope.spawn(|| {
            gallery.follow(0, job, &mut |_| ControlFlow::Break(()));
            begun.elapsed()
        });
        gallery.wait_for_line(0, job);
        (begun.elapsed(), seen.join().unwrap())
    });
    gallery.wait_for(0, job, "completed");
    times
}

/// From the moment a line is printed to its arrival at whoever follows.
fn tail(gallery: &Gallery) {
    let script = Script { lines: 400, pause: 0.05, busy: 0 };
    let job = gallery.submit(0, &script);
    let mut delays = Vec::new();
    gallery.follow(0, job, &mut |delay| {
        delays.push(delay);
        ControlFlow::Continue(())
    });
    print_tail("printed to seen, one job", delays);
}

fn print_tail(name: &str, delays: Vec<Duration>) {
    let count = delays.len();
    let times = Times::of(delays);
    println!("\n{:<38} {:>9} {:>9} {:>9}", "", "p50 ms", "p99 ms", "most ms");
    println!("{:<38} {:>9.1} {:>9.1} {:>9.1}", format!("{name}, {count} lines"), times.at(50), times.at(99), times.at(100));
}

/// Pages while nothing runs, and while as many jobs compute as hard as they may, each followed by somebody.
fn pages(gallery: &Gallery, options: &Options) {
    let paths = ["/market/algorithms".to_owned(), gallery.algorithm_path(), "/console/r0/jobs".to_owned(), "/console/r0/jobs/1".to_owned()];
    let load = Load { connections: 8, time: options.time, most: 200_000, pause: Duration::from_millis(40) };
    let ask = |path: &str| measure(gallery.address, load, 200, &|_, _| get(path, &gallery.cookie));
    let quiet: Vec<Measured> = paths.iter().map(|path| ask(path)).collect();
    let script = Script { lines: 1_000_000, pause: 0.1, busy: 1 };
    let jobs: Vec<(usize, i64)> = (0..options.jobs).map(|number| (number % REGIONS, gallery.submit(number % REGIONS, &script))).collect();
    jobs.iter().for_each(|(region, job)| gallery.wait_for(*region, *job, "running"));
    let (busy, delays) = thread::scope(|scope| {
        let reading: Vec<_> = jobs.iter().map(|(region, job)| scope.spawn(move || delays_of(gallery, *region, *job))).collect();
        let last = jobs.last().map_or(String::new(), |(region, job)| format!("/console/r{region}/jobs/{job}"));
        let busy: Vec<Measured> = paths.iter().map(|path| ask(if path.ends_with("/1") { &last } else { path })).collect();
        jobs.iter().for_each(|(region, job)| gallery.stop(*region, *job));
        (busy, reading.into_iter().flat_map(|reader| reader.join().unwrap()).collect::<Vec<_>>())
    });
    println!("\n{:<22} {:>21} {:>24}", format!("{} asking", load.connections), "no job: p50, p99 ms", format!("{} jobs: p50, p99 ms", jobs.len()));
    for (name, (quiet, busy)) in ["Market", "Details", "Training jobs", "Job"].iter().zip(quiet.iter().zip(&busy)) {
        let wrong = quiet.wrong + busy.wrong;
        let wrong = if wrong > 0 { format!("  {wrong} wrong answers") } else { String::new() };
        let figures = [quiet.p50, quiet.p99, busy.p50, busy.p99].map(millis);
        println!(
            "{name:<22} {:>10.1} {:>10.1} {:>13.1} {:>10.1}  ({:.0} and {:.0} a second){wrong}",
            figures[0], figures[1], figures[2], figures[3], quiet.per_second, busy.per_second
        );
    }
    print_tail(&format!("printed to seen, {} jobs", jobs.len()), delays);
}

fn delays_of(gallery: &Gallery, region: usize, job: i64) -> Vec<Duration> {
    let mut delays = Vec::new();
    gallery.follow(region, job, &mut |delay| {
        delays.push(delay);
        ControlFlow::Continue(())
    });
    delays
}
