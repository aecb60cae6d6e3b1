//! Finding algorithms by words: what counts as found, in what order, and what nobody else may learn by it.

use std::collections::BTreeSet;
use std::sync::Arc;

use galleria::algorithms::{self, Reader, Visibility};
use galleria::clock;
use galleria::search::{Facet, Query, Results, Suggestion};
use galleria::web::store::Store;

use crate::market::listed;
use crate::support::TestApp;

mod behind;
mod index;
mod words;

const MARKET: &str = "/market/algorithms";

fn search(app: &TestApp, words: &str) -> Vec<String> {
    let words: String = words.replace('+', "%2B").replace('#', "%23").replace(' ', "+").replace('"', "%22");
    listed(&app.visitor().get(&format!("{MARKET}?q={words}")))
}

fn found(app: &TestApp, reader: Reader, words: &str) -> Results {
    app.state().catalogue.search(app.db(), reader, Query::default().with_text(words)).unwrap()
}

fn names(results: &Results) -> Vec<String> {
    results.cards().map(|card| card.about.name.clone()).collect()
}

#[test]
fn words_are_found_in_parts_together_and_with_their_signs() {
    let app = TestApp::new();
    app.algorithm("ann", "clusters").text("title", "k-means of clusters").publish();
    app.algorithm("ann", "boosted").text("title", "XGBoost2 for tables").publish();
    app.algorithm("ann", "signs").text("title", "Bindings for C++").publish();
    app.algorithm("ann", "coffee").text("title", "Café Größe").publish();
    for words in ["k-means", "kmeans", "means k", "K-MEANS", "k-mea", "clus", "k means"] {
        assert_eq!(search(&app, words), ["ann/clusters"], "{words}");
    }
    assert_eq!(search(&app, "xgboost"), ["ann/boosted"], "the last word is a beginning");
    assert_eq!((search(&app, "tab").len(), search(&app, "tab ").len()), (1, 0), "unless a space follows");
    assert_eq!([search(&app, "c+"), search(&app, "c++")], [["ann/signs"]; 2], "while it is typed, too");
    assert_eq!(search(&app, "cafe grosse"), ["ann/coffee"]);
}

#[actix_web::test]
async fn searches_take_turns_in_the_order_in_which_they_came() {
    let app = TestApp::new();
    let (store, at_once) = (Store::of(Arc::clone(app.state())), std::thread::available_parallelism().unwrap().get() + 2);
    let (began, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let gone = Arc::new(std::sync::Mutex::new(gone));
    let search = |number: usize| {
        let (store, began, gone) = (store.clone(), began.clone(), Arc::clone(&gone));
        actix_web::rt::spawn(async move {
            let work = move |_: &_| {
                began.send(number).unwrap();
                gone.lock().unwrap().recv().unwrap();
                Ok(())
            };
            store.searched(work).await.unwrap();
        })
    };
    let all: Vec<_> = (0..at_once + 3).map(search).collect();
    let mut first = BTreeSet::new();
    while first.len() < at_once {
        first.insert(begins.recv().await.unwrap());
    }
    assert_eq!(first, (0..at_once).collect());
    store.apart(|_| Ok(())).await.unwrap();
    assert!(begins.is_empty(), "more than one for each core and two");
    for number in at_once..at_once + 3 {
        go.send(()).unwrap();
        assert_eq!(begins.recv().await, Some(number));
    }
    (0..at_once).for_each(|_| go.send(()).unwrap());
    for one in all {
        one.await.unwrap();
    }
}

#[test]
fn who_finds_nothing_is_told_what_would_find_something_within_bounds() {
    let app = TestApp::new();
    app.algorithm("ann", "trees").text("title", "Gradient forest").publish();
    let asked = |filters: usize, words: usize| {
        let filters = (0..filters).map(|number| ("task".to_owned(), format!("nothing-{number}")));
        let words: Vec<String> = (0..words).map(|number| format!("gradientqqqq{number}")).collect();
        let pairs: Vec<_> = filters.chain([("q".to_owned(), words.join(" "))]).collect();
        app.state().catalogue.search(app.db(), Reader::default(), Query::read(&pairs)).unwrap()
    };
    let offered = |results: &Results| results.loosenings.iter().map(|way| way.words.clone()).collect::<Vec<_>>();
    // With mistakes forgiven, the first few times.
    assert_eq!(offered(&asked(1, 1)), ["Search for “gradientqq”"]);
    assert_eq!(offered(&asked(1, 4)), ["Search for “gradient”"]);
    // Everything is tried but nothing forever: others wait meanwhile.
    assert_eq!(offered(&asked(20, 10)), [""; 0]);
}

#[test]
fn quoted_words_stand_in_a_row() {
    let app = TestApp::new();
    app.algorithm("ann", "one").text("title", "Deep learning of graphs").publish();
    app.algorithm("ann", "two").text("title", "Learning deep graphs").publish();
    assert_eq!(search(&app, "\"deep learning\""), ["ann/one"]);
    assert_eq!(search(&app, "graphs \"learning deep\""), ["ann/two"]);
    assert_eq!(search(&app, "\"deep learn\""), [""; 0]);
    assert_eq!(search(&app, "deep learning").len(), 2);
}

#[test]
fn qualifiers_narrow_and_stay_in_the_field() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").text("task", "Image classification").text("framework", "PyTorch").text("license", "MIT").publish();
    app.algorithm("lab", "iris-two").text("task", "Ranking").text("framework", "PyTorch").text("license", "MIT").publish();
    app.algorithm("bob", "iris").text("task", "Ranking").text("framework", "scikit-learn").text("license", "Apache-2.0").publish();
    assert_eq!(search(&app, "iris publisher:bob"), ["bob/iris"]);
    assert_eq!(search(&app, "task:\"image classification\""), ["lab/iris"]);
    assert_eq!(search(&app, "task:ranking iris framework:pytorch"), ["lab/iris-two"]);
    assert_eq!(search(&app, "license:mit publisher:bob"), [""; 0]);
    let page = app.visitor().get(&format!("{MARKET}?q=iris+publisher:lab"));
    assert_eq!(page.value("#q"), "iris publisher:lab");
    let results = found(&app, Reader::default(), "iris publisher:lab");
    let tasks: Vec<(String, usize)> = results.choices(Facet::Task).iter().map(|choice| (choice.label.to_string(), choice.count)).collect();
    assert_eq!(tasks, [("Image classification".to_owned(), 1), ("Ranking".to_owned(), 1)]);
}

#[test]
fn what_is_for_several_tasks_is_found_under_each() {
    let app = TestApp::new();
    app.algorithm("ann", "both").text("task", "Ranking, Image classification, ranking").text("framework", "PyTorch").publish();
    app.algorithm("ann", "one").text("task", "Ranking").text("framework", "XGBoost").publish();
    let found = |pairs: &[(&str, &str)]| {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let results = app.state().catalogue.search(app.db(), Reader::default(), Query::read(&pairs)).unwrap();
        let tasks: Vec<(String, usize)> = results.choices(Facet::Task).iter().map(|choice| (choice.label.to_string(), choice.count)).collect();
        (results.cards().map(|card| card.about.name.clone()).collect::<BTreeSet<_>>(), tasks)
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let tasks = |ranking: usize| vec![("Ranking".to_owned(), ranking), ("Image classification".to_owned(), 1)];
    assert_eq!(found(&[]), (names(&["both", "one"]), tasks(2)));
    assert_eq!(found(&[("task", "image-classification")]), (names(&["both"]), tasks(2)));
    assert_eq!(found(&[("task", "ranking"), ("task", "image-classification")]).0, names(&["both", "one"]));
    let (ranked, counts) = found(&[("task", "ranking"), ("framework", "pytorch")]);
    assert_eq!((ranked, counts.iter().map(|(_, count)| *count).collect::<Vec<_>>()), (names(&["both"]), vec![1, 1]));
    assert_eq!(search(&app, "task:\"image classification\""), ["ann/both"]);
}

#[test]
fn an_exact_name_comes_first_however_little_it_is_used() {
    let app = TestApp::new();
    app.algorithm("ann", "k-means").text("title", "Clusters").text("summary", "Plain.").publish();
    let popular = app.algorithm("ann", "other").text("title", "k means k-means kmeans").publish();
    app.algorithm("ann", "titled").text("title", "Random Forest").publish();
    app.algorithm("ann", "random-forests").text("title", "Random forest of random forests").publish();
    app.write(|conn| {
        use diesel::prelude::*;
        use galleria::schema::algorithms::dsl;
        diesel::update(dsl::algorithms.find(popular.algorithm.id)).set((dsl::subscribers.eq(9_000), dsl::completed.eq(90_000))).execute(conn)?;
        algorithms::announce(conn, popular.algorithm.id, clock::now())
    });
    for words in ["k-means", "K Means", "kmeans"] {
        assert_eq!(search(&app, words)[0], "ann/k-means", "{words}");
    }
    assert_eq!(search(&app, "random_forest")[0], "ann/titled");
    assert_eq!(search(&app, "cluster")[0], "ann/k-means");
}

#[test]
fn a_readme_that_stands_in_for_the_description_is_searched() {
    let app = TestApp::new();
    let read = |name: &str, words: &str| app.algorithm("ann", name).text("title", "Trees").file("README.md", words).publish();
    read("bare", "Counts quinces in an orchard.");
    app.algorithm("ann", "described").text("title", "Trees").text("description", "Counts pears.").file("README.md", "And quinces.").publish();
    assert_eq!(search(&app, "quinces"), ["ann/bare"]);
    assert_eq!(search(&app, "pears"), ["ann/described"]);
}

#[test]
fn a_word_counts_most_in_the_title_then_in_the_name_the_summary_and_the_description() {
    let app = TestApp::new();
    let texts = |name: &str, title: &str, summary: &str, description: &str| {
        let made = app.algorithm("ann", name).text("title", title).text("summary", summary);
        made.text("description", description).publish();
    };
    texts("four", "Sorting fruit", "By their colour alone", "Pears and quinces of any size.");
    texts("three", "Sorting fruit", "Quinces and pears alone", "By their colour and of any size.");
    texts("quinces-two", "Sorting fruit", "By their colour alone", "Pears and plums of any size.");
    texts("one", "Sorting quinces", "By their colour alone", "Pears and plums of any size.");
    assert_eq!(search(&app, "quinces"), ["ann/one", "ann/quinces-two", "ann/three", "ann/four"]);
}

#[test]
fn among_equals_what_people_subscribe_to_and_what_runs_well_comes_first() {
    let app = TestApp::new();
    let used = |name: &str, counted: [i64; 3]| {
        use diesel::prelude::*;
        use galleria::schema::algorithms::dsl;
        let id = app.algorithm("ann", name).text("title", "Sorting quinces").publish().algorithm.id;
        let [subscribers, completed, failed] = counted;
        app.write(|conn| {
            let counters = (dsl::subscribers.eq(subscribers), dsl::completed.eq(completed), dsl::failed.eq(failed));
            diesel::update(dsl::algorithms.find(id)).set(counters).execute(conn)?;
            algorithms::touch(conn, id, clock::now())
        });
    };
    used("unused", [0, 0, 0]);
    used("subscribed", [300, 0, 0]);
    used("run", [0, 300, 0]);
    used("failing", [300, 300, 300]);
    used("reliable", [300, 300, 0]);
    let order = search(&app, "quinces");
    let is_before = |one: &str, other: &str| {
        let place = |name: &str| order.iter().position(|found| *found == format!("ann/{name}")).unwrap();
        assert!(place(one) < place(other), "{one} before {other}: {order:?}");
    };
    is_before("subscribed", "unused");
    is_before("run", "unused");
    is_before("reliable", "failing");
    is_before("reliable", "subscribed");
    is_before("reliable", "run");
}

#[test]
fn nobody_learns_of_what_is_hidden_from_them() {
    let app = TestApp::new();
    app.algorithm("bob", "open").text("title", "Zebra counter").text("task", "Counting").publish();
    app.algorithm("bob", "hidden").text("title", "Quixotic zebra").text("task", "Quarrying").private().publish();
    app.algorithm("bob", "for-eve").text("title", "Quixotic zebra for eve").text("task", "Querying").users(&["eve"]).publish();
    app.algorithm("ann", "own").text("title", "Quixotic own").private().publish();
    let reader = |handle: &str| Reader { user: Some(app.user(handle).id), operator: false };
    app.operator("olga");
    let operator = Reader { operator: true, ..reader("olga") };
    for (who, seen) in [(Reader::default(), 0), (reader("zoe"), 0), (operator, 0), (reader("eve"), 1), (reader("bob"), 2), (reader("ann"), 1)] {
        let results = found(&app, who, "quixotic");
        assert_eq!((results.total, results.visible), (seen, if who == reader("ann") { 2 } else { seen + 1 }), "{who:?}");
        let mistyped = found(&app, who, "quixotci zebr");
        let zebras = if who == reader("ann") { 0 } else { seen };
        assert_eq!((mistyped.total, mistyped.meant.is_some()), (zebras, zebras > 0), "{who:?}");
        let tasks: usize = results.choices(Facet::Task).iter().map(|choice| choice.count).sum();
        assert_eq!(tasks, seen, "{who:?}");
        let suggested = app.state().catalogue.suggest(app.db(), who, "quixotic").unwrap();
        assert_eq!(suggested.len(), seen, "{who:?}: {suggested:?}");
        let tasks = app.state().catalogue.suggest(app.db(), who, "qu").unwrap();
        let tasks = tasks.iter().filter(|one| matches!(one, Suggestion::Task(_))).count();
        assert_eq!(tasks, if zebras > 0 { seen } else { 0 }, "{who:?}");
    }
    let none = found(&app, Reader::default(), "quixotic zebra");
    assert!(none.loosenings.iter().all(|way| way.words != "Search for “quixotic”"), "{:?}", none.loosenings);
    let id = app.read(|conn| algorithms::find(conn, reader("bob"), "bob", "for-eve")).algorithm.id;
    app.write(|conn| algorithms::set_visibility(conn, id, Visibility::Public, &[], clock::now()));
    assert_eq!(found(&app, Reader::default(), "quixotic").total, 1);
}

#[test]
fn what_is_meant_is_decided_by_what_the_reader_sees_alone() {
    let app = TestApp::new();
    app.algorithm("ann", "fusion").text("title", "Acmefusiab").publish();
    app.algorithm("ann", "fission").text("title", "Acmefusian").publish();
    let meant = |who: Reader| found(&app, who, "acmefusiax").meant.unwrap().words;
    let bob = Reader { user: Some(app.user("bob").id), operator: false };
    assert_eq!(meant(Reader::default()), "acmefusiab", "of equals the first by letters");
    for name in ["one", "two", "three"] {
        app.algorithm("bob", name).text("title", "Acmefusian").private().publish();
    }
    assert_eq!((meant(Reader::default()).as_str(), meant(bob).as_str()), ("acmefusiab", "acmefusian"));
    app.algorithm("ann", "more").text("title", "Acmefusian").publish();
    assert_eq!(meant(Reader::default()), "acmefusian", "which is said more often");
}

#[test]
fn suggestions_name_algorithms_publishers_and_tasks() {
    let app = TestApp::new();
    app.algorithm("forest-lab", "iris").text("title", "Random forest").text("task", "Forestry").publish();
    app.algorithm("ann", "forest-fires").text("title", "Fires").text("task", "Ranking").publish();
    let suggest = |words: &str| app.state().catalogue.suggest(app.db(), Reader::default(), words).unwrap();
    let all = suggest("fores");
    let algorithms: Vec<&str> =
        all.iter().filter_map(|one| if let Suggestion::Algorithm { name, .. } = one { Some(&**name) } else { None }).collect();
    assert_eq!(algorithms, ["iris", "forest-fires"]);
    assert!(all.iter().any(|one| matches!(one, Suggestion::Publisher { handle, .. } if handle == "forest-lab")), "{all:?}");
    assert!(all.contains(&Suggestion::Task("Forestry".to_owned())), "{all:?}");
    assert!(suggest("forset").iter().any(|one| matches!(one, Suggestion::Algorithm { name, .. } if name == "iris")));
    assert!(suggest("").is_empty() && suggest("%%").is_empty());
}

#[test]
fn similar_algorithms_do_the_same_or_share_uncommon_words() {
    let app = TestApp::new();
    let text = |name: &str, title: &str, task: &str| app.algorithm("ann", name).text("title", title).text("task", task).publish().algorithm.id;
    let one = text("one", "Bearing faults from vibration", "Anomaly detection");
    text("two", "Vibration faults of bearing rings", "Classification");
    text("three", "Fraud in payments", "Anomaly detection");
    text("four", "Poems", "Text generation");
    app.algorithm("ann", "five").text("title", "Bearing faults from vibration").private().publish();
    let similar =
        |reader| app.state().catalogue.similar(app.db(), reader, one, 2).unwrap().into_iter().map(|card| card.about.name).collect::<Vec<_>>();
    assert_eq!(similar(Reader::default()), ["two", "three"]);
    assert_eq!(similar(Reader { user: Some(app.user("ann").id), operator: false }), ["five", "two"]);
}

#[test]
fn words_that_only_the_algorithm_itself_has_do_not_crowd_out_those_it_shares() {
    let app = TestApp::new();
    let own = "alfa bravo charlie delta echo foxtrot golf hotel india";
    let one = app.algorithm("ann", "one").text("title", &format!("{own} vibration")).text("summary", own).text("task", "Ranking").publish();
    app.algorithm("ann", "two").text("title", "Vibration of rings").text("summary", "Plain.").text("task", "Forecasting").publish();
    app.algorithm("ann", "three").text("title", "Poems").text("summary", "Plain.").text("task", "Translation").publish();
    let similar = app.state().catalogue.similar(app.db(), Reader::default(), one.algorithm.id, 1).unwrap();
    assert_eq!(similar.into_iter().map(|card| card.about.name).collect::<Vec<_>>(), ["two"]);
}
