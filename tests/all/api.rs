//! `/api/v1`: from finding an algorithm to its outputs, as a script does it, and what it refuses.

mod document;
mod permissions;
mod walk;

use std::thread;

use serde_json::{Value, json};

use crate::support::{Answer, Published, Script, TestApp, eventually};

fn digests(answer: &Answer) -> Value {
    let texts = answer.at("/accept").as_array().unwrap().iter();
    texts.map(|text| text["digest"].clone()).collect()
}

/// `lab/iris` with constraints, and a script of `ann`'s that has subscribed to it.
fn ground(app: &TestApp) -> (Script, Published) {
    let iris = app.algorithm("lab", "iris").constraints("Not for clinical use.").publish();
    let ann = Script::full(app, "ann");
    let asked = ann.send("PUT", "algorithms/lab/iris/subscription", &json!({}));
    assert_eq!((asked.status(), asked.text("/error")), (409, "acceptance_required"), "{}", asked.page.body);
    let done = ann.send("PUT", "algorithms/lab/iris/subscription", &json!({ "accept": digests(&asked) }));
    assert_eq!((done.status(), done.text("/state")), (200, "active"), "{}", done.page.body);
    (ann, iris)
}

fn order() -> Value {
    json!({ "name": "first", "algorithm": "lab/iris", "version": "1.0.0", "region": "local", "flavor": "cpu-1" })
}

#[test]
fn a_script_trains_to_completed_and_takes_the_outputs() {
    let app = TestApp::options().with_worker().start();
    let (ann, _) = ground(&app);
    let mut wanted = order();
    wanted["parameters"] = json!({ "rounds": 5, "seconds": 0.1 });
    wanted["environment"] = json!({ "GREETING": "hello" });
    wanted["stop_after"] = json!("10m");
    let made = ann.ask("POST", "jobs", Some(&wanted), Some("nightly-1"));
    assert_eq!(made.status(), 201, "{}", made.page.body);
    let path = format!("jobs/{}", made.at("/id"));
    assert_eq!(made.page.header("location"), format!("/api/v1/{path}"));
    eventually("the job ends", || ann.get(&path).at("/ended_at").is_string());
    let job = ann.get(&path);
    assert_eq!((job.text("/state"), job.at("/exit_code")), ("completed", &json!(0)), "{}", job.page.body);
    assert_eq!((job.text("/algorithm"), job.text("/parameters/rounds"), job.text("/parameters/seconds")), ("lab/iris", "5", "0.1"));
    assert!(job.text("/cost/amount").parse::<f64>().unwrap() > 0.0 && job.text("/cost/currency") == "USD");

    let log = ann.get(&format!("{path}/logs"));
    assert!(log.text("/text").starts_with("round 1 of 5\n") && log.at("/complete") == &json!(true), "{}", log.page.body);
    let rest = ann.get(&format!("{path}/logs?from=13"));
    assert!(rest.text("/text").starts_with("round 2 of 5\n") && rest.at("/next") == log.at("/next"), "{}", rest.page.body);
    let end = ann.get(&format!("{path}/logs?from={}", log.at("/next")));
    assert_eq!((end.text("/text"), end.at("/complete")), ("", &json!(true)));

    let outputs = ann.get(&format!("{path}/outputs"));
    assert_eq!(
        outputs.at("/outputs/0"),
        &json!({ "path": "model.txt", "size": 9, "href": format!("/api/v1/{path}/outputs/model.txt"), "view": format!("/console/local/{path}/outputs/model.txt?view") })
    );
    let file = ann.get(&format!("{path}/outputs/model.txt"));
    assert_eq!((file.status(), file.page.body.as_str()), (200, "5 rounds\n"));
    assert!(file.page.header("content-disposition").starts_with("attachment"));
    assert_eq!(ann.get(&format!("{path}/outputs/..%2fspec.json")).status(), 404);

    let again = ann.ask("POST", "jobs", Some(&wanted), Some("nightly-1"));
    assert_eq!((again.status(), again.at("/id")), (200, made.at("/id")));
    assert_eq!(ann.get("jobs").at("/total"), &json!(1));
    assert_eq!(ann.send("POST", &format!("{path}/cancellation"), &json!({})).status(), 409, "it has ended");
}

#[test]
fn the_same_key_at_the_same_moment_is_one_job() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let token = &ann.token;
        let ask = || scope.spawn(|| Script::with(&app, token).ask("POST", "jobs", Some(&order()), Some("one")).status());
        let threads: Vec<_> = (0..8).map(|_| ask()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 201].contains(status)), "{statuses:?}");
    assert_eq!(ann.get("jobs").at("/total"), &json!(1));
    let without = [ann.send("POST", "jobs", &order()), ann.send("POST", "jobs", &order())];
    assert!(without.iter().all(|made| made.status() == 201), "without a key each is a new one");
    assert_eq!(ann.ask("POST", "jobs", Some(&order()), Some(&"x".repeat(101))).status(), 400);
}

#[test]
fn every_mistake_is_told_at_once_under_the_name_it_was_sent() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let wrong = json!({
        "name": "", "algorithm": "lab/iris", "region": "local", "flavor": "gpu-9", "nodes": 2, "retries": 9, "stop_after": "later",
        "parameters": { "rounds": 5000, "seconds": "soon" }, "environment": { "GALLERIA_X": "1" },
    });
    let refused = ann.send("POST", "jobs", &wrong);
    assert_eq!((refused.status(), refused.text("/error")), (422, "invalid"));
    let fields: Vec<&String> = refused.at("/fields").as_object().unwrap().keys().collect();
    let expected = ["environment", "flavor", "name", "nodes", "parameters.rounds", "parameters.seconds", "retries", "stop_after"];
    assert_eq!(fields, expected, "{}", refused.page.body);
    assert_eq!(refused.text("/fields/parameters.rounds"), "Give a number from 1 to 1000.");
    let nowhere = ann.send("POST", "jobs", &json!({ "name": "", "algorithm": "lab/iris", "region": "moon", "flavor": "cpu-1" }));
    assert_eq!((nowhere.status(), nowhere.at("/fields").as_object().unwrap().len()), (422, 2), "{}", nowhere.page.body);
    let unknown = ann.send("POST", "jobs", &json!({ "name": "x", "algorithm": "lab/none", "region": "local" }));
    assert!(unknown.status() == 422 && unknown.at("/fields/algorithm").is_string(), "{}", unknown.page.body);
    assert_eq!(ann.get("jobs").at("/total"), &json!(0));
}

#[test]
fn the_forms_own_names_do_as_well() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let flat = json!({ "name": "flat", "algorithm": "lab/iris", "flavor": "cpu-1", "param.rounds": 7, "env.A_B": "c", "launch_id": "mine" });
    let made = ann.send("POST", "jobs", &flat);
    assert_eq!((made.status(), made.at("/parameters/rounds"), made.text("/region")), (201, &json!("7"), "local"), "{}", made.page.body);
    assert_eq!(ann.send("POST", "jobs", &flat).status(), 200, "the same launch");
    let wrong = ann.send("POST", "jobs", &json!({ "name": "x", "algorithm": "lab/iris", "flavor": "cpu-1", "param.rounds": 5000, "env.HOME": "c" }));
    let fields: Vec<&String> = wrong.at("/fields").as_object().unwrap().keys().collect();
    assert_eq!(wrong.status(), 422);
    assert_eq!(fields, ["env", "param.rounds"], "{}", wrong.page.body);
}

#[test]
fn what_cannot_be_read_is_400_with_words() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    let post = |body: &str| {
        let request = app.visitor().request("POST", "/api/v1/jobs").header("Authorization", format!("Bearer {}", ann.token));
        app.visitor().send(request.body(body.to_owned()))
    };
    for (body, status) in [("{", 400), ("[]", 400), ("{\"paramters\": {}}", 400), ("{\"name\": \"a\\u0000b\"}", 400), (&*"x".repeat(2 << 20), 413)] {
        let page = post(body);
        assert_eq!(page.status(), status, "{}", page.body);
        assert!(page.body.contains("\"message\""), "{}", page.body);
    }
    assert!(post("{\"paramters\": {}}").body.contains("paramters"), "says what is wrong");
    assert_eq!(ann.get("jobs/1/logs?from=x").status(), 400);
    assert_eq!(ann.get("nothing").text("/error"), "not_found");
    let wrong_method = ann.send("PATCH", "jobs", &json!({}));
    assert_eq!((wrong_method.status(), wrong_method.page.header("allow")), (405, "GET, HEAD, POST"));
}

#[test]
fn subscribing_needs_the_digests_and_jobs_need_the_subscription() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").constraints("Not for clinical use.").publish();
    let ann = Script::full(&app, "ann");
    let early = ann.send("POST", "jobs", &order());
    assert_eq!((early.status(), early.text("/error")), (409, "conflict"), "{}", early.page.body);
    let details = ann.get("algorithms/lab/iris");
    assert!(details.at("/subscribed") == &json!(false) && details.text("/chosen/constraints").contains("Not for clinical use."));
    assert_eq!(details.text("/versions/0/digest"), details.text("/chosen/digest"));
    let asked = ann.send("PUT", "algorithms/lab/iris/subscription", &json!({ "accept": ["0000"] }));
    let kinds: Vec<&str> = asked.at("/accept").as_array().unwrap().iter().map(|text| text["kind"].as_str().unwrap()).collect();
    assert_eq!((asked.status(), kinds), (409, vec!["constraints", "note"]));
    let half = ann.send("PUT", "algorithms/lab/iris/subscription", &json!({ "accept": [asked.at("/accept/0/digest")] }));
    assert_eq!((half.status(), half.at("/accept").as_array().unwrap().len()), (409, 1), "all or nothing");
    assert_eq!(ann.get("algorithms/lab/iris").at("/chosen/accept").as_array().unwrap().len(), 2, "nothing was recorded");
    let both = json!({ "accept": digests(&asked) });
    for _ in 0..2 {
        assert_eq!(ann.send("PUT", "algorithms/lab/iris/subscription", &both).text("/state"), "active");
    }
    assert_eq!(ann.send("POST", "jobs", &order()).status(), 201);
    app.algorithm("lab", "iris").versions(&["1.1.0"]).constraints("Not for pets either.").publish();
    let mut newer = order();
    newer["version"] = json!("1.1.0");
    let changed = ann.send("POST", "jobs", &newer);
    assert_eq!((changed.status(), changed.text("/error"), changed.text("/accept/0/kind")), (409, "acceptance_required", "constraints"));
    assert_eq!(ann.ask("DELETE", "algorithms/lab/iris/subscription", None, None).text("/state"), "cancelled");
    assert_eq!(ann.send("POST", "jobs", &order()).status(), 409);
}

#[test]
fn lists_are_searched_filtered_and_paged() {
    let app = TestApp::new();
    let (ann, _) = ground(&app);
    app.algorithm("lab", "digits").official().publish();
    let found = ann.get("algorithms?q=iris");
    assert_eq!((found.at("/total"), found.text("/algorithms/0/algorithm")), (&json!(1), "lab/iris"));
    assert_eq!(ann.get("algorithms").at("/total"), &json!(2));
    for number in 0..25 {
        assert_eq!(ann.ask("POST", "jobs", Some(&order()), Some(&format!("job {number}"))).status(), 201);
    }
    let second = ann.get("jobs?page=2");
    assert_eq!((second.at("/page"), second.at("/pages"), second.at("/jobs").as_array().unwrap().len()), (&json!(2), &json!(2), 1));
    let total = |query: &str| ann.get(&format!("jobs?{query}")).at("/total").as_i64().unwrap();
    assert_eq!([total("state=creating"), total("state=running"), total("algorithm=lab/iris"), total("algorithm=lab/digits")], [25, 0, 25, 0]);
    assert_eq!([total("region=local"), total("region=moon")], [25, 0]);
    assert!(ann.get("jobs?state=flying").at("/fields/state").is_string());
    let id = second.at("/jobs/0/id");
    let stopped = ann.send("POST", &format!("jobs/{id}/cancellation"), &json!({}));
    assert_eq!((stopped.status(), stopped.text("/state")), (202, "terminating"));
}

#[test]
fn launches_are_limited() {
    let app = TestApp::options().limits_on().start();
    let (ann, _) = ground(&app);
    let statuses: Vec<u16> = (0..61).map(|_| ann.ask("POST", "jobs", Some(&json!({})), None).status()).collect();
    assert!(statuses[..60].iter().all(|status| *status == 422), "{statuses:?}");
    let refused = ann.ask("POST", "jobs", Some(&json!({})), None);
    assert_eq!((refused.status(), refused.text("/error")), (429, "too_many_requests"));
    assert!(!refused.page.header("retry-after").is_empty());
}

#[test]
fn what_a_job_reported_can_be_read_by_a_script() {
    let app = TestApp::options().with_worker().start();
    let (ann, _) = ground(&app);
    let train = "for epoch in range(1, 4):\n    print(f'epoch={epoch} loss={1 / epoch}')\n";
    let project = "name: curves\nentry_points:\n  main:\n    command: \"python train.py\"\n";
    let curves = app.algorithm("lab", "curves").official().mlproject(project).file("train.py", train).publish();
    crate::subscriptions::subscribe(&app.sign_in("ann"), &curves);
    let wanted = json!({ "name": "curves", "algorithm": "lab/curves", "region": "local", "flavor": "cpu-1" });
    let made = ann.ask("POST", "jobs", Some(&wanted), None);
    assert_eq!(made.status(), 201, "{}", made.page.body);
    let path = format!("jobs/{}", made.at("/id"));
    eventually("the job ends", || ann.get(&path).at("/ended_at").is_string());
    let metrics = ann.get(&format!("{path}/metrics"));
    assert_eq!((metrics.text("/metrics/0/name"), metrics.text("/metrics/0/axis"), metrics.at("/metrics/0/count")), ("loss", "epoch", &json!(3)));
    assert_eq!((metrics.at("/metrics/0/max"), metrics.at("/metrics/0/points/1")), (&json!(1.0), &json!([2.0, 0.5])));
}
