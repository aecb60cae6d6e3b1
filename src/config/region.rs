use serde::{Deserialize, Serialize};

/// The kind of compute engine behind a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// Sandboxed processes on this machine.
    Local,
    /// A Ray cluster, through its jobs API.
    Ray,
}

impl EngineKind {
    /// The word in the file and on the screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ray => "ray",
        }
    }
}

/// A place where training jobs run: one compute engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// In URLs.
    pub id: String,
    /// On the screen.
    pub name: String,
    /// What runs the jobs.
    pub engine: EngineKind,
    /// The engine's address; none for the local one.
    pub address: Option<String>,
    /// Sizes on offer, as the operator listed them.
    pub flavors: Vec<Flavor>,
}

impl Region {
    /// The flavor of this id.
    pub fn flavor(&self, id: &str) -> Option<&Flavor> {
        self.flavors.iter().find(|flavor| flavor.id == id)
    }

    /// The region `local`, when no file names any: flavors of 1, 2, 4 … CPUs that fit this machine.
    pub(super) fn this_machine() -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
        let memory = memory_of_machine().unwrap_or(2 << 30);
        let sizes = std::iter::successors(Some(1_u32), |n| n.checked_mul(2));
        let mut flavors: Vec<_> = sizes.take_while(|n| *n <= cpus).map(Flavor::of_cpus).collect();
        flavors.retain(|flavor| flavor.cpus == 1 || flavor.memory <= memory);
        Self { id: "local".into(), name: "This machine".into(), engine: EngineKind::Local, address: None, flavors }
    }
}

/// A size of machine with a price. Kept with each job as it was at submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flavor {
    /// In forms and bills.
    pub id: String,
    /// On the screen.
    pub name: String,
    /// Virtual CPUs of each node.
    pub cpus: u32,
    /// Bytes of memory of each node.
    pub memory: u64,
    /// GPUs of each node.
    pub gpus: u32,
    /// At most so many nodes a job.
    pub max_nodes: u32,
    /// Price of one node for one hour, in millionths of the currency.
    pub price_micros: i64,
    /// Bytes on disk that the files of a job may take: its code, temporary files and outputs together.
    #[serde(default = "disk")]
    pub disk: u64,
}

/// As much as any flavor had before it could be set.
pub(super) const fn disk() -> u64 {
    20 << 30
}

impl Flavor {
    /// `n` CPUs with 2 GiB each at 0.12 an hour each, the proportion of the documented example.
    fn of_cpus(n: u32) -> Self {
        Self {
            id: format!("cpu-{n}"),
            name: format!("{n} vCPU, {} GiB", 2 * n),
            cpus: n,
            memory: u64::from(n) * (2 << 30),
            gpus: 0,
            max_nodes: 1,
            price_micros: i64::from(n) * 120_000,
            disk: disk(),
        }
    }
}

/// Bytes of memory this machine has, from `/proc/meminfo`.
pub fn memory_of_machine() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Reads a decimal price such as `0.12` as millionths, exactly.
///
/// # Errors
/// What a right price looks like.
pub fn price_micros(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is not a price; write it as \"0.12\", with at most six decimals");
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 6 || !digits(whole) || !digits(decimals) {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let fraction: i64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
    whole.checked_mul(1_000_000).and_then(|micros| micros.checked_add(fraction)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        assert_eq!(price_micros("0.12"), Ok(120_000));
        assert_eq!(price_micros("3"), Ok(3_000_000));
        assert_eq!(price_micros("0.000001"), Ok(1));
        for wrong in ["", ".5", "-1", "1e3", "0.1234567", "1,5"] {
            assert!(price_micros(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bare_machine_has_a_flavor() {
        let region = Region::this_machine();
        assert_eq!(region.flavors[0].id, "cpu-1");
        assert_eq!(region.flavors[0].price_micros, 120_000);
    }
}
