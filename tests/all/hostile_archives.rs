//! Archives as attackers send them, to a real server: each refused in words, nothing left of any, and memory flat; and
//! uploads that are killed in the middle.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use diesel::prelude::*;
use flate2::{Compression, write::GzEncoder};
use galleria::blobs::Blobs;
use galleria::clock;
use galleria::engines::Engines;
use galleria::package;
use galleria::schema::{algorithms, versions};
use galleria::worker::Worker;
use tar::EntryType;

use crate::support::{Client, Role, Script, TestApp, eventually_within, lasting_port};

const MINIMAL: &[u8] = b"entry_points: {main: {command: echo hi}}\n";

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

/// A tar whose entries come from anywhere, gzipped as it is written.
fn tarball(entries: &[(&str, EntryType, u64)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |name: &str, kind: EntryType, size: u64, content: &mut dyn Read| {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, content).unwrap();
    };
    add("MLproject", EntryType::Regular, MINIMAL.len() as u64, &mut &MINIMAL[..]);
    for (name, kind, size) in entries {
        add(name, *kind, *size, &mut std::io::repeat(0).take(*size));
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A ZIP of the writer of everybody else, with one entry more.
fn zip(name: &str, mode: u32, size: u64) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
    writer.start_file("MLproject", options).unwrap();
    writer.write_all(MINIMAL).unwrap();
    writer.start_file(name, options).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(size), &mut writer).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Archives in order whose project is not.
fn projects() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let project = |text: &str| package::pack([("MLproject", text.as_bytes())]).unwrap();
    vec![
        ("no project", package::pack([("a.py", b"".as_slice())]).unwrap(), "MLproject"),
        ("a command of something undeclared", project("entry_points: {main: {command: '{x}'}}"), "x"),
        ("aliases", project("a: &a [1]\nentry_points: {main: {command: *a}}"), "alias"),
        ("a deep document", project(&format!("a: {}\nentry_points: {{main: {{command: x}}}}", "[".repeat(200))), "MLproject"),
        ("a large document", project(&format!("# {}", "x".repeat(300 << 10))), "256 KiB"),
        ("a container", project("docker_env: {image: x}\nentry_points: {main: {command: x}}"), "docker"),
        (
            "a package from elsewhere",
            package::pack([
                ("MLproject", b"python_env: e.yaml\nentry_points: {main: {command: x}}".as_slice()),
                ("e.yaml", b"dependencies: ['git+https://h/x']"),
            ])
            .unwrap(),
            "only names with versions",
        ),
        ("an environment outside", project("python_env: ../../etc/passwd\nentry_points: {main: {command: x}}"), "passwd"),
    ]
}

/// What is sent, and a word of what is said of it.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let file = EntryType::Regular;
    let good = package::pack([("MLproject", MINIMAL), ("train.py", b"print(1)")]).unwrap();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    let deep = format!("{}x", "d/".repeat(40));
    let mut all = projects();
    all.extend([
        ("nothing", Vec::new(), "neither"),
        ("no archive", b"hello".to_vec(), "neither"),
        ("too large", vec![b'P'; (64 << 20) + 1], "64 MiB"),
        ("a tarball that unpacks to more than it may", tarball(&[("zeros", file, 513 << 20)]), "512 MiB"),
        ("a ZIP that unpacks to more than it may", zip("zeros", 0o644, 513 << 20), "512 MiB"),
        ("a symbolic link", tarball(&[("link", EntryType::Symlink, 0)]), "link or a device"),
        ("a hard link", tarball(&[("link", EntryType::Link, 0)]), "link or a device"),
        ("a device", tarball(&[("tty", EntryType::Char, 0)]), "link or a device"),
        ("a pipe", tarball(&[("pipe", EntryType::Fifo, 0)]), "link or a device"),
        ("out of its folder", tarball(&[("../../evil", file, 1)]), "`..`"),
        ("an absolute path", tarball(&[("/tmp/evil", file, 1)]), "relative"),
        ("a path of another system", zip("a\\b", 0o644, 1), "relative"),
        ("two names that are one", tarball(&[("A", file, 1), ("a", file, 1)]), "capital letters"),
        ("a name twice", tarball(&[("a", file, 1), ("a", file, 1)]), "twice"),
        ("a file and a folder", tarball(&[("a", file, 1), ("a/b", file, 1)]), "both a file and a folder"),
        ("a name that reads backwards", zip("a\u{202e}gpj.py", 0o644, 1), "invisible"),
        ("too deep", zip(&deep, 0o644, 1), "folders deep"),
        ("too long a path", zip(&"x".repeat(1_100), 0o644, 1), "1024"),
        ("cut off", changed(&|bytes| bytes.truncate(bytes.len() - 10)), "cut off"),
        ("data after its end", changed(&|bytes| bytes.extend([0; 9])), "after the end"),
        ("data before its beginning", changed(&|bytes| bytes.splice(0..0, *b"PK#!/bin/sh").for_each(drop)), "not where its end says"),
        ("two names in one record", changed(&|bytes| bytes[30] = b'm'), "two ways"),
    ]);
    all
}

#[test]
fn each_is_refused_in_words_and_memory_stays_flat() {
    let app = TestApp::options().env("GALLERIA_LIMITS", "off").start();
    let script = Script::of(&app, "ann", &["publish"]);
    let port = lasting_port();
    let server = Role::start(app.place(), "web", port);
    let client = Client::new(&format!("http://127.0.0.1:{port}"));
    eventually_within(Duration::from_secs(60), "the server answers", || client.try_send(client.request("GET", "/livez")).is_some());
    let send = |bytes: Vec<u8>| {
        let request = client.request("POST", "/api/v1/algorithms/ann/evil/versions").header("Authorization", format!("Bearer {}", script.token()));
        client.send(request.body(bytes))
    };
    let small = send(package::pack([("MLproject", MINIMAL)]).unwrap());
    assert_eq!(small.status(), 201, "{}", small.body);
    let (before, kept) = (server.most_memory(), files(&app.config().data_dir.join("archives")));
    for (what, bytes, words) in hostile() {
        let size = bytes.len();
        let answer = send(bytes);
        let status = if size > 64 << 20 { 413 } else { 422 };
        assert_eq!(answer.status(), status, "{what}: {}", answer.body);
        assert!(answer.body.contains(words), "{what}: {}", answer.body);
    }
    let more = server.most_memory().saturating_sub(before);
    assert!(more < 48 << 20, "{} MiB more than for a small archive", more >> 20);
    assert_eq!(files(&app.config().data_dir.join("archives")), kept, "nothing is left");
    assert!(!Path::new("/tmp/evil").exists());
}

/// Sends the head of an upload and so much of its body, and leaves the line open.
fn begun(port: u16, token: &str, bytes: &[u8], part: usize) -> TcpStream {
    let mut line = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "POST /api/v1/algorithms/ann/killed/versions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    );
    line.write_all(head.as_bytes()).unwrap();
    line.write_all(&bytes[..part]).unwrap();
    line
}

#[test]
fn an_upload_that_is_killed_leaves_no_row_and_after_the_sweep_no_bytes() {
    let app = TestApp::options().env("GALLERIA_LIMITS", "off").env("GALLERIA_PROOF", "off").start();
    let script = Script::of(&app, "ann", &["publish"]);
    let archives = app.config().data_dir.join("archives");
    // Bytes that do not pack, so that they take their time.
    let mut noise = vec![0; 12_000_000];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut noise);
    let bytes = package::pack([("MLproject", MINIMAL), ("noise", noise.as_slice())]).unwrap();
    let port = lasting_port();
    for share in [10, 50, 90, 100] {
        let mut server = Role::start(app.place(), "web", port);
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        eventually_within(Duration::from_secs(60), "the server answers", || client.try_send(client.request("GET", "/livez")).is_some());
        let size = || files(&archives).iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).sum::<u64>();
        let before = size();
        let line = begun(port, script.token(), &bytes, bytes.len() * share / 100);
        eventually_within(Duration::from_secs(60), "it has begun to write", || size() > before);
        server.kill();
        drop(line);
        let rows: Vec<(String, String)> = app.read(|conn| {
            let joined = versions::table.inner_join(algorithms::table).filter(algorithms::name.eq("killed"));
            Ok(joined.select((versions::number, versions::digest)).load(conn)?)
        });
        let blobs = Blobs::archives(&app.config().data_dir);
        assert!(rows.iter().all(|(_, digest)| blobs.open(digest).is_ok()), "no row without its bytes, after {share} %");
        assert!(share == 100 || rows.is_empty(), "nothing was published after {share} %");
    }
    for file in files(&archives) {
        fs::File::options()
            .write(true)
            .open(&file)
            .or_else(|_| fs::File::open(&file))
            .unwrap()
            .set_modified(SystemTime::now() - Duration::from_secs(200_000))
            .unwrap();
    }
    Worker::new(app.db().clone(), Engines::default(), &app.config().data_dir).sweep(clock::now()).unwrap();
    let known: Vec<String> = app.read(|conn| Ok(versions::table.select(versions::digest).distinct().load(conn)?));
    assert_eq!(files(&archives).len(), known.len(), "no bytes without a row: {:?}", files(&archives));
}
