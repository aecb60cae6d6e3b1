//! kill -9 of server, worker and supervisors at moments drawn by lot, while real jobs of several kinds are under way: every
//! job ends right within a minute, nothing of it is left running, and it is billed once.
//!
//! The seed is printed; `GALLERIA_TEST_SEED=7` draws the same again, as far as the machine lets a moment come again.

mod account;
mod ground;

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use ground::{Attempt, Ground, KINDS, Kind};

use crate::support::eventually_within;

const ROUNDS: usize = 20;
/// Side by side, because a dead worker's jobs are another one's only when its lease has run out.
const GALLERIES: usize = 4;
/// How long the jobs of a round may take from the kill on.
const LIMIT: Duration = Duration::from_secs(60);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// `galleria web`, or `galleria serve` with the worker in it.
    Server,
    /// `galleria worker`, or `galleria serve`.
    Worker,
    /// The supervisor of one of the jobs.
    Supervisor,
}

/// When, counted from something seen of one of the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While the jobs are being submitted.
    Submitting,
    /// Its supervisor has just been started.
    Launching,
    /// It has printed something.
    Running,
    /// It has printed its last line.
    Ending,
}

/// Every way there is, the more telling ones first: there are more rounds than ways. A supervisor is there only once it was
/// launched.
const WAYS: [(Victim, Moment); 11] = [
    (Victim::Supervisor, Moment::Launching),
    (Victim::Supervisor, Moment::Running),
    (Victim::Supervisor, Moment::Ending),
    (Victim::Worker, Moment::Launching),
    (Victim::Worker, Moment::Ending),
    (Victim::Server, Moment::Submitting),
    (Victim::Server, Moment::Launching),
    (Victim::Server, Moment::Running),
    (Victim::Server, Moment::Ending),
    (Victim::Worker, Moment::Submitting),
    (Victim::Worker, Moment::Running),
];

#[test]
fn every_job_ends_right_and_is_billed_once_whoever_is_killed_whenever() {
    let given = std::env::var("GALLERIA_TEST_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| rand::random::<u32>().into());
    println!("GALLERIA_TEST_SEED={seed}");
    let mut lots = StdRng::seed_from_u64(seed);
    let mut plan: Vec<_> = WAYS.into_iter().cycle().take(ROUNDS).collect();
    plan.shuffle(&mut lots);
    thread::scope(|scope| {
        let playing: Vec<_> = plan.chunks(ROUNDS / GALLERIES).enumerate().collect();
        let playing = playing.into_iter().map(|(number, rounds)| {
            let lots = StdRng::seed_from_u64(lots.random());
            scope.spawn(move || play(number, rounds, lots))
        });
        for gallery in playing.collect::<Vec<_>>() {
            gallery.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

/// Some rounds in a gallery of their own: every other one has web and worker apart.
fn play(gallery: usize, rounds: &[(Victim, Moment)], mut lots: StdRng) {
    let mut ground = Ground::new(gallery.is_multiple_of(2));
    for (number, way) in rounds.iter().enumerate() {
        round(&mut ground, &format!("{gallery}.{number}"), *way, &mut lots);
    }
    account::close(&ground);
}

fn round(ground: &mut Ground, name: &str, (victim, moment): (Victim, Moment), lots: &mut StdRng) {
    let begun = Instant::now();
    let ids: [OnceLock<i64>; KINDS.len()] = Default::default();
    let target = choose(victim, moment, lots);
    let (member, mark, attempts) = (Arc::clone(&ground.member), ground.mark.clone(), ground.attempts.clone());
    let came = thread::scope(|scope| {
        scope.spawn(|| {
            for (kind, id) in KINDS.iter().zip(&ids) {
                id.set(member.submit(kind, &format!("{name} {}", kind.name), &mark)).unwrap();
            }
        });
        let attempt = (moment != Moment::Submitting).then(|| wait_for(moment, victim, || Attempt::of_job(&attempts, *ids[target].get()?)));
        thread::sleep(delay(moment, lots));
        strike(ground, victim, attempt, Duration::from_millis(lots.random_range(0..400)))
    });
    let struck = Instant::now();
    let jobs: Vec<(&Kind, i64)> = KINDS.iter().zip(ids.iter().map(|id| *id.get().unwrap())).collect();
    let stopped = jobs.iter().filter(|(kind, _)| kind.is_stopped);
    stopped.for_each(|(_, job)| member.stop(*job, lots.random_bool(0.5)));
    let name = format!("round {name}, {victim:?} {moment:?} of {}", KINDS[target].name);
    for (kind, job) in &jobs {
        let left = (struck + LIMIT).saturating_duration_since(Instant::now());
        eventually_within(left, &format!("{name}: job {job} ({}) ends", kind.name), || member.sees_the_end(*job));
    }
    let (killed, over) = ((struck - begun).as_secs_f32(), begun.elapsed());
    println!("{name}: killed after {killed:.2} s{}, over after {:.2} s", if came { "" } else { ", too late" }, over.as_secs_f32());
    account::nothing_is_left(ground);
    for (kind, job) in jobs {
        println!("{name}: {}", account::check(ground, job, kind, over));
    }
}

/// Kills, and starts again what was killed after a pause; `false` when there was nobody to kill any more.
fn strike(ground: &mut Ground, victim: Victim, attempt: Option<Attempt>, pause: Duration) -> bool {
    let (place, member) = (ground.app.place(), &ground.member);
    match (victim, attempt) {
        (Victim::Server, _) => ground.roles.replace_server(place, member, pause),
        (Victim::Worker, _) => ground.roles.replace_worker(place, member, pause),
        (Victim::Supervisor, Some(attempt)) if attempt.kill_supervisor() => ground.killed.push(attempt.id()),
        (Victim::Supervisor, _) => return false,
    }
    true
}

/// The job whose moment it is: a supervisor is killed while its job runs only where that takes a while, and nobody waits for
/// the end of a job that is to be stopped.
fn choose(victim: Victim, moment: Moment, lots: &mut StdRng) -> usize {
    let fits = |kind: &Kind| match (victim, moment) {
        (Victim::Supervisor, Moment::Running) => kind.is_long,
        (_, Moment::Ending) => !kind.is_stopped,
        _ => true,
    };
    let fitting: Vec<usize> = (0..KINDS.len()).filter(|index| fits(&KINDS[*index])).collect();
    *fitting.choose(lots).unwrap()
}

/// Waits for the moment, looking every few milliseconds: a launch is over in a tenth of a second.
fn wait_for(moment: Moment, victim: Victim, look: impl Fn() -> Option<Attempt>) -> Attempt {
    let deadline = Instant::now() + LIMIT;
    loop {
        let come = look().filter(|attempt| match moment {
            _ if attempt.exit().is_some() => true,
            Moment::Submitting => true,
            Moment::Launching => victim != Victim::Supervisor || attempt.supervisor().is_some(),
            Moment::Running => !attempt.log().is_empty(),
            Moment::Ending => attempt.log().ends_with("done\n") || attempt.log().ends_with("asked to fail\n"),
        });
        if let Some(attempt) = come {
            return attempt;
        }
        assert!(Instant::now() < deadline, "no job came to {moment:?}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// How long after the moment: anywhere from at once to when it is over.
fn delay(moment: Moment, lots: &mut StdRng) -> Duration {
    let most = match moment {
        Moment::Submitting => 400,
        // At once in half of all cases: before it has said that it is there.
        Moment::Launching => *[1, 80].choose(lots).unwrap(),
        Moment::Running => 1_500,
        Moment::Ending => 60,
    };
    Duration::from_millis(lots.random_range(0..most))
}
