//! What whoever keeps the gallery running asks it: figures for a program that watches.

use std::time::{Duration, Instant};

use crate::support::{Page, Script, TestApp, eventually};

fn with(script: &Script) -> Page {
    let request = script.client().request("GET", "/metrics");
    script.client().send(request.header("Authorization", format!("Bearer {}", script.token())))
}

/// The figure of a line, by the text before it.
fn figure(page: &Page, name: &str) -> Option<f64> {
    page.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn figures_are_there_for_the_operator_and_their_program() {
    let app = TestApp::new();
    let operator = app.sign_in_operator();
    app.algorithm("ann", "iris").publish();
    assert_eq!(app.visitor().get("/algorithms/ann/iris").status(), 200);
    eventually("the index is up to date", || figure(&operator.get("/metrics"), "galleria_search_index_lag_changes") == Some(0.0));
    let page = operator.get("/metrics");
    assert_eq!(page.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.body.ends_with("# EOF\n"), "{}", page.body);
    for state in ["creating", "pending", "running", "terminating"] {
        assert_eq!(figure(&page, &format!("galleria_jobs{{state=\"{state}\"}}")), Some(0.0), "{}", page.body);
    }
    assert!(figure(&page, "process_resident_memory_bytes").unwrap() > 1e6);
    assert!(figure(&page, "galleria_database_writes").unwrap() >= 1.0);
    let answers = |page: &Page| figure(page, "http_request_duration_seconds_count{code=\"2xx\"}").unwrap();
    app.visitor().get("/livez");
    assert!(answers(&operator.get("/metrics")) >= answers(&page) + 2.0, "this one, and the page before it");

    app.operator("keeper");
    assert_eq!(figure(&with(&Script::of(&app, "keeper", &["read"])), "galleria_search_index_lag_changes"), Some(0.0));
    assert_eq!(with(&Script::of(&app, "ann", &["read"])).status(), 404, "no operator's");
    assert_eq!(with(&Script::of(&app, "keeper", &["jobs"])).status(), 404, "it may not read");
    assert_eq!(with(&Script::with(&app, "gal_nothing")).status(), 404);
    assert_eq!(app.visitor().get("/metrics").status(), 404);
    assert_eq!(app.sign_in("ann").get("/metrics").status(), 404);
}

#[test]
fn a_server_whose_worker_is_stuck_is_not_ready() {
    let app = TestApp::new();
    let ready = || app.visitor().get("/readyz");
    assert_eq!(ready().status(), 200, "there may be no worker in this process");
    app.state().bell.worked(Instant::now().checked_sub(Duration::from_secs(90)).unwrap());
    let page = ready();
    assert_eq!(page.status(), 503);
    assert!(page.body.contains("The worker has not looked after training jobs for 9"), "{}", page.body);
    app.state().bell.worked(Instant::now());
    assert_eq!(ready().status(), 200);
}
