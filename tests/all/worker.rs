//! The worker with an engine that does what the test says: every way a job can go, one tick at a time.

use chrono::Duration;
use galleria::clock;
use galleria::engine::{Cause, Observation};
use galleria::jobs::{self, State, Typed};
use galleria::users::User;
use galleria::worker::Tick;

use crate::support::training::{Lab, ended, exited, running, submit, subscribe, typed};
use crate::support::{Published, TestApp};

fn ground(app: &TestApp) -> (User, Published) {
    let (ann, iris) = (app.user("ann"), app.algorithm("lab", "iris").publish());
    subscribe(app, &ann, &iris);
    (ann, iris)
}

#[test]
fn a_job_goes_from_creating_to_completed_and_is_billed_once() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    assert_eq!((job.state, job.command.as_str()), (State::Creating, "python train.py --rounds 3 --seconds 0 --fail 0"));

    assert_eq!(lab.tick(), Tick::Worked);
    assert_eq!(lab.job(job.id).state, State::Pending);
    lab.settle();
    let attempt = lab.attempt(job.id);
    let spec = lab.engine.spec(&attempt).unwrap();
    assert_eq!((spec.cpus, spec.memory, spec.env["GALLERIA_JOB_ID"].as_str()), (1.0, 2 << 30, job.id.to_string().as_str()));
    assert_eq!(lab.job(job.id).reason, "It is being started.");

    lab.engine.says(&attempt, running(), 500);
    assert_eq!(lab.tick(), Tick::Worked);
    assert_eq!((lab.job(job.id).state, lab.job(job.id).metered_ms), (State::Running, 500));
    assert!(lab.job(job.id).started_at.is_some());
    assert_eq!(lab.tick(), Tick::Watching);

    lab.engine.says(&attempt, running(), 30_000);
    lab.settle();
    assert_eq!((lab.job(job.id).metered_ms, lab.job(job.id).cost_micros), (30_000, 1_000));

    lab.engine.says(&attempt, exited(0), 60_015);
    lab.settle();
    let done = lab.job(job.id);
    assert_eq!((done.state, done.exit_code, done.metered_ms, done.cost_micros), (State::Completed, Some(0), 60_015, 2_000));
    assert!(done.ended_at.is_some());
    assert_eq!(lab.events(job.id), ["Submitted", "Queued", "Started", "Completed"]);
    assert_eq!(lab.tick(), Tick::Idle);
    assert_eq!(lab.engine.submits(), 1);
    let reader = galleria::algorithms::Reader { user: Some(ann.id), operator: false };
    let algorithm = app.read(|conn| galleria::algorithms::readable(conn, reader, iris.algorithm.id)).algorithm;
    assert_eq!((algorithm.completed, algorithm.failed), (1, 0));
    assert!(algorithm.touched_at > iris.algorithm.touched_at);
}

#[test]
fn a_job_that_was_never_seen_running_is_billed_as_well() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    lab.settle();
    lab.engine.says(&lab.attempt(job.id), exited(3), 3_600);
    lab.settle();
    let done = lab.job(job.id);
    assert_eq!((done.state, done.exit_code, done.metered_ms, done.cost_micros), (State::Failed, Some(3), 3_600, 120));
    assert_eq!(done.reason, "The command ended with exit code 3.");
    assert!(done.started_at.is_some() && lab.attempts(job.id)[0].started_at.is_some());
}

#[test]
fn each_retry_is_a_new_attempt_and_all_are_billed() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &Typed { retries: "1".into(), ..typed("l") });
    lab.settle();
    lab.engine.says(&lab.attempt(job.id), exited(1), 36_000);
    assert_eq!(lab.tick(), Tick::Worked);
    assert_eq!(lab.job(job.id).state, State::Pending);
    lab.settle();
    let second = lab.attempt(job.id);
    assert_eq!((lab.attempts(job.id).len(), lab.engine.submits()), (2, 2));
    lab.engine.says(&second, exited(1), 36_000);
    lab.settle();
    let done = lab.job(job.id);
    assert_eq!((done.state, done.metered_ms, done.cost_micros), (State::Failed, 72_000, 2_400));
    assert_eq!(lab.events(job.id), ["Submitted", "Queued", "Started", "Tried again", "Started", "Failed"]);
    let reader = galleria::algorithms::Reader { user: Some(ann.id), operator: false };
    assert_eq!(app.read(|conn| galleria::algorithms::readable(conn, reader, iris.algorithm.id)).algorithm.failed, 1);
}

#[test]
fn stop_ends_a_job_wherever_it_is() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let early = submit(&app, &ann, &iris, &typed("early"));
    app.write(|conn| jobs::stop(conn, &early, clock::now()));
    app.write(|conn| jobs::stop(conn, &early, clock::now()));
    assert_eq!(lab.job(early.id).state, State::Terminating);
    lab.settle();
    assert_eq!((lab.job(early.id).state, lab.job(early.id).cost_micros, lab.engine.submits()), (State::Terminated, 0, 0));
    assert!(app.db().write(|conn| jobs::stop(conn, &early, clock::now())).is_err());

    let job = submit(&app, &ann, &iris, &Typed { retries: "3".into(), ..typed("l") });
    lab.settle();
    let attempt = lab.attempt(job.id);
    lab.engine.says(&attempt, running(), 10);
    lab.settle();
    app.write(|conn| jobs::stop(conn, &job, clock::now()));
    lab.settle();
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.engine.stops()), (State::Terminating, vec![attempt.clone()]));
    // It is asked again when it does not end.
    lab.tick_at(clock::now() + Duration::seconds(6));
    assert_eq!(lab.engine.stops().len(), 2);
    lab.engine.says(&attempt, ended(143, Cause::Stopped), 1_000);
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.attempts(job.id).len()), (State::Terminated, 1));
}

#[test]
fn a_start_that_is_learned_after_a_stop_was_asked_stands_before_it() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    lab.settle();
    let later = clock::now() + Duration::seconds(5);
    app.write(|conn| jobs::stop(conn, &job, later));
    lab.engine.says(&lab.attempt(job.id), ended(143, Cause::Stopped), 2_000);
    lab.tick_at(later + Duration::seconds(1));
    assert_eq!(lab.events(job.id), ["Submitted", "Queued", "Started", "Stop asked", "Terminated"]);
}

#[test]
fn a_time_limit_is_said() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &Typed { stop_after: "2m".into(), retries: "2".into(), ..typed("l") });
    lab.settle();
    let attempt = lab.attempt(job.id);
    assert_eq!(lab.engine.spec(&attempt).unwrap().stop_after, Some(std::time::Duration::from_secs(120)));
    lab.engine.says(&attempt, running(), 120_000);
    lab.settle();
    assert_eq!(lab.job(job.id).state, State::Running, "its supervisor may not have seen it yet");
    lab.engine.says(&attempt, running(), 120_500);
    lab.settle();
    let ending = lab.job(job.id);
    assert_eq!((ending.state, ending.reason.as_str()), (State::Terminating, "It reached its time limit and is ending."));
    assert!(lab.events(job.id).contains(&"Time limit reached"));
    lab.engine.says(&attempt, ended(143, Cause::TimeLimit), 121_000);
    lab.settle();
    assert_eq!(lab.job(job.id).state, State::Terminated);
    assert_eq!(lab.job(job.id).reason, "It reached its time limit and was stopped (exit code 143).");
}

#[test]
fn an_engine_that_does_not_answer_changes_nothing_and_a_lost_attempt_is_billed_to_its_last_heartbeat() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    lab.settle();
    let attempt = lab.attempt(job.id);
    lab.engine.says(&attempt, running(), 5_000);
    lab.settle();
    lab.engine.set_down(true);
    lab.settle();
    assert_eq!(
        (lab.job(job.id).state, lab.job(job.id).reason),
        (State::Running, "The engine does not answer at the moment. It is asked again.".into())
    );
    lab.engine.set_down(false);
    lab.settle();
    assert_eq!(lab.job(job.id).reason, "The code is training.");

    lab.engine.says(&attempt, Observation::Lost, 36_000);
    lab.settle();
    let lost = lab.job(job.id);
    assert_eq!((lost.state, lost.metered_ms, lost.cost_micros, lost.exit_code), (State::Abnormal, 36_000, 1_200, None));
}

#[test]
fn what_the_engine_refuses_is_abnormal_with_its_words() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    lab.engine.refuse("It asks for too much.");
    let job = submit(&app, &ann, &iris, &Typed { retries: "3".into(), ..typed("l") });
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.attempts(job.id).len()), (State::Abnormal, 1));
    assert_eq!(lab.job(job.id).reason, "The engine cannot run this job. It asks for too much.");
}

#[test]
fn the_cpus_of_the_region_are_never_exceeded_and_the_first_comes_first() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let on = |launch: &str, flavor: &str| submit(&app, &ann, &iris, &Typed { flavor: flavor.into(), ..typed(launch) });
    let (small, large, last) = (on("1", "cpu-1"), on("2", "cpu-2"), on("3", "cpu-1"));
    lab.settle();
    assert_eq!(lab.engine.submits(), 1);
    assert_eq!(lab.job(large.id).reason, "Waiting for CPUs: it needs 2, and 1 of 2 is free.");
    assert_eq!(lab.job(last.id).reason, "Waiting for CPUs: 1 job is before it.");
    lab.engine.says(&lab.attempt(small.id), exited(0), 1);
    lab.settle();
    assert_eq!((lab.engine.submits(), lab.engine.spec(&lab.attempt(large.id)).is_some()), (2, true));
    assert_eq!(lab.job(last.id).reason, "Waiting for CPUs: it needs 1, and 0 of 2 are free.");
    lab.engine.says(&lab.attempt(large.id), exited(0), 1);
    lab.settle();
    assert!(lab.engine.spec(&lab.attempt(last.id)).is_some());
}

#[test]
fn one_worker_at_a_time_looks_after_an_attempt_and_another_takes_over() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let other = lab.another();
    let job = submit(&app, &ann, &iris, &typed("l"));
    lab.settle();
    let attempt = lab.attempt(job.id);
    lab.engine.says(&attempt, exited(0), 1_000);
    assert_eq!(other.tick(), Tick::Idle);
    assert_eq!(lab.job(job.id).state, State::Pending);
    // The first worker is gone: when its lease has run out its attempts are anybody's.
    assert_eq!(other.tick_at(clock::now() + Duration::seconds(31)), Tick::Worked);
    assert_eq!((lab.job(job.id).state, lab.engine.submits()), (State::Completed, 1));
}

#[test]
fn a_restarted_worker_hands_over_what_was_not_taken_and_never_twice() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    // Staged and admitted, and then the engine goes away before it has taken the attempt.
    assert_eq!((lab.tick(), lab.tick()), (Tick::Worked, Tick::Worked));
    lab.engine.set_down(true);
    lab.settle();
    assert_eq!((lab.job(job.id).state, lab.engine.submits()), (State::Pending, 0));
    lab.engine.set_down(false);
    let later = clock::now() + Duration::seconds(31);
    let other = lab.another();
    assert_eq!(other.tick_at(later), Tick::Worked);
    assert_eq!(lab.engine.submits(), 1);
    assert!(lab.attempts(job.id)[0].submitted_at.is_some());
}

#[test]
fn a_region_that_is_gone_from_the_configuration_ends_its_jobs_after_an_hour() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    let lost = lab.without_region();
    lost.settle();
    assert_eq!(lab.job(job.id).state, State::Creating);
    assert_eq!(lab.job(job.id).reason, "The region of this job is not available on this server any more.");
    lost.tick_at(clock::now() + Duration::minutes(61));
    assert_eq!(lab.job(job.id).state, State::Abnormal);
}

#[test]
fn a_damaged_archive_is_said_and_holds_nobody_up() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    let (first, rest) = iris.versions[0].digest.split_at(2);
    std::fs::remove_file(app.config().data_dir.join("archives").join(first).join(rest)).unwrap();
    lab.settle();
    assert_eq!(lab.job(job.id).state, State::Abnormal);
    assert!(lab.job(job.id).reason.contains("damaged or missing"));
}

#[test]
fn a_deleted_job_is_forgotten_by_the_engine_and_keeps_its_bill() {
    let app = TestApp::new();
    let (ann, iris) = ground(&app);
    let lab = Lab::new(&app);
    let job = submit(&app, &ann, &iris, &typed("l"));
    assert!(app.db().write(|conn| jobs::delete(conn, &job, clock::now())).is_err());
    lab.settle();
    let attempt = lab.attempt(job.id);
    lab.engine.says(&attempt, exited(0), 36_000);
    lab.settle();
    app.write(|conn| jobs::delete(conn, &job, clock::now()));
    lab.settle();
    assert_eq!(lab.engine.forgotten(), [attempt]);
    assert!(app.db().read(|conn| jobs::find(conn, ann.id, "local", job.id)).is_err());
    let month = galleria::billing::Month::of(clock::now());
    let bill = app.read(|conn| galleria::billing::statement(conn, ann.id, month, clock::now()));
    assert_eq!((bill.lines.len(), bill.totals()["USD"]), (1, 1_200));
}
