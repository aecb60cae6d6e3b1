//! The console from data to bill, label by label, with JavaScript and without it: real data, a real training.

use std::path::PathBuf;
use std::time::Duration;

use galleria::starter;

use crate::metrics::attempt;
use crate::support::training::subscribe;
use crate::support::{Browser, Hand, Scripts, TestApp, eventually_within, unzipped};

/// As it is chosen, and the mark of having been chosen.
const DATASET: &str = "Breast cells, version 1 (cancer.csv)";
const CHOSEN: &str = "select[name='input.data'] option[selected][value='Breast cells@1']";

/// What comes with the gallery under this name.
fn publish(app: &TestApp, name: &str) {
    let starter = starter::algorithms().iter().find(|starter| starter.name == name).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let of = |path: &str| text(starter.files.iter().find(|(known, _)| *known == path).unwrap().1);
    let mut algorithm = app.algorithm("community", name).mlproject(&of("MLproject"));
    for (path, bytes) in starter.files.iter().filter(|(path, _)| *path != "MLproject") {
        algorithm = algorithm.file(path, &text(bytes));
    }
    subscribe(app, &app.user("ann"), &algorithm.publish());
}

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("starter/community/cancer-mlp/1.0.0/data/cancer.csv")
}

fn upload(browser: &Browser) {
    browser.go("/console/local/jobs");
    browser.press_in(".rail", "My data");
    browser.arrives_at("My data");
    browser.attach("File", &data());
    browser.fill("Name", "Breast cells");
    browser.press_in("main form", "Upload");
    browser.arrives_at("Breast cells");
    browser.sees_in("main", "The first 20 rows");
}

/// The form with a wrong value first, which is refused beside its field with everything else kept.
fn submit(browser: &Browser) {
    browser.press_in(".rail", "My subscription");
    browser.press_in("main", "Versions of Tumour cells neural network");
    browser.press("Create training job");
    browser.arrives_at("Create training job");
    browser.fill("Name", "cells");
    browser.choose("data", DATASET);
    browser.fill("epochs", "501");
    browser.press_in("main form", "Create training job");
    browser.sees_in(".field:has([name='param.epochs'])", "Give a number from 1 to 500.");
    assert!(browser.has(CHOSEN), "nothing chosen is lost");
    browser.fill("epochs", "400");
    browser.press_in("main form", "Create training job");
    browser.arrives_at("cells");
}

/// The log's lines and the curve's points, both while it runs.
fn watch(browser: &Browser) {
    let running = || browser.has("[data-job-state=running], [data-job-state=pending], [data-job-state=creating]");
    browser.press_in("main", "Logs");
    let lines = || browser.text(".log-lines").matches("held_back_loss=").count();
    browser.refreshing("#tab", "the first lines", || lines() > 0);
    let before = lines();
    browser.refreshing("#tab", "the lines move", || lines() > before + 5);
    assert!(running(), "the lines moved while it ran");
    browser.press_in("main", "Metrics");
    browser.refreshing("#tab", "the first points", || points(browser) > 0);
    let before = points(browser);
    browser.refreshing("#tab", "the curve grows", || points(browser) > before + 5);
    assert!(running(), "the curve grew while it ran");
}

/// Points of the first curve: what its table of values goes up to.
fn points(browser: &Browser) -> usize {
    if browser.has(".chart-values:not([open])") {
        browser.press_in("[data-chart]", "Values");
    }
    let last = |text: String| text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).max();
    last(browser.text(".chart-values tbody")).unwrap_or(0)
}

/// The files, as pages and as bytes.
fn outputs(browser: &Browser, scripts: Scripts) {
    browser.press_in("main", "Outputs");
    browser.press_in("main", "loss.svg");
    browser.sees_in("#file-title", "loss.svg");
    match scripts {
        Scripts::On => browser.draws(".picture img"),
        Scripts::Off => assert!(browser.has(".picture img[alt='loss.svg']")),
    }
    browser.press_in("main", "All outputs");
    browser.press_in("main", "predictions.csv");
    browser.sees_in("main table", "probability");
    browser.press_in("main", "All outputs");
    browser.press_in("main", "metrics.json");
    browser.sees_in(".code-view", "accuracy");
    let shown = browser.text(".code-view");
    browser.press_in("section", "Download");
    let saved = browser.saved("metrics.json");
    assert!(shown.contains(String::from_utf8_lossy(&saved).lines().nth(1).unwrap().trim()), "{shown}");
}

/// Each file as the browser saves it, byte for byte what the job wrote; and all of them in one archive.
fn downloads(app: &TestApp, browser: &Browser) {
    let written = attempt(app, "/console/local/jobs/1").join("outputs");
    let of = |name: &str| std::fs::read(written.join(name)).unwrap();
    assert_eq!(browser.saved("metrics.json"), of("metrics.json"));
    browser.press_in("main", "All outputs");
    browser.press_in("main", "Download all");
    let files = unzipped(&browser.saved("cells.zip"));
    assert_eq!(files.len(), 4);
    for (name, bytes) in files {
        assert_eq!(bytes, of(&name), "{name}");
    }
}

/// Again with another value, and what both cost.
fn rebuild(browser: &Browser) {
    browser.press_in("main", "Rebuild");
    browser.arrives_at("Create training job");
    assert!(browser.has(CHOSEN), "it is prefilled");
    browser.fill("Name", "cells again");
    browser.fill("epochs", "3");
    browser.press_in("main form", "Create training job");
    browser.arrives_at("cells again");
    browser.sees_refreshing("#job", "Completed");
    browser.press_in(".rail", "Billing");
    browser.sees_in("main table", "cells again");
    browser.sees_in("main tfoot", "$0.00");
    browser.press_in("main tr:has(a[href$='/jobs/1'])", "Receipt");
    browser.arrives_at("Receipt");
    browser.sees_in(".facts", "Breast cells, version 1");
    browser.sees_in(".facts", "epochs = 400 changed");
}

fn walked(scripts: Scripts) {
    let app = TestApp::options().with_worker().start();
    publish(&app, "cancer-mlp");
    let browser = Browser::open(&app, scripts, Hand::Mouse);
    let ann = app.sign_in("ann");
    browser.be(&ann);
    upload(&browser);
    submit(&browser);
    watch(&browser);
    // Long enough to be watched is too long for a busy machine's browser to wait for.
    eventually_within(Duration::from_secs(180), "the training ends", || ann.get("/console/local/jobs/1").attr("main", "data-state") == "completed");
    browser.sees_refreshing("#job", "Completed");
    outputs(&browser, scripts);
    downloads(&app, &browser);
    rebuild(&browser);
    assert_eq!(browser.complaints(), Vec::<String>::new(), "the browser complains");
}

#[test]
fn from_data_to_bill_with_javascript() {
    walked(Scripts::On);
}

#[test]
fn from_data_to_bill_without_javascript() {
    walked(Scripts::Off);
}

/// What a poll does that comes back while the answer to a click is on its way.
const CLICKED_AND_REPLACED: &str = "const tab = document.getElementById('tab');
tab.querySelector(\"a[href$='/outputs']\").click();
tab.replaceWith(tab.cloneNode(true));
arguments[arguments.length - 1](null);";

#[test]
fn a_click_is_not_lost_when_a_poll_comes_between() {
    let app = TestApp::options().with_worker().start();
    let (ann, _) = crate::jobs::ground(&app);
    let path = crate::jobs::launch(&ann, &[]);
    crate::jobs::settled(&ann, &path);
    let browser = Browser::open(&app, Scripts::On, Hand::Mouse);
    browser.be(&ann);
    browser.go(&path);
    browser.sees_in("#tab", "What ran");
    browser.ask(CLICKED_AND_REPLACED, Vec::new());
    browser.sees_in("#tab", "Download all");
    assert_eq!(browser.path(), format!("{path}/outputs"));
}
