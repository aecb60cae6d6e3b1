//! No job takes more than its share.

use super::*;
use galleria::engine::{Basis, Limits};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn python(code: &str) -> Spec {
    Spec::new(format!("python -c '{code}'"))
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
fn a_removed_file_counts_while_it_is_open() {
    let lab = Lab::new();
    let limits = Limits { disk: 30 << 20, ..Limits::default() };
    let code = "import os,time\nopen_files=[]\nfor i in range(8):\n f=open(\"/tmp/x\",\"wb\"); os.remove(\"/tmp/x\"); f.write(bytes(8<<20)); f.flush(); open_files.append(f)\ntime.sleep(1000)";
    assert_eq!(lab.run(&Spec { limits, ..python(code) }).1, Cause::DiskLimit);
}

/// A supervisor that gets no time of the processor hears late of the end; what it bills is what the command took.
#[test]
fn only_the_time_of_the_command_is_metered_however_late_its_supervisor_hears_of_it() {
    let lab = Lab::new();
    let submitted = Instant::now();
    let tell = "read -r now rest </proc/uptime; echo $now";
    let handle = lab.submit(&Spec::new(format!("{tell}; echo up; while [ ! -e go ]; do sleep 0.01; done; {tell}; sleep 0.01")));
    lab.wait_for_line(&handle, "up");
    let supervisor = lab.supervisor(&handle);
    kill(Pid::from_raw(supervisor), Signal::SIGSTOP).unwrap();
    fs::write(lab.attempt(&handle).join("work/go"), "").unwrap();
    eventually("the command has ended", || children(supervisor).is_empty().then_some(()));
    let over = Instant::now();
    eventually("the supervisor has been held up for as long again", || (over.elapsed() > over - submitted).then_some(()));
    kill(Pid::from_raw(supervisor), Signal::SIGCONT).unwrap();

    assert_eq!(lab.end(&handle), (0, Cause::Exited));
    let log = lab.log(&handle, Stream::Job);
    let told: Vec<f64> = log.lines().filter_map(|line| line.parse().ok()).collect();
    let metered = Duration::from_millis(lab.engine.usage(&handle).unwrap().running_ms);
    // The clock that the job reads has steps of 10 ms; we saw the end only after it.
    assert!(metered.as_secs_f64() >= told[1] - told[0] && metered <= over - submitted, "{metered:?}, {told:?}, {:?}", over - submitted);
}

/// The processes that this one has started and that still do something.
fn children(parent: i32) -> Vec<String> {
    let tasks = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    let lives = |pid: &&str| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty());
    tasks.split_whitespace().filter(lives).map(str::to_owned).collect()
}
