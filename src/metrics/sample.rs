//! What an attempt used over time: a line each of milliseconds running, processor milliseconds, bytes of memory.

use std::fmt;
use std::str::FromStr;

/// The most samples of one attempt.
const MOST: usize = 2_000;

/// What had been used by a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// Milliseconds the command had run.
    pub running_ms: u64,
    /// Processor milliseconds up to then, over all processes.
    pub cpu_ms: u64,
    /// The most bytes of memory since the sample before.
    pub memory: u64,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} {}", self.running_ms, self.cpu_ms, self.memory)
    }
}

impl FromStr for Sample {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let mut numbers = line.split(' ').map(|number| number.parse().map_err(|_| ()));
        let mut next = || numbers.next().unwrap_or(Err(()));
        Ok(Self { running_ms: next()?, cpu_ms: next()?, memory: next()? })
    }
}

impl Sample {
    /// The samples of a record; half a line at its end is left out.
    pub fn all(record: &str) -> Vec<Self> {
        record.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')?.parse().ok()).collect()
    }

    /// Processors kept busy between two samples.
    pub fn cores_since(&self, earlier: &Self) -> f64 {
        let (cpu, time) = (self.cpu_ms.saturating_sub(earlier.cpu_ms), self.running_ms.saturating_sub(earlier.running_ms));
        let float = |ms: u64| f64::from(u32::try_from(ms).unwrap_or(u32::MAX));
        if time == 0 { 0.0 } else { float(cpu) / float(time) }
    }
}

/// Takes samples at first at every opportunity; whenever there are 2,000, every second one goes and the rest take twice as
/// long. So the record of a week is as long as that of an hour.
#[derive(Debug)]
pub struct Sampler {
    samples: Vec<Sample>,
    /// Milliseconds between two samples.
    interval_ms: u64,
}

/// What a new sample means for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This belongs at its end.
    Append(String),
    /// This replaces it.
    Replace(String),
}

impl Sampler {
    /// With at least so many milliseconds between two samples.
    pub fn new(interval_ms: u64) -> Self {
        Self { samples: Vec::new(), interval_ms }
    }

    /// Whether a sample is due.
    pub fn is_due(&self, running_ms: u64) -> bool {
        self.samples.last().is_none_or(|last| running_ms >= last.running_ms + self.interval_ms)
    }

    /// Adds a sample, due or not: the last one of an attempt may come early.
    pub fn add(&mut self, sample: Sample) -> Change {
        self.samples.push(sample);
        if self.samples.len() < MOST {
            return Change::Append(sample.to_string());
        }
        let both = |two: &[Sample]| {
            let memory = two.iter().map(|sample| sample.memory).max()?;
            Some(Sample { memory, ..*two.last()? })
        };
        self.samples = self.samples.chunks(2).filter_map(both).collect();
        self.interval_ms *= 2;
        Change::Replace(self.samples.iter().map(Sample::to_string).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_a_week_is_short_and_loses_no_peak() {
        let (mut sampler, mut record) = (Sampler::new(1_000), String::new());
        for second in 0..604_800_u64 {
            if !sampler.is_due(second * 1_000) {
                continue;
            }
            // Two processors busy; memory peaks once.
            let memory = if second == 77 { 1 << 30 } else { 1 << 20 };
            match sampler.add(Sample { running_ms: second * 1_000, cpu_ms: second * 2_000, memory }) {
                Change::Append(line) => record += &line,
                Change::Replace(all) => record = all,
            }
        }
        let samples = Sample::all(&record);
        assert!((MOST / 2 - 1..MOST).contains(&samples.len()), "{}", samples.len());
        assert_eq!(samples.iter().map(|sample| sample.memory).max(), Some(1 << 30));
        assert!(samples.windows(2).all(|two| (two[1].cores_since(&two[0]) - 2.0).abs() < 1e-9));
    }

    #[test]
    fn half_a_line_is_no_sample() {
        assert_eq!(Sample::all("1 2 3\n4 5 x\n7 8 9\n10 11 1").len(), 2);
    }
}
