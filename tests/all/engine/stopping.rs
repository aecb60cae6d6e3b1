//! Stopping a job, gently and not.

use super::*;

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
    let pid = lab.supervisor(handle);
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
