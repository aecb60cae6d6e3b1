//! Logs that are long, coloured, and rewrite themselves.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use crate::jobs::{launch, settled};
use crate::metrics::attempt;
use crate::support::training::{Working, subscribe};
use crate::support::{Client, TestApp};

fn ground(app: &TestApp, code: &str) -> Client {
    let iris = app.algorithm("lab", "iris").file("train.py", code).publish();
    subscribe(app, &app.user("ann"), &iris);
    app.sign_in("ann")
}

fn lines(from: u32, to: u32) -> String {
    (from..to).map(|number| format!("line {number} of the log, with some more words so that it is as long as lines are\n")).collect()
}

/// A log of one gigabyte: lines at its beginning and its end, and between them a hole that takes no room on disk and reads as
/// a single line of nothing.
fn gigabyte(app: &TestApp, path: &str) {
    let mut log = File::create(attempt(app, path).join("log")).unwrap();
    log.write_all(lines(0, 5_000).as_bytes()).unwrap();
    log.write_all(b"the first Needle\n").unwrap();
    log.seek(SeekFrom::Start((1 << 30) - 1_000_000)).unwrap();
    log.write_all(b"\n").unwrap();
    log.write_all(lines(5_000, 15_000).as_bytes()).unwrap();
    log.write_all(b"the last needle\n").unwrap();
}

#[test]
fn a_gigabyte_opens_at_its_end_and_goes_back_piece_by_piece() {
    let app = TestApp::options().with_engines().start();
    let (ann, _working) = (ground(&app, "print('done')\n"), Working::on(&app));
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    gigabyte(&app, &path);
    let end = ann.get(&format!("{path}/logs"));
    assert!(end.says("the last needle") && end.says("line 14999 ") && !end.says("line 12000 ") && end.body.len() < 700_000);
    assert!(end.says("Show earlier") && end.says("before this are not shown"));
    let earlier = ann.click(&end, "Show earlier");
    assert!(earlier.says("line 12000 ") && !earlier.says("line 14999 ") && earlier.says("Jump to newest") && earlier.body.len() < 700_000);
    // As a piece for a page that is open: lines alone, and what leads on.
    let piece = ann.partial(&end.attr(".log-more a", "data-hx-get"));
    assert!(piece.says("line 12000 ") && piece.has(".log-more a") && !piece.has("nav"));
    // In the hole there is one line without an end; it is cut and harmless.
    let hole = ann.get(&format!("{path}/logs?before={}", 1 << 29));
    assert!(hole.status() == 200 && hole.body.len() < 50_000 && !hole.body.contains('\0'));
    assert_eq!(ann.get(&format!("{path}/logs?before=0")).count(".log-line"), 1);
}

#[test]
fn words_are_found_in_all_of_a_gigabyte_step_by_step() {
    let app = TestApp::options().with_engines().start();
    let (ann, _working) = (ground(&app, "print('done')\n"), Working::on(&app));
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    gigabyte(&app, &path);
    let found = ann.get(&format!("{path}/logs?q=NEEDLE"));
    assert_eq!(found.texts(".log-line"), ["5001the first Needle"]);
    assert!(found.text(".log-line mark") == "Needle" && found.says("1 line has “NEEDLE” in bytes 0 to ") && found.says("of 1,0"));
    assert!(found.has_link("Search on from here"), "it says where it stopped");
    let size = found.text(".log-found").rsplit(" of ").next().unwrap().split('.').next().unwrap().replace(',', "").parse::<u64>().unwrap();
    let last = ann.get(&format!("{path}/logs?q=needle&from={}-5002", size - 1_000));
    assert!(last.says("the last needle") && !last.has_link("Search on from here"));
    let there = ann.click(&found, "5001");
    assert!(there.has("#L5001") && there.says("line 4999 ") && there.texts(".log-line a").contains(&"4990".to_owned()));
    assert!(ann.get(&format!("{path}/logs?q=nowhere&from={}-1", size - 1_000)).says("“nowhere” was not found in bytes"));
    assert!(!ann.get(&format!("{path}/logs?q=%3Cscript%3E&from={}-1", size - 1_000)).body.contains("<script>"));
}

#[test]
fn colours_are_classes_and_progress_shows_its_last_state_while_it_moves() {
    let app = TestApp::options().with_engines().start();
    let code = r#"import sys, time
print("\x1b[1;32mgreen\x1b[0m \x1b[38;2;255;0;0mred\x1b[0m \x1b[44mon blue\x1b[m <b>")
for part in range(0, 60, 20):
    print(f"{part} %", end="\r", flush=True)
start = time.monotonic()
while time.monotonic() - start < 4:
    time.sleep(0.05)
    print("60 %", end="\r", flush=True)
print("100 %")
sys.stdout.write("x" * 3_000_000 + "\nafter\n")
"#;
    let (ann, _working) = (ground(&app, code), Working::on(&app));
    let path = launch(&ann, &[]);
    crate::support::eventually("the bar moves", || {
        ann.get(&format!("{path}/logs")).texts(".log-unfinished").iter().any(|line| line.ends_with("60 %"))
    });
    let moving = ann.get(&format!("{path}/logs"));
    assert_eq!(moving.texts(".log-line").iter().filter(|line| line.contains('%')).count(), 1, "only the last state of the line");
    let stream = ann.get(&moving.attr("[data-log-stream]", "data-log-stream"));
    assert!(stream.body.contains("event: unfinished\n") && stream.body.contains("60 %") && stream.body.contains("100 %"), "{}", stream.body);
    settled(&ann, &path);
    let log = ann.get(&format!("{path}/logs"));
    assert!(!log.has(".log-unfinished") && log.says("after"));
    let text = ann.get(&format!("{path}/logs.txt"));
    assert!(text.body.len() > 3_000_000);
    let whole = ann.get(&format!("{path}/logs?at=0-0"));
    assert_eq!(
        (whole.text(".ansi-2.ansi-bold").as_str(), whole.text(".ansi-9").as_str(), whole.text(".ansi-ground").as_str()),
        ("green", "red", "on blue")
    );
    assert!(whole.says("100 %") && !whole.says("60 %") && !whole.body.contains('\u{1b}') && whole.says("more"));
}
