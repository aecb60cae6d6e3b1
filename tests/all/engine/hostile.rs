//! Jobs that try to see, reach or leave behind what they must not.

use super::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Whether any process has this word in its command line, anywhere on the machine.
fn is_alive(word: &str) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let me = std::process::id().to_string();
    pids.filter(|entry| entry.file_name() != *me).any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(word)
    })
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
    let spec = Spec::new(
        "for path in / /usr /usr/bin /etc /dev /run /bin /run/galleria/bin; do touch $path/x 2>/dev/null && echo wrote $path; done; \
         echo 5 2>/dev/null > /run/galleria/namespaces/max_user_namespaces && echo wrote limits; \
         touch /tmp/x /work/x /outputs/x ~/x /dev/shm/x && echo fine",
    );
    assert_eq!(lab.run(&spec).2.lines().filter(|line| !line.contains("ermission")).collect::<Vec<_>>(), ["fine"]);
}

#[test]
fn a_job_has_no_privileges_to_gain() {
    let lab = Lab::new();
    let spec = Spec::new(
        "grep -E '^(CapEff|CapPrm|CapAmb|NoNewPrivs)' /proc/self/status; unshare -U true 2>/dev/null && echo nested; \
         unshare -Ur id 2>/dev/null && echo root; mount -t tmpfs none /tmp 2>/dev/null && echo mounted; \
         for p in su passwd newgrp; do f=$(command -v $p) && test -u $f && $f --help >/dev/null 2>&1; done; \
         cp /usr/bin/id /tmp/id && chmod u+s /tmp/id && /tmp/id -u",
    );
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
fn a_killed_supervisor_takes_everything_with_it() {
    let lab = Lab::new();
    let word = format!("orphan-{}", std::process::id());
    let handle = lab.submit(&Spec::new(format!("setsid bash -c 'sleep 1000; true' {word} & echo up; sleep 1000")));
    lab.wait_for_line(&handle, "up");
    eventually("it runs", || is_alive(&word).then_some(()));
    kill(Pid::from_raw(lab.supervisor(&handle)), Signal::SIGKILL).unwrap();
    eventually("it is lost", || (lab.engine.observe(&handle).unwrap() == Observation::Lost).then_some(()));
    eventually("all of it is gone", || (!is_alive(&word)).then_some(()));
    let again = lab.submit(&Spec::new("echo again"));
    assert_eq!(lab.engine.observe(&again).unwrap(), Observation::Lost, "a lost attempt is never run twice");
    lab.engine.forget(&handle).unwrap();
}

#[test]
fn a_job_that_freezes_its_first_process_can_still_be_stopped() {
    let lab = Lab::new();
    // PTRACE_ATTACH, the one thing it can do to it.
    let code = "import ctypes; ctypes.CDLL(None).ptrace(16,1,0,0); print(\"frozen\")";
    let handle = lab.submit(&Spec::new(format!("python -c '{code}'; sleep 1000")));
    lab.wait_for_line(&handle, "frozen");
    lab.engine.stop(&handle, Duration::from_millis(200)).unwrap();
    assert_eq!(lab.end(&handle), (137, Cause::Stopped));
}
