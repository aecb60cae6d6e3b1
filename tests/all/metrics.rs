//! Curves and resource usage of real jobs.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::jobs::{ground, launch, settled};
use crate::support::training::{Working, subscribe};
use crate::support::{Client, TestApp};

/// Prints what `TRAIN` of the fixtures takes, as curves.
const CURVES: &str = r#"import argparse, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--seconds", type=float, default=0)
parser.add_argument("--fail", type=int, default=0)
given = parser.parse_args()
print("reading the data", flush=True)
for epoch in range(1, given.rounds + 1):
    print(f"epoch={epoch} loss={1 / epoch:.4f} accuracy={1 - 1 / (epoch + 1):.4f} lr=1e-3 broken=nan", flush=True)
    for part in range(2):
        print(f"step={10 * epoch + part} batch/loss={2 / epoch}", flush=True)
    time.sleep(given.seconds / given.rounds)
print("status=success", flush=True)
sys.exit(given.fail)
"#;

fn curves(app: &TestApp) -> Client {
    let goals = "[{name: loss, goal: minimize}, {name: accuracy, goal: maximize, description: Share of rows that are right}]";
    let iris = app.algorithm("lab", "iris").file("train.py", CURVES).yaml("metrics", goals).yaml("outputs", "[model.txt]").publish();
    subscribe(app, &app.user("ann"), &iris);
    app.sign_in("ann")
}

fn json(client: &Client, path: &str) -> Value {
    let answer = client.get(path);
    assert_eq!((answer.status(), answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// The folder that the engine keeps of the newest attempt.
pub fn attempt(app: &TestApp, path: &str) -> PathBuf {
    let job: i64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let id = app.read(|conn| galleria::jobs::latest(conn, job)).id;
    app.config().data_dir.join("engines/local/attempts").join(id)
}

#[test]
fn printed_lines_become_curves_with_a_table_and_hyperparameters() {
    let app = TestApp::options().with_engines().start();
    let (ann, _working) = (curves(&app), Working::on(&app));
    let path = launch(&ann, &[("param.rounds", "5")]);
    assert_eq!(settled(&ann, &path).attr("main", "data-state"), "completed");
    let page = ann.get(&format!("{path}/metrics"));
    assert_eq!(page.texts("[data-chart] h2"), ["loss", "accuracy", "lr", "batch/loss"]);
    assert_eq!(page.texts("[data-chart-last]"), ["0.2000", "0.8333", "0.0010", "0.4000"]);
    assert_eq!(page.texts("[data-figures] th .meta"), ["lower is better", "higher is better"]);
    assert_eq!(page.texts("[data-figures] td.strong"), ["0.2000", "0.8333"], "of min and max the better one stands out");
    let version = ann.get("/algorithms/lab/iris/versions/1.0.0");
    assert!(version.says("Share of rows that are right") && version.says("higher is better") && version.says("model.txt"));
    assert_eq!(page.count("svg.chart path.line-1"), 4, "the curves are seen without scripts");
    assert_eq!(page.attr("[data-chart='epoch loss'] svg.chart", "aria-label"), "loss: from 1 at epoch 1 to 0.2000 at epoch 5");
    assert_eq!(page.texts("[data-chart='epoch loss'] tbody th"), ["1", "2", "3", "4", "5"]);
    assert_eq!(page.texts("[data-figures]:first-of-type td"), ["0.2000", "epoch 5", "0.2000", "1"]);
    assert!(page.says("Hyperparameters") && page.says("rounds") && !page.has("[data-live]"));
    assert!(!page.has("#tab[data-hx-get]"), "the charts follow by themselves");

    let told = json(&ann, &page.attr("[data-charts]", "data-charts"));
    assert_eq!((&told["live"], &told["charts"][3]["key"]), (&Value::Bool(false), &Value::from("step batch/loss")));
    assert_eq!(told["charts"][3]["lines"][0]["x"].as_array().unwrap().len(), 10);
    assert_eq!(told["figures"][1][0], "0.8333");
}

#[test]
fn a_job_without_metrics_says_how_to_print_them() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let path = launch(&ann, &[]);
    let waiting = ann.get(&format!("{path}/metrics"));
    assert!(waiting.says("No metrics yet.") && waiting.says("epoch={epoch} loss={loss:.4f}") && waiting.has("[data-live][data-charts]"));
    assert!(ann.get(&format!("{path}/usage")).says("Nothing was measured yet."));
    let _working = Working::on(&app);
    settled(&ann, &path);
    assert!(ann.get(&format!("{path}/metrics")).says("This job reported no metrics."));
    assert_eq!(json(&ann, &format!("{path}/metrics.json"))["charts"], Value::Array(Vec::new()));
}

#[test]
fn another_run_lies_in_the_same_charts() {
    let app = TestApp::options().with_engines().start();
    let (ann, _working) = (curves(&app), Working::on(&app));
    let first = launch(&ann, &[("name", "three rounds"), ("param.rounds", "3")]);
    settled(&ann, &first);
    let second = launch(&ann, &[("name", "five rounds"), ("param.rounds", "5")]);
    settled(&ann, &second);
    let id = first.rsplit('/').next().unwrap();
    let alone = ann.get(&format!("{second}/metrics"));
    assert_eq!(alone.texts("#compare option"), ["None".to_owned(), format!("three rounds, job {id}")]);
    let page = ann.get(&format!("{second}/metrics?compare={id}"));
    assert_eq!(page.value("#compare [selected]"), id);
    assert_eq!(page.texts("[data-chart='epoch loss'] .legend li"), ["this job", "three rounds"]);
    assert_eq!(page.count("path.line-compared"), 4);
    assert_eq!(page.texts("[data-figures]:first-of-type td"), ["0.2000", "epoch 5", "0.2000", "1", "0.3333", "−0.1333"]);
    assert!(page.says("1 differ"));
    let told = json(&ann, &page.attr("[data-charts]", "data-charts"));
    assert_eq!(told["charts"][0]["lines"][1]["x"], serde_json::json!([1.0, 2.0, 3.0]));

    // Somebody else's run is as if it were not there.
    let iris = app.algorithm("lab", "iris").file("train.py", CURVES).versions(&["1.0.1"]).publish();
    subscribe(&app, &app.user("bob"), &iris);
    let bob = app.sign_in("bob");
    let theirs = launch(&bob, &[]);
    for other in [theirs.rsplit('/').next().unwrap(), "999999", "x", id] {
        let (viewer, path) = if other == id { (&bob, &theirs) } else { (&ann, &second) };
        let page = viewer.get(&format!("{path}/metrics?compare={other}"));
        assert!(page.status() == 200 && page.says("is not there, or not one of yours") && !page.has(".line-compared"), "{other}");
    }
}

#[test]
fn a_script_that_claims_otherwise_than_its_exit_code_is_told_apart() {
    let app = TestApp::options().with_engines().start();
    let (ann, _working) = (curves(&app), Working::on(&app));
    let failed = settled(&ann, &launch(&ann, &[("param.fail", "1")]));
    assert_eq!(failed.attr("main", "data-state"), "failed");
    assert!(failed.says("The script said that it succeeded; its exit code 1 says that it failed, and the exit code counts."));
    let fine = settled(&ann, &launch(&ann, &[]));
    assert!(fine.attr("main", "data-state") == "completed" && !fine.says("The script said"));
}

#[test]
fn each_attempt_has_its_own_curves() {
    let app = TestApp::options().with_engines().start();
    let (ann, _working) = (curves(&app), Working::on(&app));
    let path = launch(&ann, &[("param.fail", "1"), ("retries", "1")]);
    settled(&ann, &path);
    let page = ann.get(&format!("{path}/metrics"));
    assert_eq!(page.text("p.row .strong"), "Attempt 2");
    let first = ann.get(&format!("{path}/metrics?attempt=1"));
    assert_eq!((first.text("p.row .strong").as_str(), first.count("[data-chart]")), ("Attempt 1", 4));
    assert!(first.attr("[data-charts]", "data-charts").contains("attempt=1"));
}

#[test]
fn a_million_points_are_a_page_like_any_other() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let _working = Working::on(&app);
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    let mut record = String::new();
    for step in 0..1_000_000_u32 {
        use std::fmt::Write;
        writeln!(record, "s{step} loss={}", if step == 654_321 { 99.5 } else { f64::from(step % 97) / 97.0 }).unwrap();
    }
    fs::write(attempt(&app, &path).join("metrics"), record).unwrap();
    let page = ann.get(&format!("{path}/metrics"));
    assert!(page.body.len() < 60_000, "{}", page.body.len());
    assert_eq!(page.texts("[data-figures] td"), ["0.2680", "step 999,999", "0", "99.500"]);
    let told = json(&ann, &format!("{path}/metrics.json"));
    let (x, y) = (told["charts"][0]["lines"][0]["x"].as_array().unwrap(), told["charts"][0]["lines"][0]["y"].as_array().unwrap());
    assert!((400..=1_001).contains(&x.len()) && x.last() == Some(&Value::from(999_999.0)) && y.contains(&Value::from(99.5)));
}

#[test]
fn many_metrics_are_on_numbered_pages() {
    let app = TestApp::options().with_engines().start();
    let code = "for epoch in (1, 2):\n    for number in range(30):\n        print(f'epoch={epoch} metric-{number}={epoch * number}')\n";
    let wide = app.algorithm("lab", "iris").file("train.py", code).publish();
    subscribe(&app, &app.user("ann"), &wide);
    let (ann, _working) = (app.sign_in("ann"), Working::on(&app));
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    let page = ann.get(&format!("{path}/metrics"));
    assert_eq!((page.count("[data-chart]"), page.says("Page 1 of 2")), (24, true));
    let next = ann.click(&page, "Next");
    assert_eq!((next.count("[data-chart]"), next.texts("[data-chart] h2")[0].as_str()), (6, "metric-24"));
    assert_eq!(json(&ann, &next.attr("[data-charts]", "data-charts"))["charts"].as_array().unwrap().len(), 6);
}

#[test]
fn processors_and_memory_are_drawn_against_the_flavor() {
    let app = TestApp::options().with_engines().start();
    let code = "import time\nblock, until = bytearray(60 << 20), time.monotonic() + 2.5\nwhile time.monotonic() < until: pass\n";
    let busy = app.algorithm("lab", "iris").file("train.py", code).publish();
    subscribe(&app, &app.user("ann"), &busy);
    let (ann, _working) = (app.sign_in("ann"), Working::on(&app));
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    let page = ann.get(&format!("{path}/usage"));
    assert_eq!(page.texts("[data-chart] h2"), ["CPU, cores", "Memory"]);
    assert_eq!((page.count("svg.chart path.line-limit"), page.texts("[data-figures] th").len()), (2, 2));
    let figures = page.texts("[data-figures] td");
    assert_eq!((figures[2].as_str(), figures[5].as_str()), ("1.00", "2 GiB"));
    let peak: f64 = figures[3].strip_suffix(" MiB").unwrap().parse().unwrap();
    assert!((60.0..200.0).contains(&peak), "{figures:?}");
    assert!(page.says("estimate") || page.says("Counted by the kernel"));
    let told = json(&ann, &page.attr("[data-charts]", "data-charts"));
    let cores: Vec<f64> = told["charts"][0]["lines"][0]["y"].as_array().unwrap().iter().map(|y| y.as_f64().unwrap()).collect();
    assert!(cores.len() >= 2 && cores.iter().any(|cores| (0.3..1.6).contains(cores)), "{cores:?}");
}
