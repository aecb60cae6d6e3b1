//! What a script says of its own end.

/// What a script says of its own end; the exit code says what is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// `status=success` and the like.
    Success,
    /// `status=failed` and the like.
    Failure,
}

impl Claim {
    /// What a whole line claims: `status=` or `GALLERIA_STATUS=` and one of the usual words.
    pub(super) fn of(line: &str) -> Option<Self> {
        let word = line.strip_prefix("status=").or_else(|| line.strip_prefix("GALLERIA_STATUS="))?;
        match word.to_ascii_lowercase().as_str() {
            "success" | "succeeded" | "finished" | "completed" | "done" => Some(Self::Success),
            "failed" | "failure" | "error" => Some(Self::Failure),
            _ => None,
        }
    }

    /// What there is to say when the exit code says otherwise.
    pub fn against(self, exit_code: i64) -> Option<String> {
        let (said, is) = match (self, exit_code == 0) {
            (Self::Success, false) => ("succeeded", "failed"),
            (Self::Failure, true) => ("failed", "succeeded"),
            _ => return None,
        };
        Some(format!("The script said that it {said}; its exit code {exit_code} says that it {is}, and the exit code counts."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_contradicts_is_said() {
        assert_eq!((Claim::Success.against(0), Claim::Failure.against(1)), (None, None));
        let sentence = Claim::of("status=FINISHED").and_then(|claim| claim.against(1));
        assert_eq!(sentence.as_deref(), Some("The script said that it succeeded; its exit code 1 says that it failed, and the exit code counts."));
        assert!(Claim::of("GALLERIA_STATUS=failed").and_then(|claim| claim.against(0)).is_some());
        assert_eq!((Claim::of("the status=done"), Claim::of("status=fine")), (None, None));
    }
}
