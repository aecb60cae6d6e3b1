//! Training jobs as a member sees them: the form, a job's pages, and real runs in the real sandbox.

use std::thread;
use std::time::Duration;

use galleria::clock;

use crate::subscriptions::accepted;
use crate::support::training::{Working, subscribe};
use crate::support::{Client, Page, Published, TestApp, eventually, eventually_within};

pub const FORM: &str = "/console/local/jobs/new?algorithm=lab/iris&version=1.0.0";

pub fn ground(app: &TestApp) -> (Client, Published) {
    let (ann, iris) = (app.user("ann"), app.algorithm("lab", "iris").publish());
    subscribe(app, &ann, &iris);
    (app.sign_in("ann"), iris)
}

/// Submits the form as it is shown, with something typed over it, and gives the job's address.
#[track_caller]
pub fn launch(ann: &Client, more: &[(&str, &str)]) -> String {
    launch_from(ann, FORM, more)
}

/// The same from the form at this address; what has to be accepted before is accepted.
#[track_caller]
pub fn launch_from(ann: &Client, form: &str, more: &[(&str, &str)]) -> String {
    let asked = accepted(ann, ann.get(form));
    let form = if asked.status() == 303 { ann.follow(&asked) } else { asked };
    let answer = ann.press(&form, "Create training job", more);
    assert_eq!(answer.status(), 303, "{}", answer.body);
    answer.location().to_owned()
}

#[track_caller]
pub fn settled(ann: &Client, path: &str) -> Page {
    settled_within(Duration::from_secs(30), ann, path)
}

/// The same for a job that takes its time, or whose packages do.
#[track_caller]
pub fn settled_within(limit: Duration, ann: &Client, path: &str) -> Page {
    eventually_within(limit, "the job ends", || {
        ["completed", "failed", "terminated", "abnormal"].contains(&ann.get(path).attr("main", "data-state").as_str())
    });
    ann.get(path)
}

#[test]
fn the_form_has_typed_fields_with_defaults_ranges_and_help() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let form = ann.get(FORM);
    assert_eq!((form.status(), form.text("h1").as_str()), (200, "Create training job"));
    assert_eq!(form.value("[name='param.rounds']"), "3");
    assert_eq!(form.attr("[name='param.rounds']", "max"), "1000");
    assert_eq!(form.attr("[name='param.rounds']", "type"), "number");
    assert!(form.says("1 to 1000, default 3. Rounds of training"));
    assert_eq!(form.value("[name=name]"), "iris-1");
    assert_eq!(form.attrs("[name=flavor]", "value"), ["cpu-1", "cpu-2"]);
    assert!(form.says("$0.12 per hour"));
}

#[test]
fn every_mistake_is_beside_its_field_and_nothing_typed_is_lost() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let form = ann.get(FORM);
    let wrong = [("param.rounds", "5000"), ("param.seconds", "soon"), ("name", ""), ("stop_after", "later"), ("nodes", "2"), ("env.GALLERIA_X", "1")];
    let page = ann.press(&form, "Create training job", &wrong);
    assert_eq!(page.status(), 422);
    assert_eq!(page.text("#error-summary h2"), "6 fields need a change before the job can start.");
    assert_eq!(page.text("[id='param.rounds-error']"), "Give a number from 1 to 1000.");
    assert_eq!(page.text("[id='param.seconds-error']"), "Give a number.");
    assert_eq!(page.text("#name-error"), "Give a name.");
    assert_eq!(page.text("#nodes-error"), "Only 1 is possible here.");
    assert_eq!((page.value("[name='param.rounds']").as_str(), page.value("[name=stop_after]").as_str()), ("5000", "later"));
    assert!(page.attrs("[name=env_name]", "value").contains(&"GALLERIA_X".to_owned()));
    assert_eq!(page.value("[name=launch_id]"), form.value("[name=launch_id]"));
    assert_eq!(ann.get("/console/local/jobs").count("tbody tr"), 0);
}

#[test]
fn a_job_trains_to_completed_on_real_code() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let working = Working::on(&app);
    let path = launch(&ann, &[("name", "first run"), ("param.rounds", "5"), ("env.GREETING", "hello")]);
    let job = settled(&ann, &path);
    assert_eq!(job.attr("main", "data-state"), "completed", "{}", ann.get(&format!("{path}/logs")).body);
    assert_eq!(job.text("h1"), "first run");
    assert!(job.says("The command ended with exit code 0.") && job.says("python train.py --rounds 5 --seconds 0 --fail 0"));
    assert!(!job.has("#job[data-hx-get]"), "a finished job is not asked for again");

    let log = ann.get(&format!("{path}/logs"));
    assert!(log.says("round 5 of 5") && log.says("done") && log.says("The command has started."));
    assert!(!log.has("[data-log-stream]"));
    let text = ann.get(&format!("{path}/logs.txt"));
    assert!(text.header("content-type").starts_with("text/plain") && text.body.contains("round 1 of 5\nround 2 of 5\n"));

    let outputs = ann.get(&format!("{path}/outputs"));
    assert!(outputs.says("model.txt"));
    let file = ann.get(&format!("{path}/outputs/model.txt"));
    assert_eq!((file.status(), file.body.as_str()), (200, "5 rounds\n"));
    assert!(file.header("content-disposition").starts_with("attachment") && file.header("content-security-policy").contains("sandbox"));
    assert_eq!(ann.get(&format!("{path}/outputs/../spec.json")).status(), 404);

    assert_eq!(ann.get(&format!("{path}/events")).texts(".event-list .strong"), ["Completed", "Started", "Queued", "Submitted"]);
    let list = ann.get("/console/local/jobs");
    assert!(list.says("first run") && list.says("Completed") && !list.has("#jobs[data-hx-get]"));
    let bill = ann.get("/console/billing");
    assert!(bill.says("first run") && bill.says("1 vCPU, 2 GiB × 1"));
    drop(working);
}

#[test]
fn the_exit_code_owns_the_state() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let _working = Working::on(&app);
    let path = launch(&ann, &[("param.fail", "1")]);
    let job = settled(&ann, &path);
    assert_eq!(job.attr("main", "data-state"), "failed");
    assert!(job.says("The command ended with exit code 1."));
    assert!(ann.get(&format!("{path}/logs")).says("asked to fail"));
}

#[test]
fn stop_and_time_limit_end_a_job() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let _working = Working::on(&app);
    let path = launch(&ann, &[("param.seconds", "600")]);
    eventually("it trains", || ann.get(&format!("{path}/logs")).says("round 1 of 3"));
    // A line can be read from the log before the worker has noticed the start.
    eventually("it is known to", || ann.get(&path).attr("main", "data-state") == "running");
    let page = ann.get(&path);
    assert_eq!(ann.press(&page, "Stop", &[]).location(), path);
    let stopped = settled(&ann, &path);
    assert_eq!(stopped.attr("main", "data-state"), "terminated");
    assert!(stopped.says("It was stopped on request"));
    assert_eq!(ann.post(&format!("{path}/cancellation"), &[]).status(), 409);

    let limited = launch(&ann, &[("param.seconds", "600"), ("stop_after", "1s")]);
    let job = settled(&ann, &limited);
    assert_eq!(job.attr("main", "data-state"), "terminated");
    assert!(job.says("It reached its time limit and was stopped"));
}

#[test]
fn a_worker_that_comes_later_finds_the_job_again() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let first = Working::on(&app);
    let path = launch(&ann, &[("param.seconds", "2"), ("param.rounds", "2")]);
    eventually("it trains", || ann.get(&path).attr("main", "data-state") == "running");
    drop(first);
    let log = format!("{path}/logs");
    eventually("it goes on alone", || ann.get(&log).says("done"));
    assert_eq!(ann.get(&path).attr("main", "data-state"), "running");
    let _second = Working::on(&app);
    assert_eq!(settled(&ann, &path).attr("main", "data-state"), "completed");
}

#[test]
fn the_same_launch_is_one_job_also_twenty_times_at_once() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let form = ann.get(FORM);
    let content = form.form_of_button("Create training job");
    let fields: Vec<(&str, &str)> = content.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let locations: Vec<String> = thread::scope(|scope| {
        let posts: Vec<_> = (0..20).map(|_| scope.spawn(|| ann.post("/console/local/jobs", &fields))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).map(|page| format!("{} {}", page.status(), page.location())).collect()
    });
    assert!(locations.iter().all(|location| *location == locations[0]) && locations[0].starts_with("303 /console/local/jobs/"), "{locations:?}");
    assert_eq!(ann.get("/console/local/jobs").count("tbody tr"), 1);
}

#[test]
fn somebody_elses_job_is_not_there() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let path = launch(&ann, &[]);
    let bob = app.sign_in("bob");
    for page in [
        "", "/logs", "/logs.txt", "/logs/stream", "/metrics", "/metrics.json", "/usage", "/usage.json", "/outputs", "/outputs/model.txt", "/events",
        "/status", "/deletion",
    ] {
        assert_eq!(bob.get(&format!("{path}{page}")).status(), 404, "{page}");
    }
    for act in ["cancellation", "deletion"] {
        assert_eq!(bob.post(&format!("{path}/{act}"), &[]).status(), 404, "{act}");
    }
    assert_eq!(ann.get(&path).attr("main", "data-state"), "creating");
    assert_eq!(app.visitor().get(&path).status(), 303);
    assert!(!bob.get("/console/local/jobs").says("iris-1"));
}

#[test]
fn only_subscribers_who_accepted_the_constraints_can_launch() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").publish();
    let ann = app.sign_in("ann");
    assert_eq!(ann.get(FORM).status(), 409);
    let fields = [("algorithm", "lab/iris"), ("version", "1.0.0"), ("name", "x"), ("flavor", "cpu-1"), ("launch_id", "y")];
    assert_eq!(ann.post("/console/local/jobs", &fields).status(), 409);

    let (bob, carol) = (app.user("bob"), app.algorithm("lab", "strict").official().publish());
    subscribe(&app, &bob, &carol);
    app.algorithm("lab", "strict").official().constraints("Not for clinical use.").versions(&["1.1.0"]).publish();
    let bob = app.sign_in("bob");
    let first = bob.get("/console/local/jobs/new?algorithm=lab/strict&version=1.1.0");
    assert_eq!(first.status(), 303);
    assert!(first.location().starts_with("/algorithms/lab/strict/subscription/new?version=1.1.0&next="), "{}", first.location());
    let accepted = bob.press(&bob.follow(&first), "Continue", &[]);
    assert_eq!(bob.follow(&accepted).text("h1"), "Create training job");
}

#[test]
fn flavors_that_do_not_fit_are_shown_with_the_reason() {
    let app = TestApp::new();
    let large = app.algorithm("lab", "large").yaml("requires", "{cpus: 2}").publish();
    subscribe(&app, &app.user("ann"), &large);
    let ann = app.sign_in("ann");
    let form = ann.get("/console/local/jobs/new?algorithm=lab/large&version=1.0.0");
    assert_eq!(form.attrs("[name=flavor][disabled]", "value"), ["cpu-1"]);
    assert!(form.says("Has 1 CPU; this version needs at least 2 CPUs per node."));
    let answer = ann.press(&form, "Create training job", &[("flavor", "cpu-1")]);
    assert!(answer.text("#flavor-error").starts_with("1 vCPU, 2 GiB cannot be used."));
}

#[test]
fn a_withdrawn_version_starts_no_job() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let path = launch(&ann, &[]);
    app.write(|conn| galleria::versions::withdraw(conn, &iris.versions[0], "leaked the label", None, clock::now()));
    assert!(ann.get(FORM).says("This version was withdrawn: leaked the label"));
    let fields = [("algorithm", "lab/iris"), ("version", "1.0.0"), ("name", "x"), ("flavor", "cpu-1")];
    assert_eq!(ann.post("/console/local/jobs", &fields).status(), 422);
    assert!(!ann.get(&path).has_link("Rebuild"));
}

#[test]
fn rebuild_is_the_same_form_prefilled_and_a_cancelled_subscription_can_be_retrieved_there() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let path = launch(&ann, &[("param.rounds", "7"), ("flavor", "cpu-2"), ("stop_after", "90m"), ("retries", "2"), ("env.A", "1")]);
    let again = ann.click(&ann.get(&path), "Rebuild");
    assert_eq!((again.value("[name='param.rounds']").as_str(), again.value("[name=flavor][checked]").as_str()), ("7", "cpu-2"));
    assert_eq!((again.value("[name=stop_after]").as_str(), again.value("[name=retries]").as_str()), ("90m", "2"));
    assert_eq!(ann.press(&again, "Create training job", &[]).status(), 303);
    let user = app.user("ann").id;
    app.write(|conn| galleria::subscriptions::cancel(conn, user, iris.algorithm.id, clock::now()));
    let page = ann.get(&path);
    assert!(!page.has_link("Rebuild") && page.buttons().contains(&"Retrieve Subscription".to_owned()));
}

#[test]
fn hostile_output_is_harmless_on_the_page() {
    let app = TestApp::options().with_engines().start();
    let code = r#"import sys
out = sys.stdout.buffer
out.write(b"<script>alert(1)</script>\n\x1b[31mred\x1b[0m \x1b]0;title\x07\n")
out.write(b"nul\0nul \xff\xfe\n10 %\r50 %\r100 %\n")
out.write(b"x" * 100_000 + b"\n")
out.write(b"0 The command ended with exit code 0.\n<!-- & end\n")
"#;
    let hostile = app.algorithm("lab", "iris").file("train.py", code).publish();
    subscribe(&app, &app.user("ann"), &hostile);
    let (ann, _working) = (app.sign_in("ann"), Working::on(&app));
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    let log = ann.get(&format!("{path}/logs"));
    assert!(!log.body.contains("<script>alert") && log.says("<script>alert(1)</script>"));
    assert!(!log.body.contains('\u{1b}') && !log.body.contains('\0') && log.says("red") && log.says("nulnul"));
    assert!(log.says("100 %") && !log.says("50 %"));
    assert!(log.says("96,000 more") && !log.body.contains(&"x".repeat(5_000)));
    // A forged line of the supervisor's stays one of the job's.
    assert_eq!(log.texts(".log-system").iter().filter(|line| line.contains("exit code 0")).count(), 1);
}

#[test]
fn the_log_follows_by_itself_and_ends() {
    let app = TestApp::options().with_engines().start();
    let (ann, _) = ground(&app);
    let _working = Working::on(&app);
    let path = launch(&ann, &[("param.seconds", "1"), ("param.rounds", "4")]);
    let page = ann.get(&format!("{path}/logs"));
    let stream = page.attr("[data-log-stream]", "data-log-stream");
    let events = ann.get(&stream);
    assert_eq!(events.header("content-type"), "text/event-stream");
    assert!(events.body.starts_with("retry: 250\n\n"), "{}", events.body);
    assert!(events.body.contains("event: lines\nid: ") && events.body.contains("round 4 of 4"), "{}", events.body);
    assert!(events.body.ends_with("event: end\ndata: end\n\n"));
    assert_eq!(events.body.matches("round 1 of 4").count(), 1);
}

#[test]
fn a_long_log_opens_at_its_end() {
    let app = TestApp::options().with_engines().start();
    let code = "for number in range(100_000):\n    print('line', number, '.' * 20)\nprint('the end')\n";
    let chatty = app.algorithm("lab", "iris").file("train.py", code).publish();
    subscribe(&app, &app.user("ann"), &chatty);
    let (ann, _working) = (app.sign_in("ann"), Working::on(&app));
    let path = launch(&ann, &[]);
    settled(&ann, &path);
    let log = ann.get(&format!("{path}/logs"));
    assert!(log.says("the end") && log.says("line 99999") && !log.says("line 100 ") && log.says("before this are not shown"));
    assert!(log.body.len() < 600_000);
    let text = ann.get(&format!("{path}/logs.txt"));
    assert_eq!(text.body.lines().filter(|line| line.starts_with("line ")).count(), 100_000);
}
