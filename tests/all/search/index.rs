//! The index itself: what becomes of it when it is lost, of another database, behind, or written to by several.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use galleria::algorithms::{self, Reader, Visibility};
use galleria::clock;
use galleria::search::{Facet, Query};
use nix::fcntl::{Flock, FlockArg};

use super::{MARKET, found, names, search};
use crate::catalog::{import, many};
use crate::market::listed;
use crate::support::{Role, TestApp, eventually, eventually_within, lasting_port};

/// Where the first server of a gallery has its index.
pub fn segments(app: &TestApp) -> PathBuf {
    app.folder().join("data/index/0/segments")
}

#[test]
fn a_lost_or_damaged_index_is_made_anew() {
    let app = TestApp::new();
    app.algorithm("ann", "iris").publish();
    assert_eq!(search(&app, "iris"), ["ann/iris"]);
    let place = app.folder().to_owned();
    let files = |ending: &str| {
        let all = fs::read_dir(place.join("data/index/0/segments")).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.to_string_lossy().ends_with(ending)).collect::<Vec<_>>()
    };
    // The folder belongs to the server in this process; each of these has the next one for itself.
    let copy = |change: &dyn Fn(PathBuf)| {
        let target = app.folder().join("data/index/1/segments");
        drop(fs::remove_dir_all(&target));
        fs::create_dir_all(&target).unwrap();
        // Whoever had it before lets go when its last request is over.
        let lock = || fs::File::options().create(true).append(true).open(target.with_file_name("lock")).unwrap();
        eventually("the folder is free", || Flock::lock(lock(), FlockArg::LockExclusiveNonblock).is_ok());
        for path in files("") {
            fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
        }
        change(target);
        let other = app.another();
        assert_eq!(search(&other, "iris"), ["ann/iris"]);
        assert!(!app.folder().join("data/index/2").exists(), "it did not have the index that was changed");
    };
    copy(&|_| {});
    copy(&|folder| fs::remove_dir_all(folder).unwrap());
    copy(&|folder| fs::write(folder.join("meta.json"), "{").unwrap());
    copy(&|folder| {
        let text = fs::read_to_string(folder.join("meta.json")).unwrap();
        let other = text.replace("\\\"version\\\":", "\\\"version\\\":9");
        assert_ne!(other, text);
        fs::write(folder.join("meta.json"), other).unwrap();
    });
    for ending in ["term", "idx", "fast", "store", "pos"] {
        copy(&|folder| {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.to_string_lossy().ends_with(ending)) {
                let mut bytes = fs::read(&path).unwrap();
                let middle = bytes.len() / 3;
                bytes[middle] ^= 0x55;
                fs::write(&path, bytes).unwrap();
            }
        });
    }
    assert!(segments(&app).exists());
}

#[test]
fn an_index_that_is_damaged_while_it_is_used_is_made_anew() {
    for ending in ["store", "term"] {
        let app = TestApp::new();
        app.algorithm("ann", "iris").publish();
        damage(&app, ending);
        // Who asks first may be told that something went wrong; nobody for long.
        eventually("it is found again", || {
            let page = app.visitor().get("/market/algorithms?q=iris");
            page.status() == 200 && listed(&page) == ["ann/iris"]
        });
    }
}

#[test]
fn damage_is_found_before_anybody_asks_for_what_is_damaged() {
    let app = TestApp::new();
    app.algorithm("ann", "iris").text("title", "Flowers by their leaves").publish();
    let damaged = damage(&app, "pos");
    eventually("the index is made anew", || damaged.iter().all(|path| !path.exists()));
    eventually("it is found by words in a row", || {
        let page = app.visitor().get("/market/algorithms?q=%22by+their+leaves%22");
        page.status() == 200 && listed(&page) == ["ann/iris"]
    });
}

/// Writes something else into the files of this kind once the index is up to date; which they are.
fn damage(app: &TestApp, ending: &str) -> Vec<PathBuf> {
    eventually("the index is up to date", || app.visitor().get("/readyz").body.contains(": 0 changes"));
    let files = fs::read_dir(segments(app)).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    assert!(!files.is_empty());
    for path in &files {
        let mut file = fs::File::options().write(true).open(path).unwrap();
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        file.write_all(&vec![0xff; length]).unwrap();
    }
    files
}

#[test]
fn an_index_of_another_database_is_not_used() {
    let (app, other) = (TestApp::new(), TestApp::new());
    app.algorithm("ann", "iris").publish();
    other.algorithm("ann", "rose").publish();
    assert_eq!(search(&app, "iris"), ["ann/iris"]);
    let target = other.folder().join("data/index/1/segments");
    fs::create_dir_all(&target).unwrap();
    for path in fs::read_dir(segments(&app)).unwrap().map(|entry| entry.unwrap().path()) {
        fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
    }
    let second = other.another();
    assert_eq!(listed(&second.visitor().get(MARKET)), ["ann/rose"]);
}

#[test]
fn readiness_says_how_far_the_index_is() {
    let app = TestApp::new();
    app.algorithm("ann", "iris").publish();
    eventually("the index is up to date", || app.visitor().get("/readyz").body == "ready\nsearch index: 0 changes behind\n");
}

#[test]
fn two_servers_agree_while_both_write() {
    let app = TestApp::new();
    let other = app.another();
    for number in 0..6 {
        let writer = if number % 2 == 0 { &app } else { &other };
        let published = writer.algorithm("ann", &format!("iris-{number}")).publish();
        assert_eq!(search(writer, "iris").len(), number + 1, "its own at once");
        if number == 2 {
            other.write(|conn| algorithms::set_visibility(conn, published.algorithm.id, Visibility::Private, &[], clock::now()));
            app.write(|conn| algorithms::set_visibility(conn, published.algorithm.id, Visibility::Public, &[], clock::now()));
        }
    }
    eventually_within(Duration::from_secs(5), "both find all", || search(&app, "iris") == search(&other, "iris"));
    assert_eq!(search(&app, "iris").len(), 6);
}

#[test]
fn answers_are_right_while_others_write() {
    let app = TestApp::new();
    let ids: Vec<i64> = (0..8).map(|number| app.algorithm("ann", &format!("iris-{number}")).publish().algorithm.id).collect();
    std::thread::scope(|scope| {
        let app = &app;
        let writers = ids.chunks(2).map(|own| {
            scope.spawn(move || {
                for round in 0..12 {
                    for id in own {
                        let visibility = if round % 2 == 0 { Visibility::Private } else { Visibility::Public };
                        app.write(|conn| algorithms::set_visibility(conn, *id, visibility, &[], clock::now()));
                        let seen = found(app, Reader::default(), "iris").cards().any(|card| card.about.id == *id);
                        assert_eq!(seen, visibility == Visibility::Public, "round {round}: what was written shows with the next answer");
                    }
                }
            })
        });
        writers.collect::<Vec<_>>().into_iter().for_each(|writer| writer.join().unwrap());
    });
    let results = found(&app, Reader::default(), "iris");
    assert_eq!((results.total, names(&results).len()), (8, 8));
}

#[test]
fn a_server_killed_while_it_indexes_loses_nothing() {
    let app = TestApp::new();
    let port = lasting_port();
    let mut server = Role::start(app.place(), "web", port);
    let address = format!("http://127.0.0.1:{port}");
    let ready = || reqwest::blocking::get(format!("{address}/readyz")).is_ok_and(|answer| answer.status() == 200);
    eventually("it answers", ready);
    // Too many to be taken in before the first kill.
    import(app.place(), &many(12_000));
    for round in 0..5 {
        eventually("it answers", ready);
        for number in 0..4 {
            app.algorithm("ann", &format!("iris-{round}-{number}")).publish();
            drop(reqwest::blocking::get(format!("{address}{MARKET}?q=iris")));
        }
        app.algorithm("ann", &format!("iris-{round}-last")).publish();
        server.kill();
        server = Role::start(app.place(), "web", port);
    }
    eventually("it answers", ready);
    let page = |also: &str| reqwest::blocking::get(format!("{address}{MARKET}{also}")).unwrap().text().unwrap();
    eventually_within(Duration::from_secs(120), "all are found, each once", || page("").contains("12,025, free to use"));
    assert!(page("?q=iris+publisher%3Aann").contains("25 match"), "{}", page("?q=iris+publisher%3Aann"));
}

#[test]
fn lists_are_right_while_a_catalogue_comes_in() {
    let app = TestApp::new();
    let mine = app.algorithm("ann", "mine").text("title", "Quinces").publish().algorithm;
    let visitor = app.visitor();
    let quinces = || listed(&visitor.get(&format!("{MARKET}?q=quinces")));
    let see = |visibility| app.write(|conn| algorithms::set_visibility(conn, mine.id, visibility, &[], clock::now()));
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| import(app.place(), &many(12_000)));
        while !importing.is_finished() {
            see(Visibility::Private);
            assert_eq!(quinces(), [""; 0], "hidden with the answer to who hides it");
            see(Visibility::Public);
            eventually("it is found again", || quinces() == ["ann/mine"]);
        }
        importing.join().unwrap();
    });
    eventually_within(Duration::from_secs(120), "all are found", || visitor.get(MARKET).says("12,001, free to use"));
    assert_eq!(listed(&visitor.get(&format!("{MARKET}?publisher=ann"))), ["ann/mine"]);
}

#[test]
fn a_long_list_has_every_algorithm_once_down_to_its_end() {
    let app = TestApp::new();
    import(app.place(), &many(1_200));
    eventually("all are found", || app.visitor().get(MARKET).says("1,200, free to use"));
    let all_pages = |also: &str| {
        let page = |number: usize| {
            let pairs: Vec<(String, String)> = serde_html_form::from_str(&format!("sort=updated&page={number}{also}")).unwrap();
            app.state().catalogue.search(app.db(), Reader::default(), Query::read(&pairs)).unwrap()
        };
        (1..=50).flat_map(|number| names(&page(number))).collect::<Vec<_>>()
    };
    let all = all_pages("");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 1_200);
    assert_eq!(all, all_pages("&accelerator=none&accelerator=gpu"));
}

#[test]
fn the_list_of_everything_is_the_same_counted_ahead_and_counted_anew() {
    use diesel::prelude::*;
    use galleria::schema::algorithms::dsl;
    let app = TestApp::new();
    let tasks = ["Ranking", "Ranking, Forecasting", "Clustering"];
    let mut ids = Vec::new();
    for number in 0..40_usize {
        let iris = app.algorithm(["ann", "bob"][number % 2], &format!("iris-{number}")).text("task", tasks[number % 3]);
        let iris = match number % 10 {
            7 => iris.private(),
            8 => iris.users(&["eve"]),
            _ => iris,
        };
        ids.push(iris.publish().algorithm.id);
        if number % 5 == 4 {
            app.visitor().get(MARKET); // another piece of the index
        }
    }
    let readers: Vec<Reader> =
        [None, Some("ann"), Some("eve")].map(|handle| handle.map_or_else(Reader::default, |handle| Reader::of(Some(&app.user(handle))))).into();
    for round in 0..5_i64 {
        for reader in &readers {
            for (sort, page) in ["best", "updated", "likes", "published", "trending"].iter().flat_map(|sort| [(sort, 1), (sort, 2)]) {
                let asked = |also: &str| {
                    let pairs = format!("sort={sort}&page={page}{also}");
                    let pairs: Vec<(String, String)> = serde_html_form::from_str(&pairs).unwrap();
                    let found = app.state().catalogue.search(app.db(), *reader, Query::read(&pairs)).unwrap();
                    let counts: Vec<Vec<(String, usize)>> = [Facet::Task, Facet::Framework, Facet::Kind, Facet::License, Facet::Constraints]
                        .map(|facet| found.choices(facet).iter().map(|choice| (choice.label.to_string(), choice.count)).collect())
                        .into();
                    (found.total, names(&found), counts)
                };
                // Every algorithm runs on one or the other, but that is a filter, so all of them are looked at.
                assert_eq!(asked(""), asked("&accelerator=none&accelerator=gpu"), "round {round}, {sort}, page {page}, {reader:?}");
            }
        }
        let totals = readers.iter().map(|reader| app.state().catalogue.search(app.db(), *reader, Query::default()).unwrap().total);
        let gone = usize::try_from(round).unwrap();
        assert_eq!(totals.collect::<Vec<_>>(), [32 - gone, 36 - gone, 36 - gone], "what names eve is of ann");
        let at = usize::try_from(round * 2).unwrap();
        app.write(|conn| {
            algorithms::set_listing(conn, ids[at], algorithms::Listing::Delisted, clock::now())?;
            diesel::update(dsl::algorithms.find(ids[at + 1])).set((dsl::likes.eq(round + 1), dsl::task.eq("Ranking"))).execute(conn)?;
            algorithms::announce(conn, ids[at + 1], clock::now())
        });
    }
}
