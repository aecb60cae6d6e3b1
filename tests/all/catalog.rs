//! `galleria catalog import` and `export`: what comes in, what is refused, and what an entry is on the pages.

mod pages;

use std::io::Write;
use std::process::{Child, Output, Stdio};

use diesel::prelude::*;
use galleria::algorithms::{self, Listing};
use galleria::catalogue;
use galleria::error::Result;
use galleria::{clock, publishers, schema};
use serde_json::{Value, json};

use crate::support::{Options, Place, TestApp, eventually};

/// Runs the command with `input` on standard input.
pub fn catalog(place: &Place, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = spawn(place, arguments);
    // What ends at once reads nothing.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

fn spawn(place: &Place, arguments: &[&str]) -> Child {
    let mut command = place.command();
    command.arg("catalog").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Imports lines, all of which must be right, and gives what was said.
#[track_caller]
pub fn import(place: &Place, lines: &[Value]) -> String {
    let output = catalog(place, &["import", "-"], text(lines).as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn export(place: &Place) -> Vec<u8> {
    let output = catalog(place, &["export"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    output.stdout
}

/// An entry with every field.
pub fn line(publisher: &str, name: &str) -> Value {
    json!({
        "publisher": publisher, "name": name, "title": format!("The {name}"), "summary": "One line & more.",
        "description": "# What\n\nIt is about.", "task": "Tabular classification", "framework": "PyTorch", "license": "MIT",
        "open_source": true, "subscribers": 40, "likes": 7, "updated_at": "2026-02-03T04:05:06.789Z",
        "versions": [
            {"version": "1.0.0", "constraints": null, "parameters": []},
            {"version": "1.2.0", "constraints": "Not for *clinical* use.",
             "parameters": [{"name": "rate", "type": "float", "default": "0.1", "min": 0.001, "max": 0.3, "description": "How fast"}]},
        ],
    })
}

/// So many entries.
pub fn many(count: usize) -> Vec<Value> {
    (0..count).map(numbered).collect()
}

fn numbered(number: usize) -> Value {
    line(&format!("group-{}", number % 37), &format!("entry-{number}"))
}

fn count(place: &Place) -> i64 {
    place.open().read(|conn| Ok(schema::algorithms::table.count().get_result(conn)?)).unwrap()
}

#[test]
fn what_is_exported_is_imported_and_exported_again_to_the_byte() {
    let app = TestApp::new();
    let requires = "{accelerator: gpu, cpus: 4, memory: 8GiB, distributed: true, inputs: [{name: data, formats: [csv], columns: {a: float}}]}";
    app.algorithm("lab", "real").official().constraints("Be *kind*.").yaml("requires", requires).versions(&["1.0.0", "1.1.0"]).publish();
    app.algorithm("lab", "plain").publish();
    app.algorithm("lab", "secret").private().publish();
    let delisted = app.algorithm("lab", "delisted").publish().algorithm.id;
    app.write(|conn| algorithms::set_listing(conn, delisted, Listing::Delisted, clock::now()));
    import(app.place(), &many(2_300));
    let first = export(app.place());
    let lines: Vec<Value> =
        first.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert_eq!(lines.len(), 2_302, "two of the lab's are not public");
    assert_eq!(lines[2], line("group-0", "entry-0"), "an entry is written as it came");

    let other = Options::default().place();
    let file = other.folder().join("all.jsonl");
    std::fs::write(&file, &first).unwrap();
    let output = catalog(&other, &["import", file.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(export(&other) == first, "the same bytes");
    let again = other.folder().join("again.jsonl");
    assert_eq!(catalog(&other, &["export", again.to_str().unwrap()], b"").status.code(), Some(0));
    assert!(std::fs::read(again).unwrap() == first, "in a file too");
    let lab = other.open().read(|conn| publishers::by_handle(conn, "lab")).unwrap();
    assert!(!lab.official && lab.kind == publishers::Kind::Organisation, "nobody becomes official: {lab:?}");
}

#[test]
fn each_bad_line_is_told_with_its_number_and_the_others_come_in() {
    let place = Options::default().place();
    let mut bytes = text(&[line("ann", "first")]).into_bytes();
    bytes.extend_from_slice(b"{\"publisher\": \"ann\", \n\n{\"publisher\": \"ann\"}\n{\"publisher\": \"ann\", \"name\": \"Iris!\"}\n");
    bytes.extend_from_slice(format!("{{\"publisher\": \"ann\", \"name\": \"long\", \"description\": \"{}\"}}\n", "x".repeat(2 << 20)).as_bytes());
    bytes.extend_from_slice(
        b"{\"publisher\": \"ann\", \"name\": \"nul\", \"title\": \"a\\u0000b\"}\n{\"publisher\": \"ann\", \"name\": \"raw\0nul\"}\n",
    );
    bytes.extend_from_slice(b"{\"publisher\": \"ann\", \"name\": \"bytes\", \"title\": \"\xff\xfe\"}\n");
    let official = json!({"publisher": "ann", "name": "last", "official": true, "publisher_official": true, "stars": [1]});
    bytes.extend_from_slice(text(&[official]).as_bytes());
    let output = catalog(&place, &["import", "-"], &bytes);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        "line 2: is no JSON object",
        "line 4: missing field `name`",
        "line 5: name: Use 2 to 39 characters",
        "line 6: has 2097",
        "line 7: title: must be one line without invisible characters",
        "line 8: is no JSON object",
        "line 9: is not UTF-8",
        "9 lines: 2 new, 0 changed, 0 as they were, 7 not imported",
        "galleria: 7 lines were not imported",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    assert_eq!(count(&place), 2);
    let ann = place.open().read(|conn| publishers::by_handle(conn, "ann")).unwrap();
    assert!(!ann.official, "whatever a line says");
    let missing = catalog(&place, &["import", "/nowhere/at-all.jsonl"], b"");
    assert!(missing.status.code() == Some(1) && String::from_utf8_lossy(&missing.stderr).contains("/nowhere/at-all.jsonl"));
}

#[test]
fn the_same_file_twice_changes_nothing_and_a_changed_line_its_entry() {
    let app = TestApp::new();
    let place = app.place();
    let sequence = || app.read(catalogue::sequence);
    assert_eq!(import(place, &[line("ann", "iris"), line("bob", "iris")]), "2 lines: 2 new, 0 changed, 0 as they were");
    let before = sequence();
    assert_eq!(import(place, &[line("ann", "iris"), line("bob", "iris")]), "2 lines: 0 new, 0 changed, 2 as they were");
    assert_eq!(sequence(), before, "nothing to announce");
    let mut other = line("bob", "iris");
    other["title"] = "Another title".into();
    other["subscribers"] = 41.into();
    other["versions"] = json!([{"version": "1.2.0", "constraints": "Other words.", "parameters": {"rate": 0.5}}, {"version": "2.0.0"}]);
    assert_eq!(
        import(place, &[line("ann", "iris"), line("bob", "iris"), other.clone()]),
        "3 lines: 0 new, 1 changed, 1 as they were, 1 said again by a later line"
    );
    let written: Vec<Value> =
        export(place).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert_eq!(written[0], line("ann", "iris"));
    assert_eq!((&written[1]["title"], &written[1]["subscribers"]), (&other["title"], &other["subscribers"]));
    let numbers: Vec<&Value> = written[1]["versions"].as_array().unwrap().iter().map(|version| &version["version"]).collect();
    assert_eq!(numbers, ["1.2.0", "2.0.0"], "1.0.0 is gone");
    assert!(app.visitor().get("/algorithms/bob/iris/versions/1.0.0").says("It is not in the catalogue any more."));
    assert_eq!(import(place, &[line("bob", "iris")]), "1 lines: 0 new, 1 changed, 0 as they were");
    assert!(!app.visitor().get("/algorithms/bob/iris/versions/1.0.0").has(".notice-bad"), "it has come back");
    assert_eq!(serde_json::from_slice::<Value>(export(place).split(|byte| *byte == b'\n').nth(1).unwrap()).unwrap()["title"], "The iris");
}

#[test]
fn nothing_is_added_to_what_is_official() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").official().publish();
    let output = catalog(app.place(), &["import", "-"], text(&[line("lab", "iris"), line("ann", "wine"), line("lab", "wine")]).as_bytes());
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("line 3: publisher: lab is official here") && said.contains("3 lines: 1 new"), "{said}");
    assert_eq!(app.visitor().get("/algorithms/lab/wine").status(), 404);
    // Who became official later keeps their entries, and those still follow the file.
    app.write(|conn| publishers::set_official(conn, "ann", true));
    let mut other = line("ann", "wine");
    other["title"] = "Another".into();
    assert_eq!(import(app.place(), &[other]), "1 lines: 0 new, 1 changed, 0 as they were");
}

#[test]
fn what_was_published_here_stays_as_it_is() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("title", "Real").versions(&["1.0.0", "1.1.0"]).publish();
    assert_eq!(
        import(app.place(), &[line("lab", "iris"), line("lab", "other")]),
        "2 lines: 1 new, 0 changed, 0 as they were, 1 published here and left alone"
    );
    let page = app.visitor().get("/algorithms/lab/iris/versions");
    assert!(page.text("h1").contains("Real") && page.says("1.1.0") && !page.says("1.2.0"), "{}", page.body);
    let again = export(app.place());
    let output = catalog(app.place(), &["import", "-"], &again);
    assert!(said(&output).contains("2 lines: 0 new, 0 changed, 1 as they were, 1 published here"), "{}", said(&output));
}

#[test]
fn an_import_that_was_killed_is_simply_run_again() {
    let place = Options::default().place();
    let db = place.open();
    let lines = many(7_500);
    let file = text(&lines);
    let half: String = file.lines().take(4_500).map(|line| format!("{line}\n")).collect();
    let mut child = spawn(&place, &["import", "-"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(half.as_bytes()).unwrap();
    // It waits for more: nothing but what was sent can be there.
    let there = || db.read(|conn| -> Result<i64> { Ok(schema::algorithms::table.count().get_result(conn)?) }).unwrap();
    eventually("some entries are there", || there() >= 2_000);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(input);
    let before = there();
    assert!((2_000..7_500).contains(&before), "{before}");
    let said = import(&place, &lines);
    assert_eq!(said, format!("7500 lines: {} new, 0 changed, {before} as they were", 7_500 - before));
    assert_eq!(there(), 7_500);
    let written: Vec<Value> =
        export(&place).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert!(written == lines, "all of them, in their order, each once");
}

#[test]
fn on_a_terminal_a_bar_says_how_far_it_is_and_is_gone_in_the_end() {
    let place = Options::default().place();
    let path = place.folder().join("lines.jsonl");
    std::fs::write(&path, text(&many(5_000))).unwrap();
    let galleria = place.command();
    // `script` gives its command a terminal.
    let mut command = std::process::Command::new("script");
    command.envs(galleria.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERM", "xterm");
    let import = format!("stty cols 100 && {} catalog import {}", galleria.get_program().display(), path.display());
    let output = command.args(["-qec", &import, "/dev/null"]).stdin(Stdio::null()).output().unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let (bar, end) = said.split_once("5000 lines: 5000 new").unwrap();
    assert!(bar.contains("40% 2000 lines") && bar.contains("to go"), "{said:?}");
    assert!(!end.contains('%') && bar.ends_with("\u{1b}[2K"), "{said:?}");
}

#[test]
fn memory_does_not_grow_with_the_file() {
    use nix::sys::resource::{UsageWho, getrusage};
    // Of the children that have ended, the most that any of them had. What this process has itself counts, until it has
    // become the child; so no file is held here.
    let most = |place: &Place, count: usize| {
        let path = place.folder().join("lines.jsonl");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        (0..count).for_each(|number| writeln!(file, "{}", numbered(number)).unwrap());
        drop(file);
        let output = catalog(place, &["import", path.to_str().unwrap()], b"");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss()
    };
    let place = Options::default().place();
    let (small, large) = (most(&place, 2_000), most(&place, 20_000));
    assert!(small > 1_000 && large * 10 <= small * 14, "{small} KiB for 2,000 lines, {large} KiB for 20,000");
}
