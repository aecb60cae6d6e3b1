//! What the supervisor has to say, in a file of its own, and the pump that keeps what the job has to say within bounds.

use std::fs::File;
use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use super::folder::{Folder, wall_clock_ms};

/// `system.log`: a line each of milliseconds since 1970, a space, and a sentence. No job can write to it.
pub(super) struct SystemLog(File);

impl SystemLog {
    pub fn open(folder: &Folder) -> io::Result<Self> {
        Ok(Self(File::options().create(true).append(true).open(folder.system_log())?))
    }

    /// Adds a line. A full disk must not end a job, so a line that cannot be written is dropped.
    pub fn say(&self, sentence: &str) {
        let line = format!("{} {}\n", wall_clock_ms(), sentence.replace(['\n', '\r'], " "));
        (&self.0).write_all(line.as_bytes()).ok();
    }
}

/// Copies what a job says into its log until it falls silent, at most `limit` bytes; the rest is read and thrown away, so
/// the job goes on. `full` is called once when the limit is reached; `hear` gets every byte and says when it had much to do.
pub(super) fn pump(mut job: impl Read, log: &mut impl Write, limit: u64, full: impl FnOnce(), mut hear: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let (mut buffer, mut left, mut full) = (vec![0; 64 * 1024], limit, Some(full));
    loop {
        let read = match job.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let kept = usize::try_from(left).map_or(read, |left| left.min(read));
        // A full disk loses log lines; the job is not to blame and goes on.
        log.write_all(buffer.get(..kept).unwrap_or_default()).ok();
        left -= kept as u64;
        let much = hear(buffer.get(..read).unwrap_or_default());
        if kept < read {
            full.take().into_iter().for_each(|full| full());
        }
        if kept < read || much {
            // Throwing away and listening are our own processor time, which no limit of the job's covers: about 60 MB/s must do.
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chatty_job_is_cut_and_read_to_its_end() {
        let (mut log, mut told) = (Vec::new(), 0);
        let mut job = io::Cursor::new(vec![b'x'; 1_000_000]);
        let mut heard = 0;
        let hear = |bytes: &[u8]| {
            heard += bytes.len();
            false
        };
        pump(&mut job, &mut log, 1000, || told += 1, hear).unwrap();
        assert_eq!((log.len(), told, job.position(), heard), (1000, 1, 1_000_000, 1_000_000));
    }

    #[test]
    fn exactly_the_limit_is_not_too_much() {
        let mut log = Vec::new();
        pump(&b"12345"[..], &mut log, 5, || panic!("not full"), |_| false).unwrap();
        assert_eq!(log, b"12345");
    }
}
