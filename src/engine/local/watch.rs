//! Watching one attempt to its end: its limits, its meter, and the wishes to stop it.

use std::fs::{self, File};
use std::io::{self, Write, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::fs::fchown;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, Uid};

use super::cgroup::Cgroup;
use super::events::{Event, Room, keep_log, listen, measure, wait_for};
use super::folder::{Exit, Folder};
use super::gauge::Gauge;
use super::processes::descendants;
use super::protocol::Word;
use super::reports::{Reports, UsageLog};
use super::supervisor::again;
use super::system_log::SystemLog;
use crate::engine::{Cause, Spec};

/// How often wishes, limits and usage are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often the meter is written.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The exit code after a KILL.
const KILLED: i32 = 137;

/// An attempt under way.
pub(super) struct Watch<'a> {
    folder: &'a Folder,
    spec: Spec,
    launcher: Child,
    channel: UnixStream,
    events: Receiver<Event>,
    log: JoinHandle<()>,
    gauge: Gauge,
    /// The process whose only child is the job's first process.
    keeper: Option<i32>,
    /// The wish to end, and when to stop being patient.
    ending: Option<(Cause, Instant)>,
    code: Option<i32>,
    failure: Option<String>,
}

impl<'a> Watch<'a> {
    /// Starts the launcher. It waits for our word before it starts the command.
    pub fn start(folder: &'a Folder, args: usize, terminate: SigSet) -> io::Result<Self> {
        let order = folder.order()?;
        let (ours, theirs) = UnixStream::pair()?;
        let (job, output) = pipe()?;
        // Else the job could write to its output but not open it again, as `> /dev/stderr` does.
        if let Some(uid) = Uid::current().is_root().then_some(order.uid) {
            fchown(&output, Some(uid), Some(uid))?;
        }
        let mut command = again(args);
        command.arg(folder.path()).arg("launch").stdin(OwnedFd::from(theirs)).stdout(output.try_clone()?).stderr(output);
        let launcher = command.spawn()?;
        // The command holds copies of what the launcher writes to; kept, its end would never be seen.
        drop(command);

        let (sender, events) = channel();
        listen(ours.try_clone()?, sender.clone());
        wait_for(terminate, sender.clone());
        measure(folder.clone(), sender.clone());
        let log = File::options().create(true).append(true).open(folder.log())?;
        let log = keep_log(job, log, Reports::open(folder)?, order.spec.limits.log, sender);
        let gauge = Gauge::new(Cgroup::create(&folder.group()?), &order.spec);
        let spec = order.spec;
        Ok(Self { folder, spec, launcher, channel: ours, events, log, gauge, keeper: None, ending: None, code: None, failure: None })
    }

    /// Watches until nothing of the attempt is left running.
    pub fn until_the_end(mut self, said: &SystemLog) -> io::Result<Exit> {
        for sentence in self.gauge.shortcomings() {
            said.say(&sentence);
        }
        let (mut heartbeat, mut usage) = (Instant::now(), UsageLog::new(self.folder));
        loop {
            match self.events.recv_timeout(TICK) {
                Ok(Event::Gone) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(event) => self.on(event, said)?,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.look(said)?;
            if heartbeat.elapsed() >= HEARTBEAT {
                heartbeat = Instant::now();
                // A full disk costs a heartbeat, never the job.
                let meter = self.gauge.meter();
                self.folder.set_meter(&meter).ok();
                if usage.is_due(&meter) {
                    usage.add(&meter, self.gauge.take_recent_memory());
                }
            }
        }
        self.gauge.stop(Duration::ZERO);
        usage.add(&self.gauge.meter(), self.gauge.take_recent_memory());
        self.clean_up();
        self.folder.set_meter(&self.gauge.meter())?;
        let exit = self.exit();
        self.log.join().ok();
        self.gauge.remove();
        Ok(exit)
    }

    fn on(&mut self, event: Event, said: &SystemLog) -> io::Result<()> {
        match event {
            Event::Said(Word::Ready) => {
                self.gauge.join(self.launcher.id())?;
                self.channel.write_all(b"\n")?;
            }
            Event::Said(Word::Started(keeper, at)) => {
                self.keeper = i32::try_from(keeper).ok();
                self.gauge.start(self.keeper, at.ago()?);
                self.folder.set_meter(&self.gauge.meter())?;
                said.say("The command has started.");
            }
            Event::Said(Word::Ended(code, at)) => {
                self.gauge.stop(at.ago()?);
                self.code = Some(code);
            }
            Event::Said(Word::Failed(why)) => self.failure = Some(why),
            Event::Terminate => self.end(Cause::Stopped, self.spec.grace, said),
            Event::LogFull => said.say("The log has reached its limit; the rest of it is not kept."),
            Event::Disk(room) => self.check(room, said),
            Event::Gone => {}
        }
        Ok(())
    }

    /// What no event tells.
    fn look(&mut self, said: &SystemLog) -> io::Result<()> {
        if self.code.is_some() || self.failure.is_some() {
            return Ok(());
        }
        self.gauge.sample();
        if let Some(stop) = self.folder.stop()? {
            self.end(Cause::Stopped, Duration::from_millis(stop.grace_ms), said);
        }
        if self.spec.stop_after.is_some_and(|limit| self.gauge.running() >= limit) {
            self.end(Cause::TimeLimit, self.spec.grace, said);
        }
        if self.gauge.is_over_memory() {
            self.end(Cause::OutOfMemory, Duration::ZERO, said);
        }
        if self.ending.as_ref().is_some_and(|(_, patience)| Instant::now() >= *patience) {
            self.launcher.kill()?;
        }
        Ok(())
    }

    fn check(&mut self, room: Option<Room>, said: &SystemLog) {
        let limits = self.spec.limits;
        match room {
            Some(room) if room.outputs > limits.outputs => self.end(Cause::OutputLimit, Duration::ZERO, said),
            Some(room) if room.all <= limits.disk => {}
            Some(_) | None => self.end(Cause::DiskLimit, Duration::ZERO, said),
        }
    }

    /// Begins the end: a TERM to everything in the sandbox, and the time of the KILL. The first reason stands; a later wish
    /// may only shorten the patience.
    fn end(&mut self, cause: Cause, grace: Duration, said: &SystemLog) {
        let patience = Instant::now() + grace;
        if let Some((_, before)) = &mut self.ending {
            *before = patience.min(*before);
            return;
        }
        said.say(&format!("The command is being ended ({}), and killed after {:.1} s.", reason(&cause), grace.as_secs_f32()));
        self.ending = Some((cause, patience));
        let Some(first) = self.keeper.and_then(|keeper| descendants(keeper).into_iter().find(|p| p.parent == keeper)) else {
            // It has not started: there is nothing to be gentle with.
            self.launcher.kill().ok();
            return;
        };
        // It may just have ended by itself.
        kill(Pid::from_raw(first.pid), Signal::SIGTERM).ok();
    }

    /// Ends the launcher, and with it whatever is left, and waits until all of it is gone.
    fn clean_up(&mut self) {
        self.launcher.kill().ok();
        self.launcher.wait().ok();
        // We are the reaper of everything beneath us: when no child is left, nothing is.
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Err(Errno::ECHILD) => return,
                Ok(WaitStatus::StillAlive) => {
                    for process in descendants(Pid::this().as_raw()) {
                        kill(Pid::from_raw(process.pid), Signal::SIGKILL).ok();
                    }
                    thread::sleep(Duration::from_millis(5));
                }
                _ => {}
            }
        }
    }

    fn exit(&mut self) -> Exit {
        let code = self.code.unwrap_or(KILLED);
        let cause = match (self.ending.take(), self.failure.take()) {
            (Some((cause, _)), _) => cause,
            (None, Some(why)) => {
                return Exit { code: 125, cause: Cause::SandboxFailed(self.in_words(&why)) };
            }
            (None, None) if code != 0 && self.gauge.ran_out_of_memory() => Cause::OutOfMemory,
            // SIGXFSZ: a single file as large as everything together may be.
            (None, None) if code == 128 + 25 => Cause::DiskLimit,
            (None, None) if (129..=192).contains(&code) => Cause::Signalled(code - 128),
            (None, None) => Cause::Exited,
        };
        Exit { code, cause }
    }

    /// The sandbox leaves its last words on the standard error it would have given to the job.
    fn in_words(&self, why: &str) -> String {
        let log = fs::read_to_string(self.folder.log()).unwrap_or_default();
        let last = log.lines().rev().find_map(|line| line.strip_prefix("hakoniwa: "));
        last.unwrap_or(why).chars().take(500).collect()
    }
}

fn reason(cause: &Cause) -> &'static str {
    match cause {
        Cause::TimeLimit => "its time is over",
        Cause::OutOfMemory => "out of memory",
        Cause::DiskLimit => "too much on disk",
        Cause::OutputLimit => "too many outputs",
        _ => "on request",
    }
}
