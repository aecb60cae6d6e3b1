//! The gallery of some rounds: real processes, a member who keeps asking, and what an attempt leaves on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use galleria::users::User;
use serde_json::Value;

use super::LIMIT;
use crate::support::training::subscribe;
use crate::support::{Client, Page, Place, Process, Published, Role, TestApp, eventually_within, lasting_port};

/// What a job is to do, and how that comes out when nothing is done to it.
pub struct Kind {
    pub name: &'static str,
    pub rounds: usize,
    seconds: &'static str,
    /// The exit code of its command.
    pub code: i32,
    pub retries: usize,
    /// It is stopped by its owner.
    pub is_stopped: bool,
    /// It takes seconds.
    pub is_long: bool,
}

const SHORT: Kind = Kind { name: "succeeds", rounds: 3, seconds: "0.2", code: 0, retries: 0, is_stopped: false, is_long: false };

pub const KINDS: [Kind; 6] = [
    SHORT,
    Kind { name: "fails", code: 1, ..SHORT },
    Kind { name: "takes long", rounds: 20, seconds: "2", is_long: true, ..SHORT },
    Kind { name: "fails twice", code: 1, retries: 1, ..SHORT },
    Kind { name: "may be tried again", rounds: 10, seconds: "1.5", retries: 2, is_long: true, ..SHORT },
    Kind { name: "is stopped", rounds: 1_000, seconds: "600", is_stopped: true, is_long: true, ..SHORT },
];

impl Kind {
    /// All that it prints when it runs to its end.
    pub fn text(&self) -> String {
        let rounds: String = (1..=self.rounds).map(|round| format!("round {round} of {}\n", self.rounds)).collect();
        rounds + if self.code == 0 { "done\n" } else { "asked to fail\n" }
    }

    /// The least that a run to its end is metered.
    pub fn least(&self) -> Duration {
        Duration::from_secs_f32(self.seconds.parse().unwrap())
    }
}

/// A gallery in processes of its own; the test itself only prepares it and looks into its database.
pub struct Ground {
    // The processes go before their folder and database.
    pub roles: Roles,
    pub app: TestApp,
    pub iris: Published,
    pub user: User,
    pub member: Arc<Member>,
    /// Folder of the attempts.
    pub attempts: PathBuf,
    /// In the environment of every job here, and of nothing else on the machine.
    pub mark: String,
    /// Attempts whose supervisor was killed.
    pub killed: Vec<String>,
}

impl Ground {
    /// With web and worker `apart`, or both in one process.
    pub fn new(apart: bool) -> Self {
        let app = TestApp::new();
        let (user, iris) = (app.user("ann"), app.algorithm("lab", "iris").publish());
        subscribe(&app, &user, &iris);
        let cookies = app.sign_in("ann").cookies();
        let port = lasting_port();
        let member = Arc::new(Member(Client::new(&format!("http://127.0.0.1:{port}"))));
        member.0.set_cookie(&cookies);
        let roles = Roles::start(app.place(), apart, port, &member);
        let attempts = app.config().data_dir.canonicalize().unwrap().join("engines/local/attempts");
        let mark = format!("mark-{:016x}", rand::random::<u64>());
        Self { app, iris, user, member, roles, attempts, mark, killed: Vec::new() }
    }
}

/// The processes of a gallery.
pub struct Roles {
    port: u16,
    server: Role,
    /// Apart from the server, unless that is `galleria serve`.
    worker: Option<Role>,
}

impl Roles {
    fn start(place: &Place, apart: bool, port: u16, member: &Member) -> Self {
        let server = Role::start(place, if apart { "web" } else { "serve" }, port);
        let worker = apart.then(|| Role::start(place, "worker", port));
        member.wait_for_server();
        Self { port, server, worker }
    }

    /// Kills the server, and starts it again after a pause.
    pub fn replace_server(&mut self, place: &Place, member: &Member, pause: Duration) {
        self.server.kill();
        std::thread::sleep(pause);
        self.server = Role::start(place, if self.worker.is_some() { "web" } else { "serve" }, self.port);
        member.wait_for_server();
    }

    /// The same with the worker.
    pub fn replace_worker(&mut self, place: &Place, member: &Member, pause: Duration) {
        let Some(worker) = &mut self.worker else { return self.replace_server(place, member, pause) };
        worker.kill();
        std::thread::sleep(pause);
        self.worker = Some(Role::start(place, "worker", self.port));
    }
}

/// Somebody who goes on asking while the server is away.
pub struct Member(Client);

impl Member {
    fn wait_for_server(&self) {
        let ready = || self.0.try_send(self.0.request("GET", "/readyz")).is_some_and(|page| page.status() == 200);
        eventually_within(LIMIT, "the server answers", ready);
    }

    /// Posts until there is an answer; the answer to one that was received may be lost with the server.
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut answer = None;
        eventually_within(LIMIT, path, || {
            answer = self.0.try_send(self.0.request("POST", path).header("Sec-Fetch-Site", "same-origin").form(fields));
            answer.is_some()
        });
        answer.unwrap()
    }

    /// Submits a job; the id of the launch makes it the same one however often it is sent.
    pub fn submit(&self, kind: &Kind, launch: &str, mark: &str) -> i64 {
        let (rounds, retries, fail) = (kind.rounds.to_string(), kind.retries.to_string(), kind.code.to_string());
        let chosen = [("algorithm", "lab/iris"), ("version", "1.0.0"), ("flavor", "cpu-1"), ("name", launch), ("launch_id", launch)];
        let typed =
            [("param.rounds", rounds.as_str()), ("param.seconds", kind.seconds), ("param.fail", &fail), ("retries", &retries), ("env.MARK", mark)];
        let answer = self.post("/console/local/jobs", &[&chosen[..], &typed].concat());
        assert_eq!(answer.status(), 303, "{launch}: {}", answer.body);
        answer.location().rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Asks a job to stop, at once or when it runs.
    pub fn stop(&self, job: i64, running: bool) {
        if running {
            eventually_within(LIMIT, "it runs", || self.state(job).is_some_and(|state| state == "running") || self.sees_the_end(job));
        }
        let answer = self.post(&format!("{}/cancellation", path(job)), &[]);
        assert!([303, 409].contains(&answer.status()), "job {job}: {}", answer.body);
    }

    /// Takes an ended job off the list.
    pub fn delete(&self, job: i64) {
        assert_eq!(self.post(&format!("{}/deletion", path(job)), &[]).status(), 303);
    }

    /// A page of a job; `None` while nobody answers.
    pub fn page(&self, job: i64, tab: &str) -> Option<Page> {
        self.0.try_send(self.0.request("GET", &format!("{}{tab}", path(job))))
    }

    /// Whether the job's page says that it has ended.
    pub fn sees_the_end(&self, job: i64) -> bool {
        self.state(job).is_some_and(|state| ["completed", "failed", "terminated", "abnormal"].contains(&state.as_str()))
    }

    /// The state that the job's page says.
    fn state(&self, job: i64) -> Option<String> {
        Some(self.page(job, "").filter(|page| page.status() == 200)?.attr("main", "data-state"))
    }
}

fn path(job: i64) -> String {
    format!("/console/local/jobs/{job}")
}

/// An attempt as its folder tells it.
pub struct Attempt(PathBuf);

impl Attempt {
    /// The newest one at a job, once it is with the engine.
    pub fn of_job(attempts: &Path, job: i64) -> Option<Self> {
        let folders = fs::read_dir(attempts).ok()?.flatten().map(|entry| entry.path());
        let its = folders.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{job}-")));
        its.max().map(Self)
    }

    pub fn new(attempts: &Path, id: &str) -> Self {
        Self(attempts.join(id))
    }

    pub fn id(&self) -> String {
        self.0.file_name().unwrap().to_string_lossy().into_owned()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.0.join("log")).unwrap_or_default()
    }

    /// The exit code, once there is a record of it.
    pub fn exit(&self) -> Option<i64> {
        self.record("exit.json")?["code"].as_i64()
    }

    /// Milliseconds on the meter.
    pub fn metered(&self) -> i64 {
        self.record("meter.json").map_or(0, |meter| meter["running_ms"].as_i64().unwrap())
    }

    /// Who watches over it: the process itself, not one that it is just starting.
    pub fn supervisor(&self) -> Option<Process> {
        let ours = [self.0.to_string_lossy().into_owned(), "run".to_owned()];
        let runs = |process: &Process| process.arguments.ends_with(&ours);
        Process::all().into_iter().find(|process| runs(process) && !process.parent().is_some_and(|parent| runs(&parent)))
    }

    /// Kills who watches over it; `false` when nobody does any more.
    pub fn kill_supervisor(&self) -> bool {
        self.supervisor().is_some_and(|supervisor| supervisor.kill())
    }

    fn record(&self, name: &str) -> Option<Value> {
        fs::read(self.0.join(name)).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }
}
