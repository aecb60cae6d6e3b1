//! Jobs that do their worst, as a member launches them: published, submitted by the form, run by the worker in its sandbox.
//! What is contained is seen from outside; what became of it is on the job's page.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::training::subscribe;
use crate::support::{Client, Options, Page, TestApp, eventually, eventually_within};

/// Room for 64 MiB of files and 256 MiB of memory.
const TINY: &str = r#"
[[region]]
id = "local"
name = "This machine"
engine = "local"
[[region.flavor]]
id = "tiny"
cpus = 1
memory = "256MiB"
price_per_hour = "0.12"
disk = "64MiB"
"#;
/// The most that a page may take for one in a hundred.
const QUICK: Duration = Duration::from_secs(1);
/// Bytes of a log that are kept.
const LOG: u64 = 64 << 20;

struct Ground {
    app: TestApp,
    ann: Client,
}

impl Ground {
    fn new() -> Self {
        let app = Options::default().file(TINY).with_worker().start();
        app.algorithm("lab", "iris").publish();
        app.user("ann");
        let ann = app.sign_in("ann");
        Self { app, ann }
    }

    /// Publishes this code and launches it; its processes have `word` in their command line.
    #[track_caller]
    fn launch(&self, name: &str, word: &str, code: &str, more: &[(&str, &str)]) -> String {
        let mlproject = format!("name: {name}\nentry_points:\n  main:\n    command: \"python train.py {word}\"\n");
        let published = self.app.algorithm("eve", name).mlproject(&mlproject).file("train.py", code).publish();
        subscribe(&self.app, &self.app.user("ann"), &published);
        let form = self.ann.get(&format!("/console/local/jobs/new?algorithm=eve/{name}&version=1.0.0"));
        let answer = self.ann.press(&form, "Create training job", more);
        assert_eq!(answer.status(), 303, "{}", answer.body);
        answer.location().to_owned()
    }

    #[track_caller]
    fn ends(&self, path: &str, state: &str, words: &str) -> Page {
        let is_final = |state: &str| ["completed", "failed", "terminated", "abnormal"].contains(&state);
        eventually_within(Duration::from_secs(120), "the job ends", || is_final(&self.ann.get(path).attr("main", "data-state")));
        let page = self.ann.get(path);
        assert_eq!(page.attr("main", "data-state"), state, "{}\n{}", page.text(".page-note"), self.log(path).text(".log-lines"));
        assert!(page.text(".page-note").contains(words), "{words}: {}", page.text(".page-note"));
        page
    }

    fn log(&self, path: &str) -> Page {
        self.ann.get(&format!("{path}/logs"))
    }

    /// The folder of a job's only attempt.
    fn attempt(&self, path: &str) -> PathBuf {
        let id = path.rsplit('/').next().unwrap();
        let attempts = self.app.config().data_dir.join("engines/local/attempts");
        let mut all = fs::read_dir(attempts).unwrap().map(|entry| entry.unwrap().path());
        all.find(|folder| folder.file_name().unwrap().to_string_lossy().starts_with(&format!("{id}-"))).unwrap()
    }
}

/// How many processes of the machine have this word in their command line.
fn alive(word: &str) -> usize {
    let line = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).unwrap_or_default();
    fs::read_dir("/proc").unwrap().flatten().map(line).filter(|line| String::from_utf8_lossy(line).contains(word)).count()
}

fn word(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

/// Bytes on disk, by the tool everybody has.
fn size(folder: &Path) -> u64 {
    let output = std::process::Command::new("du").args(["-s", "-B1"]).arg(folder).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

/// Other people, who go on reading their pages.
struct Others {
    over: Arc<AtomicBool>,
    thread: JoinHandle<(Vec<Duration>, Vec<String>)>,
}

impl Others {
    fn of(app: &TestApp) -> Self {
        app.user("bob");
        let (bob, over) = (app.sign_in("bob"), Arc::new(AtomicBool::new(false)));
        let pages = ["/", "/market/algorithms?q=iris", "/algorithms/lab/iris", "/console/local/jobs", "/me/algorithms/subscriptions"];
        let stop = Arc::clone(&over);
        let look = move || {
            let (mut times, mut wrong) = (Vec::new(), Vec::new());
            for page in pages.iter().cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
                let before = Instant::now();
                let answer = bob.get(page);
                times.push(before.elapsed());
                if answer.status() != 200 {
                    wrong.push(format!("{page}: {}", answer.status()));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            (times, wrong)
        };
        Self { over, thread: std::thread::spawn(look) }
    }

    #[track_caller]
    fn were_not_disturbed(self) {
        self.over.store(true, Ordering::Relaxed);
        let (mut times, wrong) = self.thread.join().unwrap();
        times.sort();
        let p99 = times[times.len() * 99 / 100];
        println!("{} pages of others: median {:?}, p99 {p99:?}, longest {:?}", times.len(), times[times.len() / 2], times[times.len() - 1]);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(times.len() > 100 && p99 < QUICK, "{} pages, p99 {p99:?}", times.len());
    }
}

const SPY: &str = r##"import ctypes, os, socket, sys
found = []
def reached(what):
    found.append(what)
    print("REACHED", what)
# The store: the database, the secret key, archives, other jobs; by their paths and by those of other processes.
DATA = "@DATA@"
for root in ["", *(f"/proc/{pid}/root" for pid in os.listdir("/proc") if pid.isdigit()), *(f"/proc/{pid}/cwd/../../../../.." for pid in os.listdir("/proc") if pid.isdigit())]:
    for path in [DATA, "@DATABASE@", DATA + "/secret.key", "@OTHER@", "@OTHER@/log", "@OTHER@/outputs/secret.txt", "/etc/shadow", "/root"]:
        try:
            os.stat(root + path); reached(root + path)
        except OSError: pass
for folder, _, files in os.walk("/", followlinks=False):
    if folder.startswith(("/proc", "/usr", "/sys")): continue
    for name in files:
        if name in ("secret.key", "g.db", "secret.txt", "system.log"): reached(os.path.join(folder, name))
# Other processes, by what they were started with.
for pid in filter(str.isdigit, os.listdir("/proc")):
    for file in ("cmdline", "environ"):
        try: text = open(f"/proc/{pid}/{file}", "rb").read()
        except OSError: continue
        if b"@OTHERWORD@" in text or b"DATABASE_URL" in text or b"CARGO" in text: reached(f"{file} of {pid}")
for pid in range(1, 400000, 997):
    try: os.kill(pid, 0)
    except PermissionError: reached(f"process {pid}")
    except OSError: pass
# The network: outside, the server on its loopback, names, raw packets, sockets of the machine.
def connect(family, where):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(2); s.connect(where); reached(where)
    except OSError: pass
for where in [("127.0.0.1", @PORT@), ("127.0.0.1", @CANARY@), ("1.1.1.1", 443), ("169.254.169.254", 80)]:
    connect(socket.AF_INET, where)
connect(socket.AF_INET6, ("::1", @PORT@))
for path in ("/var/run/docker.sock", "/run/dbus/system_bus_socket", "\0/tmp/dbus"):
    connect(socket.AF_UNIX, path)
for kind in (socket.SOCK_RAW,):
    try: socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP); reached("raw sockets")
    except OSError: pass
try: socket.getaddrinfo("example.org", 80); reached("names")
except OSError: pass
# More rights: other users, programs that carry them, namespaces of its own.
for act in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.chroot("/tmp"), lambda: os.nice(-1)):
    try: act(); reached("rights")
    except OSError: pass
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000):
    if libc.unshare(flag) == 0: reached(f"unshare {flag:x}")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0: reached("mount")
os.system("cp /usr/bin/id /tmp/id; chmod u+s,g+s /tmp/id; /tmp/id -u > /tmp/uid; for p in su sudo mount passwd; do timeout 2 $p --version </dev/null; done >/dev/null 2>&1")
if open("/tmp/uid").read().strip() == "0": reached("setuid")
if not any(line.split() == ["NoNewPrivs:", "1"] for line in open("/proc/self/status")): reached("new privileges")
# What it was given may be changed; what was stored may not.
open("train.py", "a").write("\n#changed")
if os.nice(0) < 10: reached("priority")
print("tried everything,", len(found), "reached")
"##;

#[test]
fn a_job_reaches_nothing_that_is_not_its_own() {
    let ground = Ground::new();
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let victim = word("victim");
    let secret = "import os, time; open(os.environ['GALLERIA_OUTPUT_DIR'] + '/secret.txt', 'w').write('x'); print('up', flush=True); time.sleep(600)";
    let other = ground.launch("victim", &victim, secret, &[]);
    eventually("the other job runs", || ground.log(&other).texts(".log-line").iter().any(|line| line.ends_with("up")));

    let port = ground.app.url().rsplit(':').next().unwrap().to_owned();
    let values = [
        ("@DATABASE@", ground.app.folder().join("g.db").display().to_string()),
        ("@DATA@", ground.app.config().data_dir.display().to_string()),
        ("@OTHER@", ground.attempt(&other).display().to_string()),
        ("@OTHERWORD@", victim.clone()),
        ("@PORT@", port),
        ("@CANARY@", canary.local_addr().unwrap().port().to_string()),
    ];
    let code = values.iter().fold(SPY.to_owned(), |code, (name, value)| code.replace(name, value));
    let spy = ground.launch("spy", &word("spy"), &code, &[]);
    ground.ends(&spy, "completed", "The command ended with exit code 0.");
    let log = ground.log(&spy);
    assert!(log.says("tried everything, 0 reached"), "{}", log.text(".log-lines"));
    assert!(canary.accept().is_err(), "somebody connected");
    assert_eq!(ground.ann.get(&other).attr("main", "data-state"), "running", "the other job was left alone");
    let archive = ground.ann.get("/algorithms/eve/spy/versions/1.0.0/source.zip");
    assert!(archive.status() == 404 || !archive.body.contains("#changed"));
    ground.ann.press(&ground.ann.get(&other), "Stop", &[]);
    ground.ends(&other, "terminated", "It was stopped on request");
    assert_eq!(alive(&victim), 0);
}

const BOMB: &str = "import os, time
while True:
    try: os.fork()
    except OSError: time.sleep(0.01)
";
const GREEDY: &str = "import time
held = []
for _ in range(1024):
    try: held.append(bytearray(b'x' * (64 << 20)))
    except MemoryError: time.sleep(0.1)
print('had it all')
";
const HOARDER: &str = "import os
number = 0
while True:
    for folder in ('/work', '/tmp', '/outputs', os.environ['HOME']):
        number += 1
        try:
            with open(f'{folder}/{number}', 'wb') as file: file.write(os.urandom(1 << 20))
        except OSError: pass
";
const CHATTERBOX: &str = "import os
line = b'x' * 79 + b'\\n'
while True: os.write(1, line * 500)
";
const LONG_LINE: &str = "import os
piece = b'y' * (1 << 20)
for _ in range(200): os.write(1, piece)
os.write(1, b'\\nthe end\\n')
";

#[test]
fn whatever_a_job_takes_is_bounded_and_others_do_not_notice() {
    let ground = Ground::new();
    let limit = [("stop_after", "6s")];
    let others = Others::of(&ground.app);
    let (bomb_word, deaf_word) = (word("bomb"), word("deaf"));
    let bomb = ground.launch("bomb", &bomb_word, BOMB, &limit);
    let greedy = ground.launch("greedy", &word("greedy"), GREEDY, &[]);
    let hoarder = ground.launch("hoarder", &word("hoarder"), HOARDER, &[]);
    let chatterbox = ground.launch("chatterbox", &word("chatterbox"), CHATTERBOX, &limit);
    let long = ground.launch("long-line", &word("long"), LONG_LINE, &[]);
    let deaf = ground.launch("deaf", &deaf_word, DEAF, &[]);

    let mut most = 0;
    eventually_within(Duration::from_secs(60), "the bomb is over", || {
        most = most.max(alive(&bomb_word));
        ground.ann.get(&bomb).attr("main", "data-state") == "terminated"
    });
    assert!((100..=520).contains(&most), "{most} processes at once");
    ground.ends(&bomb, "terminated", "It reached its time limit and was stopped");
    assert_eq!(alive(&bomb_word), 0);

    ground.ends(&greedy, "failed", "It needed more memory than its flavor has");
    assert!(!ground.log(&greedy).says("had it all"));

    ground.ends(&hoarder, "failed", "Its files took more room than they may");
    assert!(size(&ground.attempt(&hoarder)) < 4 << 30, "{}", size(&ground.attempt(&hoarder)));

    ground.ends(&chatterbox, "terminated", "It reached its time limit and was stopped");
    assert_eq!(fs::metadata(ground.attempt(&chatterbox).join("log")).unwrap().len(), LOG);
    ground.ends(&long, "completed", "The command ended with exit code 0.");
    assert_eq!(fs::metadata(ground.attempt(&long).join("log")).unwrap().len(), LOG);
    for path in [&chatterbox, &long] {
        let before = Instant::now();
        let log = ground.log(path);
        assert!(before.elapsed() < QUICK, "{:?}", before.elapsed());
        assert!(log.says("The log has reached its limit; the rest of it is not kept.") && log.body.len() < 4 << 20, "{}", log.body.len());
    }

    ground.ends(&deaf, "completed", "The command ended with exit code 0.");
    assert!(ground.log(&deaf).says("away"));
    assert_eq!(alive(&deaf_word), 0, "nothing outlives its job");
    others.were_not_disturbed();
}

/// Leaves a process behind that has forked twice, has a session of its own and hears no TERM.
const DEAF: &str = "import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)
time.sleep(0.5)
print('away')
if sys.argv[1].startswith('stay'):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print('up', flush=True)
    time.sleep(600)
";

#[test]
fn a_job_that_hears_no_stop_is_killed_with_all_it_has_started() {
    let ground = Ground::new();
    let word = word("stay");
    let path = ground.launch("deaf", &word, DEAF, &[]);
    eventually("it runs", || ground.log(&path).texts(".log-line").iter().any(|line| line.ends_with("up")));
    assert!(alive(&word) >= 2);
    ground.ann.press(&ground.ann.get(&path), "Stop", &[]);
    ground.ends(&path, "terminated", "It was stopped on request (exit code 137).");
    assert_eq!(alive(&word), 0);
}

#[test]
fn a_job_whose_supervisor_is_killed_is_abnormal_and_gone() {
    let ground = Ground::new();
    let word = word("stay");
    let path = ground.launch("orphan", &word, DEAF, &[]);
    eventually("it runs", || ground.log(&path).texts(".log-line").iter().any(|line| line.ends_with("up")));
    let record: serde_json::Value = serde_json::from_slice(&fs::read(ground.attempt(&path).join("supervisor.json")).unwrap()).unwrap();
    let before = Instant::now();
    kill(Pid::from_raw(record["pid"].as_i64().unwrap().try_into().unwrap()), Signal::SIGKILL).unwrap();
    ground.ends(&path, "abnormal", "What watched over the job is gone. It is billed up to its last heartbeat.");
    assert!(before.elapsed() < Duration::from_secs(60), "{:?}", before.elapsed());
    eventually("nothing of it is alive", || alive(&word) == 0);
}
