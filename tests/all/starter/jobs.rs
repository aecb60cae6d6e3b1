//! Starters as a member meets them: published by the first start, subscribed to, trained as real jobs, their results opened.

use std::time::{Duration, Instant};

use galleria::first_start;
use galleria::package;
use galleria::starter::{self, Starter};

use super::{archive, assert_beats_baseline, long_run};
use crate::jobs::{launch_from, settled_within};
use crate::subscriptions::subscribe_at;
use crate::support::{Client, Page, TestApp};

/// Algorithms whose environments are small enough for every run.
const LIGHT: Duration = Duration::from_secs(240);
/// Gigabytes come over the network first.
const HEAVY: Duration = Duration::from_secs(30 * 60);

/// A gallery after its first start.
fn gallery() -> TestApp {
    let app = TestApp::options().env("GALLERIA_STARTER", "true").with_worker().start();
    first_start::prepare(app.db(), app.config()).unwrap().expect("it is the first start");
    app
}

/// Submits these versions through the form one after the other, and looks at each when it has ended.
fn assert_trains(chosen: impl Fn(&Starter) -> bool, limit: Duration) {
    let app = gallery();
    let ann = app.sign_in("ann");
    let chosen: Vec<&Starter> = starter::algorithms().iter().filter(|starter| chosen(starter)).collect();
    let begun = Instant::now();
    let jobs: Vec<String> = chosen.iter().map(|starter| submit(&ann, starter)).collect();
    for (starter, path) in chosen.iter().zip(&jobs) {
        let job = settled_within(limit, &ann, path);
        println!("{} {} ended after {:.1?}", starter.name, starter.version, begun.elapsed());
        assert_eq!(job.attr("main", "data-state"), "completed", "{}: {}", starter.name, ann.get(&format!("{path}/logs")).text("main"));
        assert_says_what_ran(&job, starter);
        assert_curves(&ann, path, starter);
        assert_results(&ann, path);
    }
    assert_billed(&ann, jobs.len());
}

/// Each job has a line on the bill, with its metered seconds and what they cost.
fn assert_billed(ann: &Client, jobs: usize) {
    let bill = ann.get("/console/billing.csv").body;
    let lines: Vec<Vec<&str>> = bill.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), jobs, "{bill}");
    let more_than_nothing = |figure: &str| figure.parse::<f64>().is_ok_and(|figure| figure > 0.0);
    assert!(lines.iter().all(|line| line[4] == "completed" && more_than_nothing(line[8]) && more_than_nothing(line[11])), "{bill}");
}

fn submit(ann: &Client, starter: &Starter) -> String {
    let (publisher, name, version) = (starter.publisher, starter.name, starter.version);
    let details = format!("/algorithms/{publisher}/{name}");
    if ann.get(&details).buttons().contains(&"Subscribe".to_owned()) {
        subscribe_at(ann, &details);
    }
    launch_from(ann, &format!("/console/local/jobs/new?algorithm={publisher}/{name}&version={version}"), &[])
}

/// Which packages it had, how long it ran and what that cost.
fn assert_says_what_ran(job: &Page, starter: &Starter) {
    let manifest = package::read(&archive(starter)).expect("no faults").manifest;
    let packages = !manifest.environment.dependencies().is_empty();
    assert_eq!(job.says("Python packages of lock"), packages, "{}", starter.name);
    assert_eq!(job.says("Python’s standard library"), !packages, "{}", starter.name);
    let digests: Vec<String> = job.attrs("dl.facts span.mono", "title");
    assert_eq!((digests.len(), digests.iter().all(|digest| digest.len() == 64)), (1 + usize::from(packages), true), "{digests:?}");
    let (values, names) = (job.texts("#job .facts-line dd"), job.texts("#job .facts-line dt"));
    assert_eq!(names[..2], ["Duration", "Cost"]);
    assert!(values[0].ends_with('s') && values[1].contains('$'), "{values:?}");
}

/// Every value of a step is a curve from the first point to the last.
fn assert_curves(ann: &Client, path: &str, starter: &Starter) {
    let page = ann.get(&format!("{path}/metrics"));
    let (curves, last) = (page.texts("[data-chart] h2"), page.texts("[data-chart-last]"));
    let drawn = page.count("svg.chart path.line-1");
    assert!(!curves.is_empty() && drawn == curves.len() && last.len() == drawn, "{}: {curves:?} {last:?}", starter.name);
    let log = ann.get(&format!("{path}/logs.txt")).body;
    let step = log.lines().rfind(|line| line.starts_with("epoch=") || line.starts_with("step=")).expect("a step in the log");
    let printed: Vec<&str> = step.split(' ').skip(1).filter_map(|pair| pair.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(curves, printed, "{}: {step}", starter.name);
}

/// A model, figures that beat the baseline, and a plot, each worth opening.
fn assert_results(ann: &Client, path: &str) {
    let files = ann.get(&format!("{path}/outputs")).texts("tbody th");
    let open = |file: &String| ann.get(&format!("{path}/outputs/{file}"));
    let one = |fits: &dyn Fn(&str) -> bool| files.iter().find(|file| fits(file)).unwrap_or_else(|| panic!("{files:?}"));
    assert!(open(one(&|file| file.starts_with("model."))).body.len() > 100);
    assert!(open(one(&|file| file == "predictions.csv")).body.lines().count() > 20);
    assert!(open(one(&|file| file.ends_with(".svg"))).body.starts_with("<svg"));
    let metrics = open(one(&|file| file == "metrics.json"));
    assert_beats_baseline(&serde_json::from_str(&metrics.body).expect("JSON"));
}

fn packages(starter: &Starter) -> bool {
    starter.files.iter().any(|(path, _)| *path == "python_env.yaml")
}

#[test]
fn plain_python_completes() {
    assert_trains(|starter| !packages(starter), LIGHT);
}

#[test]
fn packages_of_the_index_complete() {
    assert_trains(|starter| packages(starter) && starter.name != "digits-cnn", LIGHT);
}

/// Its environment is several gigabytes, as its constraints say.
#[test]
fn long_torch_completes() {
    if long_run() {
        assert_trains(|starter| starter.name == "digits-cnn", HEAVY);
    }
}
