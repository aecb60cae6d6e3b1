//! What the launcher says to the supervisor, a line each. The supervisor answers `Ready` with one byte.

use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// A moment on the kernel's clock since boot, which all processes of a machine share: when something happened, not when it
/// was heard of. On a busy machine there can be a tenth of a second between the two, and running time is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Duration);

impl Moment {
    /// # Errors
    /// When the kernel does not answer, which Linux always does.
    pub fn now() -> io::Result<Self> {
        Ok(Self(clock_gettime(ClockId::CLOCK_BOOTTIME)?.into()))
    }

    /// Reads seconds as in `12.34`, the first word of `/proc/uptime`.
    pub fn parse(seconds: &str) -> Option<Self> {
        Duration::try_from_secs_f64(seconds.parse().ok()?).ok().map(Self)
    }

    /// How long ago it was; nothing for what is still to come. Fails as [`Self::now`] does.
    pub fn ago(self) -> io::Result<Duration> {
        Ok(Self::now()?.0.saturating_sub(self.0))
    }

    fn seconds(self) -> f64 {
        self.0.as_secs_f64()
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// The outer half of the sandbox stands; waits for the answer.
    Ready,
    /// The command runs since then; the sandbox's keeper is this process.
    Started(u32, Moment),
    /// The command ended with this code, 128 + n after signal n, and when.
    Ended(i32, Moment),
    /// The command never ran, and why.
    Failed(String),
}

impl Word {
    /// As sent, with the line's end.
    pub fn line(&self) -> String {
        match self {
            Self::Ready => "ready\n".to_owned(),
            Self::Started(keeper, at) => format!("started {keeper} {}\n", at.seconds()),
            Self::Ended(code, at) => format!("ended {code} {}\n", at.seconds()),
            Self::Failed(why) => format!("failed {}\n", why.replace(['\n', '\r'], " ")),
        }
    }

    /// Reads a line without its end; none when it is not one of ours.
    pub fn parse(line: &str) -> Option<Self> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let dated = || rest.split_once(' ').and_then(|(what, at)| Some((what, Moment::parse(at)?)));
        match verb {
            "ready" => Some(Self::Ready),
            "started" => dated().and_then(|(keeper, at)| Some(Self::Started(keeper.parse().ok()?, at))),
            "ended" => dated().and_then(|(code, at)| Some(Self::Ended(code.parse().ok()?, at))),
            "failed" => Some(Self::Failed(rest.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Moment, Word};

    #[test]
    fn every_word_arrives_as_it_was_sent() {
        let at = Moment(Duration::from_micros(1_234_567));
        for word in [Word::Ready, Word::Started(7, at), Word::Ended(137, at), Word::Failed("no such file".to_owned())] {
            assert_eq!(Word::parse(word.line().trim_end()), Some(word));
        }
        assert_eq!(Word::Failed("a\nended 0".to_owned()).line().lines().count(), 1);
        assert_eq!(["ended soon", "ended 0", "started 7 today", "started 7 -1"].map(Word::parse), [const { None }; 4]);
    }

    #[test]
    fn a_moment_is_as_long_ago_as_the_kernel_says() {
        let now = std::fs::read_to_string("/proc/uptime").unwrap();
        let read = Moment::parse(now.split(' ').next().unwrap()).unwrap();
        assert!(read.ago().unwrap() < Duration::from_secs(10), "{now}: {read:?}, now {:?}", Moment::now().unwrap());
        assert_eq!(Moment(Duration::from_secs(u64::MAX / 2)).ago().unwrap(), Duration::ZERO);
    }
}
