//! What the launcher says to the supervisor, a line each. The supervisor answers `Ready` with one byte.

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// The outer half of the sandbox stands; waits for the answer.
    Ready,
    /// The command runs; the sandbox's keeper is this process.
    Started(u32),
    /// The command ended with this code, 128 + n after signal n.
    Ended(i32),
    /// The command never ran, and why.
    Failed(String),
}

impl Word {
    /// As sent, with the line's end.
    pub fn line(&self) -> String {
        match self {
            Self::Ready => "ready\n".to_owned(),
            Self::Started(keeper) => format!("started {keeper}\n"),
            Self::Ended(code) => format!("ended {code}\n"),
            Self::Failed(why) => format!("failed {}\n", why.replace(['\n', '\r'], " ")),
        }
    }

    /// Reads a line without its end; none when it is not one of ours.
    pub fn parse(line: &str) -> Option<Self> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "ready" => Some(Self::Ready),
            "started" => rest.parse().ok().map(Self::Started),
            "ended" => rest.parse().ok().map(Self::Ended),
            "failed" => Some(Self::Failed(rest.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn every_word_arrives_as_it_was_sent() {
        for word in [Word::Ready, Word::Started(7), Word::Ended(137), Word::Failed("no such file".to_owned())] {
            assert_eq!(Word::parse(word.line().trim_end()), Some(word));
        }
        assert_eq!(Word::Failed("a\nended 0".to_owned()).line().lines().count(), 1);
        assert_eq!(Word::parse("ended soon"), None);
    }
}
