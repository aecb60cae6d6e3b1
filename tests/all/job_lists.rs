//! Training jobs among others: the list, the bill, what past runs tell.

use galleria::jobs;

use super::jobs::{FORM, ground};
use crate::support::TestApp;
use crate::support::training::{Lab, exited, submit, subscribe, typed};

const ANOTHER_REGION: &str = r#"
[[region]]
id = "other"
name = "The other"
engine = "local"
[[region.flavor]]
id = "cpu-1"
name = "1 vCPU, 2 GiB"
cpus = 1
memory = "2GiB"
price_per_hour = "0.12"
"#;

#[test]
fn lists_filter_by_state_and_words() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let user = app.user("ann");
    let lab = Lab::new(&app);
    let done = submit(&app, &user, &iris, &jobs::Typed { name: "Alpha_1".into(), ..typed("1") });
    lab.settle();
    lab.engine.says(&lab.attempt(done.id), exited(0), 1_000);
    lab.settle();
    submit(&app, &user, &iris, &jobs::Typed { name: "beta".into(), ..typed("2") });
    let names = |query: &str| ann.get(&format!("/console/local/jobs?{query}")).texts("tbody th a");
    assert_eq!(names(""), ["beta", "Alpha_1"]);
    assert_eq!(names("state=completed"), ["Alpha_1"]);
    assert_eq!(names("q=ALPHA_"), ["Alpha_1"]);
    assert_eq!(names("q=a%25"), Vec::<String>::new());
    assert!(ann.get("/console/local/jobs?q=zzz").says("None of your jobs here is like that."));
    assert!(ann.get("/console/local/jobs").has("#jobs[data-hx-get]"));
    assert_eq!(ann.get("/console/nowhere/jobs").status(), 404);
}

#[test]
fn lists_filter_by_algorithm_and_region() {
    let app = TestApp::options().more_file(ANOTHER_REGION).start();
    let (ann, iris) = ground(&app);
    let roses = app.algorithm("lab", "roses").publish();
    let user = app.user("ann");
    subscribe(&app, &user, &roses);
    submit(&app, &user, &iris, &jobs::Typed { name: "first".into(), ..typed("1") });
    submit(&app, &user, &roses, &jobs::Typed { name: "second".into(), ..typed("2") });
    let list = ann.get("/console/local/jobs");
    assert_eq!(list.texts("select[name=algorithm] option"), ["Any algorithm", "lab/iris", "lab/roses"]);
    assert_eq!(list.texts("select[name=region] option"), ["This machine", "All regions", "The other"]);
    let names = |path: &str| ann.get(path).texts("tbody th a");
    assert_eq!(names("/console/local/jobs?algorithm=lab/iris"), ["first"]);
    assert_eq!(names("/console/other/jobs"), Vec::<String>::new());
    assert_eq!(names("/console/other/jobs?region=*"), ["second", "first"]);
    assert_eq!(names("/console/other/jobs?region=local&algorithm=lab/roses"), ["second"]);
    assert!(ann.get("/console/other/jobs?region=*").says("This machine"));
}

#[test]
fn a_deleted_job_leaves_the_list_and_stays_on_the_bill() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let (user, lab) = (app.user("ann"), Lab::new(&app));
    let job = submit(&app, &user, &iris, &jobs::Typed { name: "gone soon".into(), ..typed("1") });
    assert_eq!(ann.post(&format!("{}/deletion", job.path()), &[]).status(), 409);
    lab.settle();
    lab.engine.says(&lab.attempt(job.id), exited(0), 402_118);
    lab.settle();
    let asks = ann.get(&format!("{}/deletion", job.path()));
    assert!(asks.says("Its bill stays in Billing."));
    assert_eq!(ann.press(&asks, "Delete", &[]).location(), "/console/local/jobs");
    assert_eq!(ann.get(&job.path()).status(), 404);
    assert!(!ann.get("/console/local/jobs").says("gone soon"));
    let bill = ann.get("/console/billing");
    // 402.118 s at $0.12 an hour are 13,403.93 millionths.
    assert!(bill.says("gone soon") && bill.says("402.118 s") && bill.says("$0.0134"));
    let csv = ann.get("/console/billing.csv");
    assert!(
        csv.body.lines().nth(1).unwrap().ends_with(",gone soon,lab/iris,1.0.0,completed,local,cpu-1,1,402.118,0.120000,USD,0.013404"),
        "{}",
        csv.body
    );
    assert!(ann.get("/console/billing?month=2001-01").says("Nothing was billed in this month."));
    assert_eq!(ann.get("/console/billing?month=tomorrow").status(), 404);
}

#[test]
fn the_form_estimates_from_past_runs() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let (user, lab) = (app.user("ann"), Lab::new(&app));
    for (launch, ms) in [("1", 60_000), ("2", 180_000), ("3", 3_600_000)] {
        let job = submit(&app, &user, &iris, &typed(launch));
        lab.settle();
        lab.engine.says(&lab.attempt(job.id), exited(0), ms);
        lab.settle();
    }
    let form = ann.get(FORM);
    assert!(form.text("#estimate").contains("about 3 min 0 s on 1 vCPU, 2 GiB"), "{}", form.text("#estimate"));
    assert!(form.text("#estimate").contains("From 3 past runs of 1.0.0 on this flavor"));
    let other = ann.partial(&format!("{FORM}&flavor=cpu-2&stop_after=1h"));
    assert!(other.body.trim_start().starts_with("<aside") && other.says("The most it can cost before auto stop is $0.24."), "{}", other.body);
}
