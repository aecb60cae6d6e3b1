//! What one attempt uses, by its control groups where there are some, else by looking at its processes.

use std::io;
use std::time::{Duration, Instant};

use super::cgroup::{Cgroup, Controller};
use super::folder::{Meter, wall_clock_ms};
use super::processes::{descendants, memory};
use crate::engine::{Basis, Spec};

/// How often the table of processes is read where nothing better is there.
const GLANCE: Duration = Duration::from_millis(500);

pub(super) struct Gauge {
    cgroup: Cgroup,
    refused: Vec<Controller>,
    memory_limit: u64,
    keeper: Option<i32>,
    since: Option<u64>,
    started: Option<Instant>,
    ran: Option<Duration>,
    glanced: Option<Instant>,
    cpu_ms: u64,
    memory: u64,
    peak_memory: u64,
    /// The most since somebody last asked.
    recent_memory: u64,
}

impl Gauge {
    pub fn new(cgroup: Cgroup, spec: &Spec) -> Self {
        let refused = cgroup.limit(spec);
        let memory_limit = spec.memory;
        let (keeper, since, started, ran, glanced) = (None, None, None, None, None);
        Self { cgroup, refused, memory_limit, keeper, since, started, ran, glanced, cpu_ms: 0, memory: 0, peak_memory: 0, recent_memory: 0 }
    }

    /// What is weaker here than it could be, in sentences.
    pub fn shortcomings(&self) -> Vec<String> {
        let weak = |controller| !self.limits(controller);
        let memory = weak(Controller::Memory).then_some("Memory is watched twice a second instead of limited by the kernel.");
        let cpu = weak(Controller::Cpu).then_some("Processor time is not limited, only given a low priority.");
        memory.into_iter().chain(cpu).map(str::to_owned).collect()
    }

    pub fn join(&self, launcher: u32) -> io::Result<()> {
        self.cgroup.join(launcher)
    }

    /// The command has been running for so long.
    pub fn start(&mut self, keeper: Option<i32>, ran: Duration) {
        self.keeper = keeper;
        self.since = Some(wall_clock_ms().saturating_sub(in_ms(ran)));
        self.started = Instant::now().checked_sub(ran);
    }

    /// The command ended so long ago; what was counted by then stays.
    pub fn stop(&mut self, ago: Duration) {
        self.ran.get_or_insert(self.started.map_or(Duration::ZERO, |started| started.elapsed().saturating_sub(ago)));
        self.cpu_ms = self.cgroup.cpu_ms().unwrap_or(self.cpu_ms).max(self.cpu_ms);
    }

    pub fn running(&self) -> Duration {
        self.ran.or_else(|| Some(self.started?.elapsed())).unwrap_or_default()
    }

    pub fn sample(&mut self) {
        let Some(keeper) = self.keeper else { return };
        let (cpu, used) = (self.cgroup.cpu_ms(), self.cgroup.memory());
        if (cpu.is_none() || used.is_none()) && self.glanced.is_none_or(|glanced| glanced.elapsed() >= GLANCE) {
            self.glanced = Some(Instant::now());
            let processes = descendants(keeper);
            // Time of processes that ended unseen is not in the sum; it never goes back.
            self.cpu_ms = self.cpu_ms.max(processes.iter().map(|p| p.cpu_ms).sum());
            self.memory = memory(&processes, self.memory_limit);
        }
        self.cpu_ms = cpu.unwrap_or(self.cpu_ms);
        self.memory = used.unwrap_or(self.memory);
        self.peak_memory = self.peak_memory.max(self.memory);
        self.recent_memory = self.recent_memory.max(self.memory);
    }

    /// The most memory in use at once since this was last asked.
    pub fn take_recent_memory(&mut self) -> u64 {
        std::mem::replace(&mut self.recent_memory, self.memory)
    }

    /// Whether the watchdog must act, because the kernel would not.
    pub fn is_over_memory(&self) -> bool {
        !self.limits(Controller::Memory) && self.memory > self.memory_limit
    }

    pub fn ran_out_of_memory(&self) -> bool {
        self.cgroup.ran_out_of_memory()
    }

    pub fn meter(&self) -> Meter {
        let measured = self.cgroup.has(Controller::Memory) && self.cgroup.has(Controller::Cpuacct);
        Meter {
            since: self.since,
            running_ms: in_ms(self.running()),
            cpu_ms: self.cpu_ms,
            peak_memory: self.peak_memory,
            basis: if measured { Basis::Measured } else { Basis::Estimated },
        }
    }

    pub fn remove(self) {
        self.cgroup.remove();
    }

    fn limits(&self, controller: Controller) -> bool {
        self.cgroup.has(controller) && !self.refused.contains(&controller)
    }
}

fn in_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_from_when_the_command_began_until_it_ended_not_from_when_that_was_heard() {
        let mut gauge = Gauge::new(Cgroup::create(&format!("gauge-{}", std::process::id())), &Spec::new("true"));
        let (began, before) = (Instant::now(), wall_clock_ms());
        gauge.start(None, Duration::from_secs(40));
        assert!(gauge.running() >= Duration::from_secs(40) && gauge.meter().since.unwrap() <= before - 39_000);
        gauge.stop(Duration::from_secs(30));
        let ran = Duration::from_secs(10)..=Duration::from_secs(10) + began.elapsed();
        assert!(ran.contains(&gauge.running()), "{:?}", gauge.running());
        gauge.remove();
    }
}
