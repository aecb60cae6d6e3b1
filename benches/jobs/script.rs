//! What the jobs run: a script that prints the time, here as an algorithm without dependencies and as a bare command.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub const NAME: &str = "clock";
const TRAIN: &str = r#"import argparse, random, time
parser = argparse.ArgumentParser()
parser.add_argument("--lines", type=int)
parser.add_argument("--pause", type=float)
parser.add_argument("--busy", type=int)
given = parser.parse_args()
for line in range(given.lines):
    if line:
        until = time.monotonic() + given.pause * random.uniform(0.5, 1.5)
        while given.busy and time.monotonic() < until:
            pass
        time.sleep(max(0, until - time.monotonic()))
    print(f"t={time.time():.6f}", flush=True)
"#;
const MLPROJECT: &str = "name: clock\nentry_points:\n  main:\n    parameters:\n      lines: {type: int, default: 1}\n      pause: {type: float, default: 0}\n      \
    busy: {type: int, default: 0}\n    command: \"python train.py --lines {lines} --pause {pause} --busy {busy}\"\ngalleria:\n  open_source: true\n";

/// So many lines with a pause of about so many seconds between them, computing meanwhile or not.
pub struct Script {
    pub lines: usize,
    pub pause: f32,
    pub busy: u8,
}

impl Default for Script {
    fn default() -> Self {
        Self { lines: 1, pause: 0.0, busy: 0 }
    }
}

impl Script {
    /// Writes what is published.
    pub fn write(folder: &Path) {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("MLproject"), MLPROJECT).unwrap();
        std::fs::write(folder.join("train.py"), TRAIN).unwrap();
    }

    /// Its fields in the form.
    pub fn fields(&self) -> String {
        format!("param.lines={}&param.pause={}&param.busy={}", self.lines, self.pause, self.busy)
    }

    /// Runs it with bash alone, until its first line has come.
    pub fn first_line(&self) -> Duration {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("train.py"), TRAIN).unwrap();
        symlink("/usr/bin/python3", folder.path().join("python")).unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.path().display());
        let words = format!("python train.py --lines {} --pause {} --busy {}", self.lines, self.pause, self.busy);
        let begun = Instant::now();
        let mut command = Command::new("bash");
        command.args(["-c", &words]).current_dir(folder.path()).env("PATH", path).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let took = begun.elapsed();
        assert!(line.starts_with("t=") && child.wait().unwrap().success(), "{line}");
        took
    }
}
