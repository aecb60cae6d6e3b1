//! A file of a catalogue of any bytes is read to its end; what its lines say can be put into the database, and put again changes nothing.
#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;

use galleria::clock;
use galleria::config::Address;
use galleria::db::Db;
use galleria::entries::{Entry, Lines, put};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static DB: LazyLock<(Db, TempDir)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    (Db::open(&Address::Sqlite(folder.path().join("g.db")), 1).expect("opens"), folder)
});

fuzz_target!(|bytes: &[u8]| {
    let mut lines = Lines::new(bytes);
    let (mut before, mut entries) = (0, HashMap::new());
    while let Some(line) = lines.next_line().expect("reads") {
        assert!(line.number > before);
        before = line.number;
        match line.text.and_then(Entry::read) {
            Ok(entry) => drop(entries.insert((entry.publisher.to_string(), entry.name.to_string()), entry)),
            Err(why) => assert!(!why.is_empty() && !why.contains('\n')),
        }
    }
    assert_eq!(lines.read(), bytes.len() as u64);
    let entries: Vec<Entry> = entries.into_values().collect();
    let first = DB.0.write(|conn| put(conn, &entries, clock::now())).expect("what is read can be written");
    let second = DB.0.write(|conn| put(conn, &entries, clock::now())).expect("writes");
    assert!(first.new + first.changed + first.same == second.same, "{first:?}, then {second:?}");
});
