//! One schema, three times by hand: SQLite's, PostgreSQL's and the code's. Here they are held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;

use diesel::connection::{Connection, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use galleria::users;

use crate::support::{Options, Place, TestDatabase};

/// Columns in their order: name, class of type, whether NULL is possible.
type Table = Vec<(String, &'static str, bool)>;
type Schema = BTreeMap<String, Table>;

/// What the code, SQLite and PostgreSQL call one thing.
fn class(name: &str) -> &'static str {
    match name {
        "BigInt" | "bigint" | "BIGINT" | "INTEGER" => "whole number",
        "Text" | "text" | "TEXT" => "text",
        "Bool" | "boolean" | "BOOLEAN" => "truth",
        "Timestamp" | "timestamp without time zone" | "TIMESTAMP" => "time",
        "Double" | "double precision" | "DOUBLE PRECISION" => "number",
        "Binary" | "bytea" | "BLOB" => "bytes",
        other => panic!("`{other}` is a type that the two databases do not share"),
    }
}

fn in_the_code() -> Schema {
    let text = ["src/schema.rs", "src/schema/changes.rs", "src/schema/record.rs"].map(|path| fs::read_to_string(path).unwrap()).concat();
    let mut schema = Schema::new();
    for block in text.split("diesel::table! {").skip(1) {
        let mut lines = block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let name = lines.next().unwrap().split_whitespace().next().unwrap().to_owned();
        let columns = lines.take_while(|line| *line != "}").filter(|line| line.contains("->")).map(|line| {
            let (column, kind) = line.trim_end_matches(',').split_once(" -> ").unwrap();
            let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            (column.to_owned(), class(inner.unwrap_or(kind)), inner.is_some())
        });
        schema.insert(name, columns.collect());
    }
    schema
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

fn in_the_database(database: &TestDatabase) -> Schema {
    let url = database.url();
    let columns: Vec<Column> = if database.is_postgres() {
        let query = "SELECT table_name::text AS owner, column_name::text AS name, data_type::text AS kind, is_nullable = 'YES' AS nullable \
            FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position";
        diesel::sql_query(query).load(&mut diesel::PgConnection::establish(url).unwrap()).unwrap()
    } else {
        let query = "SELECT t.name AS owner, c.name AS name, c.type AS kind, c.\"notnull\" = 0 AS nullable \
            FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.cid";
        diesel::sql_query(query).load(&mut sqlite(url)).unwrap()
    };
    let mut schema = Schema::new();
    for column in columns {
        let own = ["__diesel_schema_migrations", "sqlite_sequence"];
        if !own.contains(&column.owner.as_str()) {
            schema.entry(column.owner).or_default().push((column.name, class(&column.kind), column.nullable));
        }
    }
    schema
}

/// The pool of the code may still be closing its own.
fn sqlite(url: &str) -> diesel::SqliteConnection {
    let mut conn = diesel::SqliteConnection::establish(url.trim_start_matches("sqlite:")).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    conn
}

#[test]
fn the_database_is_what_the_code_believes() {
    let place = Options::default().place();
    place.open();
    let (code, database) = (in_the_code(), in_the_database(place.database()));
    assert_eq!(code.keys().collect::<Vec<_>>(), database.keys().collect::<Vec<_>>());
    for (name, columns) in &code {
        assert_eq!(columns, &database[name], "the table {name}: src/schema.rs on the left, the database on the right");
    }
    assert!(code.len() > 10, "{code:?}");
}

fn folders(tree: &str) -> BTreeSet<String> {
    fs::read_dir(tree).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn both_databases_have_the_same_migrations_with_a_way_back() {
    let names = folders("migrations/sqlite");
    assert_eq!(names, folders("migrations/postgres"));
    for name in &names {
        for tree in ["sqlite", "postgres"] {
            assert_eq!(folders(&format!("migrations/{tree}/{name}")), BTreeSet::from(["down.sql".to_owned(), "up.sql".to_owned()]));
        }
        assert_eq!(rules_of("sqlite", name), rules_of("postgres", name), "{name}: SQLite's rules on the left, PostgreSQL's on the right");
    }
}

/// The lines that forbid or speed something up: keys, references, checks, indexes.
fn rules_of(tree: &str, name: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("migrations/{tree}/{name}/up.sql")).unwrap();
    let text = text.replace("BIGINT    NOT NULL GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT");
    let rule = |line: &&str| ["INDEX", "UNIQUE", "CHECK", "REFERENCES", "PRIMARY KEY", "DEFAULT"].iter().any(|word| line.contains(word));
    text.lines().map(|line| line.split("--").next().unwrap().trim()).filter(rule).map(str::to_owned).collect()
}

#[test]
fn down_undoes_everything_and_up_works_again() {
    let place = Options::default().place();
    place.open();
    let full = in_the_database(place.database());
    undo(place.database());
    assert_eq!(in_the_database(place.database()), Schema::new());
    place.open();
    assert_eq!(in_the_database(place.database()), full);
}

fn undo(database: &TestDatabase) {
    let tree = |name: &str| FileBasedMigrations::from_path(Path::new("migrations").join(name)).unwrap();
    if database.is_postgres() {
        let mut conn = diesel::PgConnection::establish(database.url()).unwrap();
        conn.revert_all_migrations(tree("postgres")).unwrap();
    } else {
        let mut conn = sqlite(database.url());
        conn.revert_all_migrations(tree("sqlite")).unwrap();
    }
}

/// `galleria user add` on a database that nobody has migrated yet.
fn add(place: &Place, handle: &str) -> std::process::Child {
    let mut command = place.command();
    command.args(["user", "add", handle, "--email", &format!("{handle}@example.org"), "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"correct horse battery\n").unwrap();
    child
}

#[test]
fn processes_that_start_together_migrate_once() {
    for _ in 0..3 {
        let place = Options::default().place();
        let handles = ["ann", "bob", "cleo", "dan"];
        let children: Vec<_> = handles.iter().map(|handle| add(&place, handle)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let db = place.open();
        for handle in handles {
            db.read(|conn| users::by_handle(conn, handle)).unwrap();
        }
    }
}
