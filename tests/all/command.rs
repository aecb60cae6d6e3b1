//! The `galleria` command: what it prints, and the exit status scripts rely on.

use std::io::Write;
use std::process::{Output, Stdio};

use galleria::publishers;
use galleria::users;

use crate::support::{Options, PASSWORD, Place, Role, TestApp, eventually, lasting_port};

/// Runs it with `input` on standard input.
fn galleria(place: &Place, arguments: &[&str], input: &str) -> Output {
    let mut command = place.command();
    let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A command that wants no input may be gone already.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn ends(output: &Output, status: i32, part: &str) {
    let said = out(output) + &err(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(part), "{said}");
}

#[test]
fn every_fault_of_the_configuration_is_told_at_once_with_its_line() {
    let file = "lisen = \"x\"\ncurrency = \"dollars\"\n[limits]\nlogin = \"often\"\nlogout = \"1/s\"\n[[region]]\nid = \"local\"\nname = \"One\"\nengine = \"steam\"\n";
    let place = Options::default().file(file).env("GALLERIA_REGISTRATION", "maybe").env("DATABASE_URL", "mysql://h/d").place();
    let output = galleria(&place, &["config", "check"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    for part in [
        "galleria.toml:1",
        "lisen",
        "galleria.toml:2",
        "galleria.toml:4",
        "galleria.toml:5",
        "logout",
        "steam",
        "GALLERIA_REGISTRATION: ",
        "DATABASE_URL: ",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    assert!(said.lines().count() >= 7, "{said}");
}

#[test]
fn a_region_that_could_run_nothing_is_a_fault() {
    let file = "[[region]]\nid = \"local\"\nname = \"\"\n[[region.flavor]]\nid = \"No!\"\nname = \" \"\ncpus = 0\nmemory = \"0GiB\"\nmax_nodes = 2\nprice_per_hour = \"-1\"\n\
        [[region]]\nid = \"far\"\nengine = \"ray\"\naddress = \"ftp://h\"\n";
    let output = galleria(&Options::default().file(file).place(), &["config", "check"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    for line in [3, 5, 6, 7, 8, 9, 10, 14] {
        assert!(said.contains(&format!("galleria.toml:{line}:")), "line {line} is not in:\n{said}");
    }
}

#[test]
fn the_effective_configuration_is_shown_without_secrets() {
    let place = Options::default().env("DATABASE_URL", "postgres://ann:s3cret@db.example/g").env("GALLERIA_ADMIN_PASSWORD", "hunter two").place();
    let output = galleria(&place, &["config", "check"], "");
    ends(&output, 0, "postgres://ann:***@db.example/g");
    assert!(!out(&output).contains("s3cret") && !out(&output).contains("hunter"), "{}", out(&output));
    assert!(out(&output).contains("id = \"cpu-1\""));
}

#[test]
fn sizes_of_datasets_come_from_the_file_and_the_environment() {
    let file = "[limits]\ndataset_size = \"256MiB\"\ndataset_total = \"2TiB\"\n";
    let options = || Options::default().more_file(file);
    let said = out(&galleria(&options().env("GALLERIA_DATASET_TOTAL", "3072MiB").place(), &["config", "check"], ""));
    assert!(said.contains("\ndataset_size = \"256 MiB\"\ndataset_total = \"3 GiB\"\n"), "{said}");
    let wrong = options().env("GALLERIA_DATASET_SIZE", "much").more_file("dataset_number = 3\n").place();
    let said = err(&galleria(&wrong, &["config", "check"], ""));
    assert!(said.contains("GALLERIA_DATASET_SIZE: `much` is not a size") && said.contains("[limits] has no key `dataset_number`"), "{said}");
}

#[test]
fn listening_beyond_this_machine_needs_an_address_people_know() {
    let open = || Options::default().env("GALLERIA_LISTEN", "0.0.0.0:8080");
    ends(&galleria(&open().place(), &["config", "check"], ""), 1, "GALLERIA_BASE_URL");
    ends(&galleria(&open().env("GALLERIA_BASE_URL", "https://gallery.example").place(), &["config", "check"], ""), 0, "https://gallery.example");
}

#[test]
fn a_configuration_file_that_was_named_must_be_there() {
    let place = Options::default().place();
    ends(&galleria(&place, &["config", "check", "--config", "none.toml"], ""), 1, "none.toml");
    std::fs::write(place.folder().join("bad.toml"), "currency = \"USD\"\nthis is not toml\n").unwrap();
    ends(&galleria(&place, &["--config", "bad.toml", "config", "check"], ""), 1, "bad.toml:2");
}

#[test]
fn accounts_from_a_script() {
    let app = TestApp::new();
    let place = app.place();
    let add = ["user", "add", "ann", "--email", "ann@example.org", "--password-stdin"];
    ends(&galleria(place, &add, "a good long one\n"), 0, "ann");
    ends(&galleria(place, &add, "a good long one\n"), 1, "taken");
    ends(&galleria(place, &["user", "add", "bob", "--email", "bob@example.org", "--password-stdin"], "password1\n"), 1, "common");
    ends(&galleria(place, &["user", "add", "Bob", "--email", "bob@example.org", "--password-stdin"], PASSWORD), 1, "a-z, 0-9");
    let ann = app.visitor();
    assert_eq!(ann.post("/login", &[("login", "ann"), ("password", "a good long one")]).status(), 303, "the line's end is not part of it");
    ends(&galleria(place, &["user", "password", "ann", "--password-stdin"], "another long one"), 0, "");
    assert_eq!(ann.get("/settings").status(), 303, "their sessions have ended");
    assert_eq!(ann.post("/login", &[("login", "ann"), ("password", "another long one")]).status(), 303);
    ends(&galleria(place, &["user", "password", "nobody", "--password-stdin"], PASSWORD), 1, "nobody");
    ends(&galleria(place, &["user", "add", "zoe", "--email", "zoe@example.org", "--admin", "--password-stdin"], PASSWORD), 0, "zoe");
    assert!(app.read(|conn| users::by_handle(conn, "zoe")).admin);
}

#[test]
fn publishers_are_marked_official_and_unmarked() {
    let app = TestApp::new();
    app.user("lab");
    let official = || app.read(|conn| publishers::by_handle(conn, "lab")).official;
    ends(&galleria(app.place(), &["user", "official", "lab"], ""), 0, "lab is official");
    assert!(official());
    ends(&galleria(app.place(), &["user", "official", "lab", "--revoke"], ""), 0, "lab is not official");
    assert!(!official());
    ends(&galleria(app.place(), &["user", "official", "nobody"], ""), 1, "nobody");
}

#[test]
fn wrong_use_is_told_apart_from_failure_and_help_is_everywhere() {
    let place = Options::default().place();
    for wrong in [&["dance"][..], &["user"], &["user", "add", "ann"], &["user", "add", "ann", "--email", "a@b.c"], &["config"], &["--colour"]] {
        let output = galleria(&place, wrong, "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", err(&output));
        assert!(err(&output).contains("Usage:"), "{wrong:?}: {}", err(&output));
    }
    ends(&galleria(&place, &["--version"], ""), 0, env!("CARGO_PKG_VERSION"));
    let top = galleria(&place, &["--help"], "");
    ends(&top, 0, "serve");
    for command in [&["serve"][..], &["user"], &["user", "add"], &["user", "password"], &["user", "official"], &["config"], &["config", "check"]] {
        let help = galleria(&place, &[command, &["--help"]].concat(), "");
        ends(&help, 0, "Usage:");
        assert!(out(&help).contains("--config"), "all take --config: {command:?}");
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_said_in_words() {
    let place = Options::default().env("DATABASE_URL", "postgres://ann:s3cret@127.0.0.1:1/none").place();
    let output = galleria(&place, &["user", "official", "lab"], "");
    ends(&output, 1, "cannot open the database postgres://ann:***@127.0.0.1:1/none");
    assert!(!err(&output).contains("s3cret"), "{}", err(&output));
}

#[test]
fn a_server_takes_more_open_files_than_a_shell_gives() {
    let place = Options::default().place();
    let server = Role::start_with_files(&place, "web", lasting_port(), 256);
    eventually("the limit is raised", || {
        let [now, most] = server.most_files();
        now == most.min(1 << 16)
    });
}
