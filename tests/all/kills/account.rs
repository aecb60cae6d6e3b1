//! What has to be true once the jobs of a round have ended.

use std::fs;
use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use galleria::billing::{self, Month, cost_micros};
use galleria::clock;
use galleria::jobs::{self, EventKind, Job, State};
use galleria::{algorithms, schema};

use super::ground::{Attempt, Ground, Kind};
use crate::support::{Process, eventually};

/// How an attempt came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// By itself, with this exit code.
    Exited(i32),
    /// Its owner stopped it; it may never have started.
    Stopped,
    /// Its supervisor was killed.
    Lost,
}

/// No process of any job is left.
pub fn nothing_is_left(ground: &Ground) {
    let folder = ground.attempts.display().to_string();
    let mut left = Vec::new();
    eventually("every process of the jobs is gone", || {
        left = Process::all()
            .into_iter()
            .filter(|process| process.knows(&ground.mark) || process.arguments.iter().any(|a| a.contains(&folder)))
            .collect();
        left.is_empty()
    });
}

/// Everything there is of one job that has ended, `elapsed` after it was submitted; gives its story in a line.
pub fn check(ground: &Ground, id: i64, kind: &Kind, elapsed: Duration) -> String {
    let job: Job = ground.app.read(|conn| Ok(schema::jobs::table.find(id).select(Job::as_select()).first(conn)?));
    let attempts = ground.app.read(|conn| jobs::attempts_of(conn, id));
    let ends: Vec<End> = attempts.iter().map(|attempt| end_of(ground, kind, attempt)).collect();
    let story = format!("job {id} ({}) is {} after {ends:?}: {}", kind.name, job.state, job.reason);

    assert_eq!(job.state, expected(kind, &ends), "{story}");
    let figures = |ms: fn(&jobs::Attempt) -> i64| attempts.iter().map(ms).sum::<i64>();
    assert_eq!((job.metered_ms, job.cost_micros), (figures(|a| a.metered_ms), figures(|a| a.cost_micros)), "{story}");
    assert!(job.metered_ms <= i64::try_from(elapsed.as_millis()).unwrap(), "{} ms: {story}", job.metered_ms);
    for (attempt, end) in attempts.iter().zip(&ends) {
        check_attempt(ground, kind, &job, attempt, *end, &story);
    }
    check_events(ground, kind, &job, &attempts, &story);
    check_pages(ground, kind, &job, &attempts, &story);
    story
}

fn end_of(ground: &Ground, kind: &Kind, attempt: &jobs::Attempt) -> End {
    let exit = Attempt::new(&ground.attempts, &attempt.id).exit();
    assert_eq!(attempt.exit_code, exit, "{attempt:?}");
    match exit {
        Some(_) if kind.is_stopped => End::Stopped,
        // It was never handed over.
        None if kind.is_stopped && attempt.submitted_at.is_none() => End::Stopped,
        Some(code) => End::Exited(i32::try_from(code).unwrap()),
        None => End::Lost,
    }
}

/// The state that these attempts lead to; whether there had to be so many of them, too.
fn expected(kind: &Kind, ends: &[End]) -> State {
    let (last, before) = ends.split_last().unwrap();
    assert!(before.len() <= kind.retries && before.iter().all(|end| matches!(end, End::Lost | End::Exited(1))), "{}: {ends:?}", kind.name);
    match last {
        End::Exited(0) => State::Completed,
        End::Stopped => State::Terminated,
        // The last one there may be.
        _ if before.len() < kind.retries => panic!("{} should be tried again: {ends:?}", kind.name),
        End::Exited(_) => State::Failed,
        End::Lost => State::Abnormal,
    }
}

fn check_attempt(ground: &Ground, kind: &Kind, job: &Job, attempt: &jobs::Attempt, end: End, story: &str) {
    let folder = Attempt::new(&ground.attempts, &attempt.id);
    assert!(attempt.ended_at.is_some(), "{story}");
    assert_eq!(attempt.metered_ms, folder.metered(), "what is billed is what is on the meter: {story}");
    assert_eq!(attempt.cost_micros, cost_micros(job.price_micros, job.nodes, attempt.metered_ms), "{story}");
    assert!(attempt.metered_ms == 0 || attempt.started_at.is_some(), "{story}");
    match end {
        End::Exited(code) => {
            assert_eq!((code, folder.log()), (kind.code, kind.text()), "{story}");
            assert!(attempt.metered_ms >= i64::try_from(kind.least().as_millis()).unwrap(), "{} ms: {story}", attempt.metered_ms);
        }
        End::Stopped => assert!(kind.text().starts_with(&folder.log()), "{story}"),
        End::Lost => {
            assert!(ground.killed.contains(&attempt.id), "its supervisor was not killed: {story}");
            assert!(kind.text().starts_with(&folder.log()), "{story}");
        }
    }
}

/// Each thing that happened is written down once, in the order in which it happened.
fn check_events(ground: &Ground, kind: &Kind, job: &Job, attempts: &[jobs::Attempt], story: &str) {
    let mut events = ground.app.read(|conn| jobs::events(conn, job.id));
    events.reverse();
    let kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    let mut expected = vec![EventKind::Submitted];
    if kinds.contains(&EventKind::Queued) || !kind.is_stopped {
        expected.push(EventKind::Queued);
    }
    for attempt in attempts {
        expected.extend((attempt.number > 1).then_some(EventKind::Retried));
        expected.extend(attempt.started_at.map(|_| EventKind::Started));
    }
    expected.push(match job.state {
        State::Completed => EventKind::Completed,
        State::Failed => EventKind::Failed,
        State::Terminated => EventKind::Terminated,
        _ => EventKind::Abnormal,
    });
    let asked = kinds.iter().filter(|kind| **kind == EventKind::StopAsked).count();
    assert!(asked == usize::from(job.state == State::Terminated) || (asked == 1 && kind.is_stopped), "{kinds:?}: {story}");
    let others: Vec<EventKind> = kinds.iter().copied().filter(|kind| *kind != EventKind::StopAsked).collect();
    assert_eq!(others, expected, "{story}");
    assert!(events.is_sorted_by_key(|event| event.at), "{events:?}: {story}");
}

/// The pages of the servers say the same.
fn check_pages(ground: &Ground, kind: &Kind, job: &Job, attempts: &[jobs::Attempt], story: &str) {
    let page = |tab: &str| ground.member.page(job.id, tab).unwrap_or_else(|| panic!("no answer: {story}"));
    assert_eq!(page("").attr("main", "data-state"), job.state.as_str(), "{story}");
    let text = page("/logs.txt").body;
    let logs = attempts.iter().map(|attempt| Attempt::new(&ground.attempts, &attempt.id).log());
    let mut rest = text.as_str();
    for log in logs.clone() {
        rest = rest.split_once(&log).unwrap_or_else(|| panic!("{text}: {story}")).1;
    }
    let lines = |text: &str| text.matches("round ").count();
    assert_eq!(lines(&text), logs.map(|log| lines(&log)).sum::<usize>(), "{text}: {story}");
    if job.state == State::Completed {
        let output = page("/outputs/model.txt");
        assert_eq!((output.status(), output.body), (200, format!("{} rounds\n", kind.rounds)), "{story}");
    }
}

/// After the last round: the bill and the counters are those of the jobs, and deleting them leaves nothing but the bill.
pub fn close(ground: &Ground) {
    let all: Vec<Job> = ground.app.read(|conn| Ok(schema::jobs::table.order(schema::jobs::id.desc()).select(Job::as_select()).load(conn)?));
    let count = |state| i64::try_from(all.iter().filter(|job| job.state == state).count()).unwrap();
    let reader = algorithms::Reader::of(Some(&ground.user));
    let counted = ground.app.read(|conn| algorithms::readable(conn, reader, ground.iris.algorithm.id)).algorithm;
    assert_eq!((counted.completed, counted.failed), (count(State::Completed), count(State::Failed)));

    let owed: Vec<(i64, i64, i64)> = all.iter().filter(|job| job.metered_ms > 0).map(|job| (job.id, job.metered_ms, job.cost_micros)).collect();
    assert_eq!(bill(ground), owed);
    all.iter().for_each(|job| ground.member.delete(job.id));
    eventually("the engine keeps nothing", || {
        fs::read_dir(&ground.attempts).unwrap().flatten().all(|entry| entry.file_name().to_string_lossy().starts_with('.'))
    });
    assert_eq!(bill(ground), owed);
    for job in &all {
        let ids = ground.app.read(|conn| jobs::attempts_of(conn, job.id));
        ids.iter().for_each(|attempt| assert_eq!(control_group(Path::new("/sys/fs/cgroup"), &attempt.id), None));
    }
}

fn bill(ground: &Ground) -> Vec<(i64, i64, i64)> {
    let now = clock::now();
    let bill = ground.app.read(|conn| billing::statement(conn, ground.user.id, Month::of(now), now));
    bill.lines.iter().map(|line| (line.job.id, line.metered_ms, line.cost_micros)).collect()
}

/// A control group of this attempt anywhere beneath a folder.
fn control_group(folder: &Path, attempt: &str) -> Option<String> {
    let folders = fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).find_map(|path| match path.file_name()?.to_string_lossy() {
        name if name.starts_with(&format!("galleria-{attempt}-")) => Some(path.display().to_string()),
        _ => control_group(&path, attempt),
    })
}
