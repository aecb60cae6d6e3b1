//! The local engine with its real sandbox, real supervisors and hostile jobs. As root and as an ordinary user alike.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use galleria::engine::local::{LocalEngine, Settings};
use galleria::engine::{
    AttemptId, Basis, Bundle, Cause, Condition, Cursor, Engine, EngineError, Handle, Input, Limits, Observation, Spec, Staged, Stream,
};
use tempfile::TempDir;

const DIGEST: &str = "0123456789abcdef";

struct Lab {
    root: TempDir,
    engine: LocalEngine,
}

impl Lab {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let engine = LocalEngine::new(settings(root.path())).unwrap();
        Self { root, engine }
    }

    fn stage(&self) -> Staged {
        let unpack = |folder: &Path| fs::write(folder.join("train.py"), "print('trained')\n");
        self.engine.stage(&Bundle { digest: DIGEST, unpack: &unpack }).unwrap()
    }

    fn submit(&self, spec: &Spec) -> Handle {
        self.submit_as("a-1", spec)
    }

    fn submit_as(&self, id: &str, spec: &Spec) -> Handle {
        self.engine.submit(&id.parse::<AttemptId>().unwrap(), spec, &self.stage()).unwrap()
    }

    /// Runs a command to its end: code, cause, log.
    fn run(&self, spec: &Spec) -> (i32, Cause, String) {
        let handle = self.submit(spec);
        let (code, cause) = self.end(&handle);
        (code, cause, self.log(&handle, Stream::Job))
    }

    fn end(&self, handle: &Handle) -> (i32, Cause) {
        eventually("the attempt ends", || match self.engine.observe(handle).unwrap() {
            Observation::Ended { code, cause } => Some((code, cause)),
            Observation::Lost => panic!("lost"),
            _ => None,
        })
    }

    fn log(&self, handle: &Handle, stream: Stream) -> String {
        let chunk = self.engine.logs(handle, Cursor { stream, offset: 0 }).unwrap();
        String::from_utf8_lossy(&chunk.bytes).into_owned()
    }

    fn wait_for_line(&self, handle: &Handle, line: &str) {
        eventually(line, || self.log(handle, Stream::Job).lines().any(|l| l == line).then_some(()));
    }

    fn attempt(&self, handle: &Handle) -> PathBuf {
        self.root.path().join("attempts").join(handle.as_str())
    }
}

fn settings(root: &Path) -> Settings {
    let supervisor = vec![OsString::from(env!("CARGO_BIN_EXE_galleria")), OsString::from("supervise")];
    Settings::new(root.to_owned(), supervisor)
}

/// Polls until there is an answer; a test that waits longer than this has failed.
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = look() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

/// Whether any process has this word in its command line, anywhere on the machine.
fn is_alive(word: &str) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let me = std::process::id().to_string();
    pids.filter(|entry| entry.file_name() != *me).any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(word)
    })
}

fn python(code: &str) -> Spec {
    Spec::new(format!("python -c '{code}'"))
}

#[test]
fn a_job_runs_in_a_fresh_copy_and_leaves_its_outputs() {
    let lab = Lab::new();
    let spec = Spec::new("python train.py && echo 0.9 > $GALLERIA_OUTPUT_DIR/accuracy && echo changed > train.py && pwd");
    let (code, cause, log) = lab.run(&spec);
    assert_eq!((code, cause, log.as_str()), (0, Cause::Exited, "trained\n/work\n"));
    let handle: Handle = "a-1".parse().unwrap();
    let outputs = lab.engine.outputs(&handle).unwrap();
    assert_eq!(fs::read_to_string(outputs.join("accuracy")).unwrap(), "0.9\n");
    let staged = lab.root.path().join("staged").join(DIGEST).join("train.py");
    assert_eq!(fs::read_to_string(staged).unwrap(), "print('trained')\n", "the staged code is untouched");
    assert!(lab.log(&handle, Stream::System).contains("The command has started."));

    lab.engine.forget(&handle).unwrap();
    assert!(!lab.attempt(&handle).exists());
    assert_eq!(lab.engine.observe(&handle).unwrap(), Observation::Lost);
}

#[test]
fn exit_codes_are_the_commands_own() {
    let lab = Lab::new();
    for (id, command, code, cause) in [
        ("zero", "true", 0, Cause::Exited),
        ("three", "exit 3", 3, Cause::Exited),
        ("killed", "kill -9 $$", 137, Cause::Signalled(9)),
        ("segfault", "kill -SEGV $$", 139, Cause::Signalled(11)),
        ("missing", "no-such-program", 127, Cause::Exited),
        ("reserved", "exit 125", 125, Cause::Exited),
    ] {
        let handle = lab.submit_as(id, &Spec::new(command));
        assert_eq!(lab.end(&handle), (code, cause), "{command}");
    }
}

#[test]
fn the_environment_is_what_was_given_and_no_more() {
    let lab = Lab::new();
    let mut spec = Spec::new("env -u PWD -u SHLVL -u _ -u OLDPWD | sort | cut -d= -f1 | tr '\\n' ' '; echo $GIVEN");
    spec.env.insert("GIVEN".to_owned(), "it's \"quoted\" $HOME".to_owned());
    let (_, _, log) = lab.run(&spec);
    assert_eq!(log, "GALLERIA_OUTPUT_DIR GIVEN HOME LANG PATH PYTHONUNBUFFERED TMPDIR USER it's \"quoted\" $HOME\n");
}

#[test]
fn a_job_sees_nothing_of_the_machine() {
    let lab = Lab::new();
    fs::write(lab.root.path().join("galleria.db"), "secret").unwrap();
    let root = lab.root.path().display().to_string();
    let spec = Spec::new(format!(
        "for path in /etc/shadow /etc/ssh /root/.bashrc /home/cloudsdk /var /sys /boot /mnt /srv {root} {root}/galleria.db /proc/1/root{root}; do \
         test -e $path && echo sees $path; done; ls /; ls -A /tmp $HOME | wc -w; ls -d /proc/[0-9]* | wc -l; id -u; id -G"
    ));
    let (_, _, log) = lab.run(&spec);
    let lines: Vec<&str> = log.lines().collect();
    let seen = lines.iter().find(|line| line.starts_with("sees"));
    assert_eq!(seen, None, "{log}");
    let names = ["bin", "dev", "etc", "home", "lib", "lib64", "outputs", "proc", "run", "sbin", "tmp", "usr", "work"];
    assert!(lines.iter().take_while(|line| line.parse::<u32>().is_err()).all(|line| names.contains(line) || *line == "lib32"), "{log}");
    assert_eq!(&lines[lines.len() - 2..], ["1000", "1000"], "{log}");
}

#[test]
fn the_system_cannot_be_written() {
    let lab = Lab::new();
    let spec = Spec::new("for path in / /usr /usr/bin /etc /dev /run /bin /run/galleria/bin; do touch $path/x 2>/dev/null && echo wrote $path; done; \
         echo 5 2>/dev/null > /run/galleria/namespaces/max_user_namespaces && echo wrote limits; \
         touch /tmp/x /work/x /outputs/x ~/x /dev/shm/x && echo fine");
    assert_eq!(lab.run(&spec).2.lines().filter(|line| !line.contains("ermission")).collect::<Vec<_>>(), ["fine"]);
}

#[test]
fn a_job_has_no_privileges_to_gain() {
    let lab = Lab::new();
    let spec = Spec::new("grep -E '^(CapEff|CapPrm|CapAmb|NoNewPrivs)' /proc/self/status; unshare -U true 2>/dev/null && echo nested; \
         unshare -Ur id 2>/dev/null && echo root; mount -t tmpfs none /tmp 2>/dev/null && echo mounted; \
         for p in su passwd newgrp; do f=$(command -v $p) && test -u $f && $f --help >/dev/null 2>&1; done; \
         cp /usr/bin/id /tmp/id && chmod u+s /tmp/id && /tmp/id -u");
    let zero = "0000000000000000";
    assert_eq!(lab.run(&spec).2, format!("CapPrm:\t{zero}\nCapEff:\t{zero}\nCapAmb:\t{zero}\nNoNewPrivs:\t1\n1000\n"));
}

#[test]
fn there_is_no_network_but_its_own_loopback() {
    let lab = Lab::new();
    let outside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port();
    let spec = Spec::new(format!(
        "cat <<'EOF' > t.py\n\
         import socket\n\
         def reach(where):\n\
         \x20   try: socket.create_connection(where, 2); print('reached', where)\n\
         \x20   except OSError as e: print(type(e).__name__)\n\
         reach(('127.0.0.1', {port})); reach(('1.1.1.1', 80)); reach(('localhost', {port}))\n\
         s = socket.create_server(('127.0.0.1', 0)); reach(s.getsockname())\n\
         EOF\npython t.py | cut -d\"'\" -f1"
    ));
    assert_eq!(lab.run(&spec).2, "ConnectionRefusedError\nOSError\nConnectionRefusedError\nreached (\n");
}

#[test]
fn children_that_fork_away_and_ignore_term_die_with_the_job() {
    let lab = Lab::new();
    let word = format!("escapee-{}", std::process::id());
    let spec = Spec::new(format!(
        "(trap '' TERM HUP INT; setsid nohup bash -c 'trap \"\" TERM; while :; do sleep 1000; done' {word} >/dev/null 2>&1 &) ; echo away"
    ));
    let (code, cause, log) = lab.run(&spec);
    assert_eq!((code, cause, log.as_str()), (0, Cause::Exited, "away\n"));
    assert!(!is_alive(&word));
}

#[test]
fn the_same_id_twice_is_one_attempt() {
    let lab = Lab::new();
    let first = lab.submit(&Spec::new("echo once; exit 4"));
    let second = lab.submit(&Spec::new("echo twice"));
    assert_eq!(first, second);
    assert_eq!(lab.end(&first), (4, Cause::Exited));
    let third = lab.submit(&Spec::new("echo thrice"));
    assert_eq!(lab.end(&third), (4, Cause::Exited));
    assert_eq!(lab.log(&first, Stream::Job), "once\n");
}

#[test]
fn another_server_finds_the_attempt_and_can_stop_it() {
    let lab = Lab::new();
    let handle = lab.submit(&Spec::new("echo up; sleep 1000"));
    lab.wait_for_line(&handle, "up");
    let another = LocalEngine::new(settings(lab.root.path())).unwrap();
    assert!(matches!(another.observe(&handle).unwrap(), Observation::Running { since } if since > 0));
    assert!(matches!(another.forget(&handle), Err(EngineError::Refused(_))));
    let asked = Instant::now();
    another.stop(&handle, Duration::from_secs(20)).unwrap();
    assert_eq!(lab.end(&handle), (143, Cause::Stopped));
    assert!(asked.elapsed() < Duration::from_secs(3), "prompt, took {:?}", asked.elapsed());
    assert_eq!(is_child_of_this_process(&lab, &handle), None);
}

/// The parent of the supervisor, if that is us.
fn is_child_of_this_process(lab: &Lab, handle: &Handle) -> Option<u32> {
    let record = fs::read_to_string(lab.attempt(handle).join("supervisor.json")).unwrap();
    let pid = serde_json::from_str::<serde_json::Value>(&record).unwrap()["pid"].as_i64().unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let parent: u32 = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
    (parent == std::process::id()).then_some(parent)
}

#[test]
fn a_job_may_save_its_work_when_it_is_stopped() {
    let lab = Lab::new();
    let code = "import signal,sys,time\nsignal.signal(15, lambda *a: (time.sleep(0.3), open(\"/outputs/saved\",\"w\").write(\"yes\"), sys.exit(0)))\nprint(\"up\")\ntime.sleep(1000)";
    let handle = lab.submit(&Spec::new(format!("cd . && python -c '{code}'; true")));
    lab.wait_for_line(&handle, "up");
    lab.engine.stop(&handle, Duration::from_secs(10)).unwrap();
    assert_eq!(lab.end(&handle).1, Cause::Stopped);
    assert_eq!(fs::read_to_string(lab.engine.outputs(&handle).unwrap().join("saved")).unwrap(), "yes");
}

#[test]
fn a_job_that_ignores_the_stop_is_killed_after_the_grace() {
    let lab = Lab::new();
    let handle = lab.submit(&Spec::new("trap '' TERM; echo up; while :; do sleep 1; done"));
    lab.wait_for_line(&handle, "up");
    lab.engine.stop(&handle, Duration::from_millis(300)).unwrap();
    assert_eq!(lab.end(&handle), (137, Cause::Stopped));
}

#[test]
fn the_time_limit_ends_a_job() {
    let lab = Lab::new();
    let spec = Spec { stop_after: Some(Duration::from_millis(500)), ..Spec::new("sleep 1000") };
    let handle = lab.submit(&spec);
    assert_eq!(lab.end(&handle), (143, Cause::TimeLimit));
    let usage = lab.engine.usage(&handle).unwrap();
    assert!((500..3000).contains(&usage.running_ms), "{usage:?}");
}

#[test]
fn a_killed_supervisor_takes_everything_with_it() {
    let lab = Lab::new();
    let word = format!("orphan-{}", std::process::id());
    let handle = lab.submit(&Spec::new(format!("setsid bash -c 'sleep 1000; true' {word} & echo up; sleep 1000")));
    lab.wait_for_line(&handle, "up");
    eventually("it runs", || is_alive(&word).then_some(()));
    let record = fs::read_to_string(lab.attempt(&handle).join("supervisor.json")).unwrap();
    let pid = serde_json::from_str::<serde_json::Value>(&record).unwrap()["pid"].as_i64().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap()), nix::sys::signal::SIGKILL).unwrap();
    eventually("it is lost", || (lab.engine.observe(&handle).unwrap() == Observation::Lost).then_some(()));
    eventually("all of it is gone", || (!is_alive(&word)).then_some(()));
    let again = lab.submit(&Spec::new("echo again"));
    assert_eq!(lab.engine.observe(&again).unwrap(), Observation::Lost, "a lost attempt is never run twice");
    lab.engine.forget(&handle).unwrap();
}

#[test]
fn memory_is_bounded() {
    let lab = Lab::new();
    let spec = Spec { memory: 100 << 20, ..python("x = bytearray(400 << 20); import time; time.sleep(5)") };
    let (code, cause, log) = lab.run(&spec);
    assert_eq!((code, cause), (137, Cause::OutOfMemory), "{log}");
}

#[test]
fn processes_are_bounded() {
    let lab = Lab::new();
    let limits = Limits { processes: 20, ..Limits::default() };
    let code = "import os,time\nn=0\ntry:\n while n<200:\n  if os.fork()==0: time.sleep(1000)\n  n+=1\nexcept OSError: pass\nprint(5<n<30)";
    assert_eq!(lab.run(&Spec { limits, ..python(code) }).2, "True\n");
}

#[test]
fn disk_and_outputs_are_bounded() {
    let lab = Lab::new();
    let limits = Limits { disk: 30 << 20, outputs: 5 << 20, ..Limits::default() };
    for (id, folder, cause) in [("disk", "/tmp", Cause::DiskLimit), ("outputs", "/outputs", Cause::OutputLimit)] {
        let command = format!("for i in $(seq 50); do head -c 1000000 /dev/zero > {folder}/$i; done; sleep 1000");
        let handle = lab.submit_as(id, &Spec { limits, ..Spec::new(command) });
        assert_eq!(lab.end(&handle).1, cause);
    }
}

#[test]
fn the_log_is_bounded_and_the_job_goes_on() {
    let lab = Lab::new();
    let limits = Limits { log: 1000, ..Limits::default() };
    let (code, _, log) = lab.run(&Spec { limits, ..Spec::new("head -c 50000000 /dev/zero; exit 5") });
    assert_eq!((code, log.len()), (5, 1000));
    assert!(lab.log(&"a-1".parse().unwrap(), Stream::System).contains("The log has reached its limit"));
}

#[test]
fn a_log_is_read_in_bounded_chunks_to_its_end() {
    let lab = Lab::new();
    let handle = lab.submit(&Spec::new("seq 1 100000"));
    lab.end(&handle);
    let (mut all, mut cursor) = (Vec::new(), Cursor { stream: Stream::Job, offset: 0 });
    loop {
        let chunk = lab.engine.logs(&handle, cursor).unwrap();
        all.extend(chunk.bytes);
        cursor = chunk.next;
        if chunk.complete {
            break;
        }
    }
    assert_eq!(String::from_utf8(all).unwrap().lines().count(), 100_000);
}

#[test]
fn usage_is_of_the_whole_tree() {
    let lab = Lab::new();
    let code = "import time; x = bytearray(150 << 20); t = time.process_time()\nwhile time.process_time() - t < 0.5: pass";
    let handle = lab.submit(&Spec::new(format!("bash -c \"python -c '{code}'; true\"; true")));
    assert_eq!(lab.end(&handle), (0, Cause::Exited));
    let usage = lab.engine.usage(&handle).unwrap();
    assert!(usage.running_ms >= 500 && usage.peak_memory > 100 << 20, "{usage:?}");
    assert!(usage.cpu_ms >= if usage.basis == Basis::Measured { 500 } else { 1 }, "{usage:?}");
}

#[test]
fn inputs_can_be_read_and_not_written() {
    let lab = Lab::new();
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("train.csv"), "1,2\n").unwrap();
    fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let input = Input { from: data.path().to_owned(), at: format!("{}/train", Input::ROOT) };
    let spec = Spec { inputs: vec![input], ..Spec::new("cat /inputs/train/train.csv; touch /inputs/train/x || echo kept") };
    assert!(lab.run(&spec).2.ends_with("kept\n"));
    assert!(lab.log(&"a-1".parse().unwrap(), Stream::Job).starts_with("1,2\n"));
}

#[test]
fn what_cannot_start_says_why() {
    let lab = Lab::new();
    let input = Input { from: PathBuf::from("/no/such/data"), at: "/inputs/x".to_owned() };
    let (code, cause, _) = lab.run(&Spec { inputs: vec![input], ..Spec::new("true") });
    assert_eq!(code, 125);
    assert!(matches!(cause, Cause::SandboxFailed(why) if why.contains("/no/such/data")));
    let impossible = lab.engine.submit(&"a-2".parse().unwrap(), &Spec { cpus: 1e6, ..Spec::new("true") }, &lab.stage());
    assert!(matches!(impossible, Err(EngineError::Refused(_))));
}

#[test]
fn the_probe_says_how_the_engine_is() {
    let lab = Lab::new();
    let found = lab.engine.probe().unwrap();
    assert!(found.cpus >= 1.0 && found.memory > 1 << 28);
    assert!(found.health.iter().all(|finding| finding.condition != Condition::Missing), "{:?}", found.health);
    assert!(found.health.iter().any(|finding| finding.sentence == "A trial job ran in the sandbox."), "{:?}", found.health);
}
