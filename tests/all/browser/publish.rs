//! Publishing as it is done by hand: findings, proof, a second version with other constraints, withdrawal. And what
//! publishers may write never runs.

use std::path::PathBuf;
use std::time::Duration;

use galleria::package;

use crate::support::{Browser, Client, Hand, Scripts, TestApp, eventually_within};

const TRAIN: &str = "for epoch in range(1, 4):\n    print(f'epoch={epoch} loss={1 / epoch}', flush=True)\n";

fn project(constraints: &str) -> String {
    format!(
        "name: iris\nentry_points:\n  main:\n    command: python train.py\ngalleria:\n  title: Iris in a minute\n  open_source: true\n  constraints: {constraints}\n"
    )
}

fn saved(app: &TestApp, name: &str, project: &str) -> PathBuf {
    let file = app.folder().join(name);
    std::fs::write(&file, package::pack([("MLproject", project.as_bytes()), ("train.py", TRAIN.as_bytes())]).unwrap()).unwrap();
    file
}

fn accept(browser: &Browser) {
    browser.press_in("main", "Continue");
    browser.arrives_at("Note");
    browser.tick("Data Security and Privacy Risk");
    browser.tick("Service Agreement");
    browser.press("Continue");
    browser.sees_in("main", "Subscribed");
}

fn walked(scripts: Scripts) {
    let app = TestApp::options().with_worker().start();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    let browser = Browser::open(&app, scripts, Hand::Mouse);
    browser.be(&ann);
    browser.go("/me/algorithms/releases");
    browser.press_in("main", "Publish");
    browser.arrives_at("Publish");
    browser.attach("Archive", &saved(&app, "wrong.zip", &project("[1]").replace("title", "titel")));
    browser.choose("Who may see it", "Public");
    browser.press_in("main form", "Publish");
    browser.sees_in("#findings", "no key `titel`");
    browser.attach("Archive", &saved(&app, "iris.zip", &project("Only for flowers.")));
    browser.choose("Who may see it", "Public");
    browser.press_in("main form", "Publish");
    browser.arrives_at("Iris in a minute");
    browser.press_in("main", "Versions, texts and who may see it");
    eventually_within(Duration::from_secs(60), "the proof", || ann.get("/publish/ann/iris").says("It stands in the market for everybody."));
    browser.go("/publish/ann/iris");
    browser.sees_in("main table", "Proven");
    subscribe(&browser, &ben);
    again(&app, &browser, &ann, &ben);
    withdraw(&browser, &ann);
    assert_eq!(browser.complaints(), Vec::<String>::new(), "the browser complains");
}

fn subscribe(browser: &Browser, ben: &Client) {
    browser.be(ben);
    browser.go("/algorithms/ann/iris");
    browser.press("Subscribe");
    browser.arrives_at("Constraints");
    browser.sees_in("main", "Only for flowers.");
    accept(browser);
}

/// A second version with other constraints, which a subscriber hears of and is asked to accept with what changed.
fn again(app: &TestApp, browser: &Browser, ann: &Client, ben: &Client) {
    browser.be(ann);
    browser.go("/publish/ann/iris");
    browser.press("New version");
    browser.attach("Archive", &saved(app, "more.zip", &project("Only for flowers and shrubs.")));
    browser.press_in("main form", "Publish");
    browser.arrives_at("Iris in a minute");
    eventually_within(Duration::from_secs(60), "it is seen", || ben.get("/algorithms/ann/iris/versions/1.0.1").status() == 200);
    browser.be(ben);
    browser.go("/notifications");
    browser.press_in("main", "Iris in a minute has a new version, 1.0.1.");
    browser.sees_in("main", "Only for flowers and shrubs.");
    browser.go("/console/local/jobs/new?algorithm=ann/iris&version=1.0.1");
    browser.arrives_at("Constraints");
    browser.sees_in(".diff", "Only for flowers and shrubs.");
    browser.press_in("main", "Continue");
    browser.arrives_at("Create training job");
}

fn withdraw(browser: &Browser, ann: &Client) {
    browser.be(ann);
    browser.go("/publish/ann/iris");
    browser.press_in("main table", "Withdraw 1.0.0");
    browser.fill("Reason", "It divides by zero.");
    browser.choose("Take instead", "1.0.1");
    browser.press_in(".dialog", "Withdraw");
    browser.sees_in("main table", "It divides by zero. Take 1.0.1 instead.");
}

#[test]
fn published_compared_withdrawn_with_javascript() {
    walked(Scripts::On);
}

#[test]
fn published_compared_withdrawn_without_javascript() {
    walked(Scripts::Off);
}

/// What somebody might write who wants a script to run in another's browser.
const VECTORS: &str = "<script>window.xss=1</script><img src=x onerror=window.xss=1><svg onload=window.xss=1></svg>\"'><a href=javascript:window.xss=1>x</a>\
                       <iframe srcdoc=x></iframe><form hx-get=/ hx-trigger=load data-hx-on=x></form>[y](javascript:window.xss=1)<style>*{display:none}</style>";
const RAN: &str = "const bad = 'main script, iframe, main style, main object, [onerror], [onload], .prose form, .prose [data-hx-get], .prose [hx-get], a[href^=\"javascript:\"]';
arguments[arguments.length - 1](window.xss === undefined ? [...document.querySelectorAll(bad)].map((one) => one.outerHTML) : ['it ran']);";

/// An archive in which everything that can be written is a vector.
fn poisoned() -> Vec<u8> {
    let line = serde_json::to_string(&VECTORS.chars().take(95).collect::<String>()).unwrap();
    let short = serde_json::to_string(&VECTORS.chars().take(39).collect::<String>()).unwrap();
    let prose = serde_json::to_string(VECTORS).unwrap();
    let project = format!(
        "name: iris\nentry_points:\n  main:\n    parameters:\n      x: {{default: {line}, description: {prose}, choices: [{line}]}}\n    command: \"echo {{x}} && python train.py\"\n\
         galleria:\n  title: {line}\n  summary: {line}\n  description: {prose}\n  delivery: {prose}\n  restrictions: {prose}\n  task: {short}\n  framework: {short}\n  \
         license: {line}\n  constraints: {prose}\n  notes: {prose}\n  open_source: true\n  requires:\n    inputs: [{{name: {short}, description: {prose}}}]\n"
    );
    let train = format!(
        "# {VECTORS}\nprint({})\nprint('epoch=1 loss=1')\nraise ValueError({})\n",
        serde_json::to_string(VECTORS).unwrap(),
        serde_json::to_string(VECTORS).unwrap()
    );
    let readme = format!("# Hello\n\n{VECTORS}\n");
    let name = "<img src=x onerror=window.xss=1>.py";
    package::pack([("MLproject", project.as_bytes()), ("train.py", train.as_bytes()), ("README.md", readme.as_bytes()), (name, train.as_bytes())])
        .unwrap()
}

/// Every page on which it could run.
fn pages(job: &str) -> Vec<String> {
    let own = ["", "/versions", "/code", "/code/1.0.0/train.py", "/code/1.0.0/%3Cimg%20src=x%20onerror=window.xss=1%3E.py", "/comments"]
        .map(|tab| format!("/algorithms/ann/iris{tab}"));
    let pages = [
        "/",
        "/market/algorithms?q=script",
        "/publishers/ann",
        "/publish",
        "/publish/ann/iris",
        "/publish/ann/iris/use",
        "/publish/ann/iris/words",
        "/notifications",
    ];
    let more = [
        "/me/algorithms/releases",
        "/me/algorithms/subscriptions",
        "/settings/consents",
        "/console/billing",
        "/console/local/jobs",
        "/console/local/algorithms/subscriptions?open=ann/iris",
    ];
    let jobs = ["", "/logs", "/metrics", "/events", "/outputs"].map(|tab| format!("{job}{tab}"));
    own.into_iter().chain(jobs).chain(pages.into_iter().chain(more).map(str::to_owned)).collect()
}

#[test]
fn nothing_that_publishers_write_runs() {
    let app = TestApp::options().env("GALLERIA_PROOF", "off").with_worker().start();
    let ann = app.sign_in("ann");
    let zip = poisoned();
    let sent = ann.upload_as("archive", "/publish", &[("visibility", "public"), ("notes", VECTORS)], ("iris.zip", &zip));
    assert_eq!((sent.status(), sent.location()), (303, "/algorithms/ann/iris"), "{}", sent.text("main"));
    ann.post("/algorithms/ann/iris/comments", &[("body", VECTORS)]);
    ann.get("/algorithms/ann/iris/subscription/new");
    ann.post("/algorithms/ann/iris/subscription/new", &[("step", "constraints")]);
    let form = ann.get("/console/local/jobs/new?algorithm=ann/iris&version=1.0.0");
    let job = ann.press(&form, "Create training job", &[("flavor", "cpu-1"), ("name", &VECTORS[..70]), ("description", &VECTORS[..200])]);
    assert_eq!(job.status(), 303, "{}", job.text("main"));
    let job = job.location().to_owned();
    eventually_within(Duration::from_secs(60), "it has failed", || ann.get(&job).attr("main", "data-state") == "failed");
    let browser = Browser::open(&app, Scripts::On, Hand::Mouse);
    browser.be(&ann);
    for page in pages(&job) {
        browser.go(&page);
        browser.refreshing("main", "the page is there", || browser.has("main h1, main h2"));
        assert_eq!(browser.ask(RAN, Vec::new()), serde_json::json!([]), "{page}");
    }
}
