//! What a job reports and uses, on its way from the supervisor's ear and gauge into two small files of the attempt.

use std::fs::File;
use std::io::{self, Write};

use super::folder::{Folder, Meter};
use crate::metrics::{Change, Listener, Recorder, Sample, Sampler};

/// Bytes of `metrics` that are kept: some 600,000 points whole, and the more there are the fewer of each.
const LIMIT: u64 = 16 << 20;
/// Reports in one piece of output from which on a job waits for us, and not we for it.
const MANY: usize = 256;
/// Milliseconds between two samples at first: every heartbeat, also one that comes a little early.
const INTERVAL_MS: u64 = 900;

/// `metrics`: written by whoever copies the log, as the one who sees every byte of it.
pub(super) struct Reports {
    file: File,
    listener: Listener,
    recorder: Recorder,
}

impl Reports {
    pub fn open(folder: &Folder) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(folder.metrics())?;
        Ok(Self { file, listener: Listener::default(), recorder: Recorder::new(LIMIT) })
    }

    /// Hears the next bytes of the output, also those that the log has no room for. Whether they were full of reports: then
    /// the job should be kept waiting a little, because our own processor time is limited by nothing else.
    pub fn hear(&mut self, bytes: &[u8]) -> bool {
        let (mut out, mut reports) = (Vec::new(), 0);
        self.listener.hear(bytes, |report| {
            reports += 1;
            self.recorder.record(report, &mut out);
        });
        // A full disk loses points; the job is not to blame and goes on.
        self.file.write_all(&out).ok();
        reports > MANY
    }

    /// The output has ended.
    pub fn finish(mut self) {
        let mut out = Vec::new();
        self.listener.end(|report| self.recorder.record(report, &mut out));
        self.recorder.finish(&mut out);
        self.file.write_all(&out).ok();
    }
}

/// `usage`: a line now and then of what was used by then.
pub(super) struct UsageLog<'a> {
    folder: &'a Folder,
    sampler: Sampler,
}

impl<'a> UsageLog<'a> {
    pub fn new(folder: &'a Folder) -> Self {
        Self { folder, sampler: Sampler::new(INTERVAL_MS) }
    }

    /// Whether the next sample is due.
    pub fn is_due(&self, meter: &Meter) -> bool {
        meter.since.is_some() && self.sampler.is_due(meter.running_ms)
    }

    /// Adds a sample; `memory` is the most since the one before. A full disk costs samples, never the job.
    pub fn add(&mut self, meter: &Meter, memory: u64) {
        if meter.since.is_none() {
            return;
        }
        match self.sampler.add(Sample { running_ms: meter.running_ms, cpu_ms: meter.cpu_ms, memory }) {
            Change::Append(line) => self.folder.add_usage(&line).ok(),
            Change::Replace(lines) => self.folder.set_usage(&lines).ok(),
        };
    }
}
