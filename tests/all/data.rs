//! My data: uploads, versions, previews, and datasets as inputs of real jobs.

mod store;

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use galleria::blobs::Blobs;
use galleria::engines::Engines;
use galleria::web::attachment::SANDBOX;
use galleria::worker::Worker;
use galleria::{clock, datasets};

use crate::subscriptions::subscribe;
use crate::support::{Client, Page, Published, TestApp, eventually};

const SALES: &[u8] = b"month,sum\n1,20\n2,<b>30</b>\n";
const READER: &str = "import os, sys
path = sys.argv[1]
assert os.path.abspath(path) == os.environ['GALLERIA_INPUT_TABLE'], path
print('read', open(path).read().splitlines()[1], 'from', path)
try:
    open(path, 'a')
    print('could write')
except OSError as error:
    print('cannot write:', error.strerror)
";
const PROJECT: &str = "name: reader
entry_points:
  main:
    parameters:
      table: {type: path, default: sample.csv, description: A table}
    command: \"python train.py {table}\"
galleria:
  requires: {inputs: [{name: table, formats: [csv]}]}
";

fn reader(app: &TestApp) -> Published {
    let reader = app.algorithm("lab", "reader").official().mlproject(PROJECT).file("train.py", READER);
    reader.file("sample.csv", "a\nsample row\n").publish()
}

/// Uploads and gives the dataset's page.
#[track_caller]
fn uploaded(client: &Client, name: &str, file: &str, bytes: &[u8]) -> Page {
    let answer = client.upload("/console/data", &[("name", name)], (file, bytes));
    assert_eq!(answer.status(), 303, "{}", answer.body);
    client.follow(&answer)
}

const FORM: &str = "/console/local/jobs/new?algorithm=lab/reader&version=1.0.0";

/// The log of a job that has ended in this state.
fn ended(client: &Client, job: &str, state: &str) -> String {
    eventually("the job has ended", || client.get(job).attr("main", "data-state") == state);
    client.get(&format!("{job}/logs.txt")).body
}

#[test]
fn an_upload_is_listed_previewed_and_given_back() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    assert!(ann.get("/console/data").says("Nothing is uploaded yet."));
    let page = uploaded(&ann, "Sales 2026", "C:\\data\\sales 1.csv", SALES);
    assert_eq!((page.text("h1"), page.texts("thead:first-child th")[..2].join(" ")), ("Sales 2026".into(), "month sum".into()));
    assert!(page.says("<b>30</b>") && !page.has("td b"), "what is in a file is text");
    assert!(page.says("sales_1.csv") && page.says("No job has used it yet."));
    let file = ann.get(&page.link("Download"));
    assert_eq!((file.body.as_bytes(), file.header("content-security-policy")), (SALES, SANDBOX));
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(ann.get("/console/data").says("Sales 2026"));
    let eve = app.sign_in("eve");
    assert!(!eve.get("/console/data").says("Sales 2026"));
    for path in [page.path.clone(), page.link("Download"), format!("{}/deletion", page.path)] {
        assert_eq!(eve.get(&path).status(), 404, "{path}");
    }
    assert_eq!(eve.upload(&page.path, &[], ("x.csv", b"x")).status(), 404);
}

#[test]
fn mistakes_are_told_beside_their_fields_and_nothing_typed_is_lost() {
    let app = TestApp::options().env("GALLERIA_LIMITS", "off").start();
    let ann = app.sign_in("ann");
    uploaded(&ann, "", "sales.csv", SALES);
    let taken = ann.upload("/console/data", &[("name", "sales")], ("b.csv", SALES));
    assert_eq!((taken.status(), taken.value("#name")), (422, "sales".into()));
    assert!(taken.text("#name-error").contains("You have a dataset of this name."));
    let nothing = ann.upload("/console/data", &[("name", "a@1")], ("", b""));
    assert_eq!((nothing.status(), nothing.text("#file-error")), (422, "Choose a file.".into()));
    assert_eq!((nothing.text("#name-error"), nothing.value("#name")), ("Use a name without @ and control characters.".into(), "a@1".into()));
    assert_eq!(ann.upload("/console/data", &[], ("empty.csv", b"")).text("#file-error"), "This file is empty.");
    assert_eq!(ann.post("/console/data", &[("name", "x")]).status(), 422);
    assert_eq!(ann.get("/console/data").count("tbody tr"), 1);
}

#[test]
fn a_new_version_leaves_the_earlier_ones_as_they_were() {
    let app = TestApp::new();
    let ann = app.sign_in("ann");
    let page = uploaded(&ann, "sales", "sales.csv", SALES);
    let again = ann.follow(&ann.upload(&page.path, &[], ("sales.csv", SALES)));
    assert_eq!(again.count("tbody th a[href*=version]"), 1, "the same bytes are no new version");
    let second = ann.follow(&ann.upload(&page.path, &[], ("sales.csv", b"month,sum\n1,99\n")));
    assert!(second.says("99") && second.text("h2").contains("Version 2"));
    assert!(ann.get(&format!("{}?version=1", page.path)).says("<b>30</b>"));
    assert_eq!(ann.get(&format!("{}?version=3", page.path)).status(), 404);
    assert_eq!(ann.get(&format!("{}/versions/1/file", page.path)).body.as_bytes(), SALES);
}

#[test]
fn a_job_reads_the_dataset_it_was_given_and_cannot_change_it() {
    let app = TestApp::options().with_worker().start();
    let (reader, ann) = (reader(&app), app.sign_in("ann"));
    subscribe(&ann, &reader);
    let dataset = uploaded(&ann, "sales", "sales.csv", SALES);
    let form = ann.get(FORM);
    assert_eq!(form.texts("select[name='input.table'] option"), ["The version’s own sample, sample.csv", "sales, version 1 (sales.csv)"]);
    let job = ann.press(&form, "Create training job", &[("input.table", "sales@1")]).location().to_owned();
    let log = ended(&ann, &job, "completed");
    assert!(log.contains("read 1,20 from /inputs/table/sales.csv") && log.contains("cannot write"), "{log}");
    let own = ann.press(&form, "Create training job", &[("launch_id", "own"), ("name", "own")]).location().to_owned();
    assert!(ended(&ann, &own, "completed").contains("read sample row"));
    let overview = ann.get(&job);
    assert!(overview.says("Input table") && overview.says("sales, version 1"), "{}", overview.body);
    assert!(ann.get(&dataset.path).texts("section th a").iter().any(|name| name.starts_with("reader-")), "the dataset names the job");
    // Another version since: the job runs again on the one it had.
    ann.upload(&dataset.path, &[], ("sales.csv", b"month,sum\n1,99\n"));
    let rebuild = ann.get(&format!("/console/local/jobs/new?from={}", job.rsplit('/').next().unwrap()));
    assert_eq!(rebuild.value("select[name='input.table']"), "sales@1");
    let job = ann.press(&rebuild, "Create training job", &[]).location().to_owned();
    assert!(ended(&ann, &job, "completed").contains("read 1,20"));
}

#[test]
fn what_does_not_fit_or_is_not_theirs_is_refused_beside_the_field() {
    let app = TestApp::new();
    let (reader, ann, eve) = (reader(&app), app.sign_in("ann"), app.sign_in("eve"));
    subscribe(&ann, &reader);
    uploaded(&ann, "notes", "notes.json", b"{}");
    uploaded(&eve, "secret", "secret.csv", SALES);
    let form = ann.get(FORM);
    let send = |value: &str| ann.press(&form, "Create training job", &[("input.table", value)]);
    let wrong = send("notes@1");
    assert_eq!((wrong.status(), wrong.value("select[name='input.table']")), (422, "notes@1".into()));
    assert!(wrong.says("It takes CSV; notes.json is JSON."));
    for other in ["secret@1", "secret", "/etc/passwd", "../x", "notes@7"] {
        let answer = send(other);
        assert_eq!(answer.status(), 422, "{other}");
    }
}

#[test]
fn a_deleted_dataset_is_gone_once_nobody_needs_its_bytes() {
    let app = TestApp::new();
    let (reader, ann, bob) = (reader(&app), app.sign_in("ann"), app.sign_in("bob"));
    subscribe(&ann, &reader);
    let mine = uploaded(&ann, "sales", "sales.csv", SALES);
    uploaded(&bob, "same", "sales.csv", SALES);
    let other = uploaded(&ann, "other", "other.csv", b"a\n1\n");
    let job = ann.press(&ann.get(FORM), "Create training job", &[("input.table", "other@1")]).location().to_owned();
    let asked = ann.get(&format!("{}/deletion", other.path));
    assert_eq!(ann.press(&asked, "Delete", &[]).status(), 409, "a job that uses it is under way");
    let gone = ann.press(&ann.get(&format!("{}/deletion", mine.path)), "Delete", &[]);
    assert_eq!((gone.location(), ann.get(&mine.path).status()), ("/console/data", 404));
    let worker = Worker::new(app.db().clone(), Engines::default(), &app.config().data_dir);
    let blobs = Blobs::datasets(&app.config().data_dir);
    worker.sweep(clock::now()).unwrap();
    let of = |text: &[u8]| galleria::versions::digest(std::str::from_utf8(text).unwrap());
    assert!(blobs.open(&of(SALES)).is_ok(), "another member has the same bytes");
    ann.post(&format!("{job}/cancellation"), &[]);
    let number: i64 = job.rsplit('/').next().unwrap().parse().unwrap();
    app.write(|conn| {
        use diesel::prelude::*;
        use galleria::schema::jobs;
        diesel::update(jobs::table.find(number)).set((jobs::state.eq("terminated"), jobs::ended_at.eq(clock::now()))).execute(conn)?;
        Ok(())
    });
    assert_eq!(ann.press(&asked, "Delete", &[]).status(), 303);
    worker.sweep(clock::now()).unwrap();
    assert!(blobs.open(&of(b"a\n1\n")).is_err(), "nobody needs these");
    assert!(ann.get(&job).says("other, deleted, version 1"));
    assert_eq!(app.read(|conn| datasets::discard_unused(conn, clock::now())), Vec::<String>::new());
}

/// How many files there are beneath a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

#[test]
fn a_file_over_the_limit_is_refused_with_the_limit_and_leaves_nothing() {
    let app = TestApp::options().more_file("[limits]\ndataset_size = \"1KiB\"\n").start();
    let ann = app.sign_in("ann");
    let page = ann.get("/console/data");
    assert!(page.says("Any format, at most 1 KiB") && page.attr("[data-upload]", "data-most") == "1024");
    let answer = ann.upload("/console/data", &[("name", "large")], ("large.bin", &[7; 1025]));
    assert_eq!((answer.status(), answer.text("#file-error").as_str()), (422, "A dataset can have at most 1 KiB."));
    let stored = app.config().data_dir.join("datasets");
    assert_eq!((files(&stored), answer.count("tbody tr")), (0, 0));
    let fits = uploaded(&ann, "fits", "fits.bin", &[7; 1024]);
    let answer = ann.upload(&fits.path, &[], ("large.bin", &[7; 1025]));
    assert_eq!((answer.status(), answer.text("#file-error").as_str()), (422, "A dataset can have at most 1 KiB."));
    assert_eq!(files(&stored), 1);
}

#[test]
fn what_a_member_has_in_all_is_held_by_uploads_at_the_same_time() {
    let app = TestApp::options().env("GALLERIA_DATASET_TOTAL", "5 KiB").start();
    let members: Vec<Client> = (0..6).map(|_| app.sign_in("ann")).collect();
    let together = Barrier::new(members.len());
    let upload = &|number: u8, member: &Client| {
        together.wait();
        member.upload("/console/data", &[("name", &format!("part {number}"))], ("part.bin", &[number; 2048]))
    };
    let answers: Vec<Page> = thread::scope(|scope| {
        let uploads: Vec<_> = (0..).zip(&members).map(|(number, member)| scope.spawn(move || upload(number, member))).collect();
        uploads.into_iter().map(|upload| upload.join().unwrap()).collect()
    });
    let (taken, refused): (Vec<&Page>, Vec<&Page>) = answers.iter().partition(|answer| answer.status() == 303);
    assert_eq!((taken.len(), refused.len()), (2, 4));
    let words = "With this file your datasets would take more than 5 KiB. Delete some first.";
    assert!(refused.iter().all(|answer| answer.status() == 422 && answer.text("#file-error") == words));
    let ann = &members[0];
    assert_eq!(ann.get("/console/data").count("tbody tr"), 2);

    // What cannot be kept is not stored first; another member has room of their own, and so has who deletes.
    let stored = app.config().data_dir.join("datasets");
    let before = files(&stored);
    assert_eq!(ann.upload("/console/data", &[], ("more.bin", &[9; 2048])).text("#file-error"), words);
    assert_eq!(files(&stored), before);
    uploaded(&app.sign_in("bob"), "bobs", "part.bin", &[1; 2048]);
    ann.post(&format!("{}/deletion", taken[0].location()), &[]);
    uploaded(ann, "more", "more.bin", &[9; 2048]);
}
