use crate::engine::Cause;

crate::text_enum! {
    /// Where a job stands.
    pub enum State {
        Creating = "creating" / "Creating", Pending = "pending" / "Pending", Running = "running" / "Running",
        Terminating = "terminating" / "Terminating", Terminated = "terminated" / "Terminated",
        Completed = "completed" / "Completed", Failed = "failed" / "Failed", Abnormal = "abnormal" / "Abnormal",
    }
}

/// Something that happened to a job's current attempt, or to the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The code is staged; it waits for its place.
    Staged,
    /// The engine says that the command runs.
    Running,
    /// The engine says that it is over and nothing of it is left running.
    Ended {
        /// The exit code.
        code: i32,
        /// What ended it.
        cause: Cause,
    },
    /// The engine was reached and knows nothing of it, or its supervisor is gone.
    Lost,
    /// The engine will never run it.
    Refused,
    /// Its owner or the operator wants it to end.
    StopAsked,
    /// The engine has not what it needs, and tried to get it.
    NotStaged,
    /// What it needs cannot be had, however often it is tried.
    NotToBeHad,
    /// It was to end before the engine ever had it.
    NeverStarted,
}

/// Whether a failure may be followed by another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Attempts are left.
    Left,
    /// This was the last one.
    None,
}

impl State {
    /// Nothing changes any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Terminated | Self::Completed | Self::Failed | Self::Abnormal)
    }

    /// The state after something was seen; `None` when nothing changes. The only place that knows the way.
    ///
    /// What the engine reports of the end owns the outcome, whatever the script said of itself. A failed or lost attempt
    /// with a retry left leads back to Pending, with a new attempt; one that was asked to end is never tried again.
    pub fn after(self, seen: &Seen, retry: Retry) -> Option<Self> {
        let again = |end: Self| if retry == Retry::Left && self != Self::Terminating { Self::Pending } else { end };
        match (self, seen) {
            (state, _) if state.is_final() => None,
            (Self::Creating, Seen::Staged) => Some(Self::Pending),
            (Self::Creating | Self::Pending, Seen::Running) => Some(Self::Running),
            (Self::Creating | Self::Pending | Self::Running, Seen::StopAsked) => Some(Self::Terminating),
            (Self::Terminating, Seen::NeverStarted) => Some(Self::Terminated),
            (_, Seen::Ended { code, cause }) => match cause {
                Cause::Stopped | Cause::TimeLimit => Some(Self::Terminated),
                Cause::SandboxFailed(_) => Some(again(Self::Abnormal)),
                Cause::Exited if *code == 0 => Some(Self::Completed),
                _ => Some(again(Self::Failed)),
            },
            // Nothing ran yet: another attempt begins where this one began.
            (Self::Creating | Self::Pending, Seen::NotStaged) => Some(if retry == Retry::Left { Self::Creating } else { Self::Abnormal }),
            (Self::Creating | Self::Pending, Seen::NotToBeHad) => Some(Self::Failed),
            (_, Seen::Lost) => Some(again(Self::Abnormal)),
            (_, Seen::Refused) => Some(Self::Abnormal),
            _ => None,
        }
    }
}

impl Seen {
    /// Why a job is in the state that this led to, for its owner.
    pub fn sentence(&self) -> String {
        match self {
            Self::Staged => "Waiting for its place in the queue.".to_owned(),
            Self::Running => "The code is training.".to_owned(),
            Self::Ended { code, cause } => ending(*code, cause),
            Self::Lost => "What watched over the job is gone. It is billed up to its last heartbeat.".to_owned(),
            Self::Refused => "The engine cannot run this job.".to_owned(),
            Self::NotStaged | Self::NotToBeHad => "What it needs could not be had.".to_owned(),
            Self::StopAsked => "It was asked to stop and is ending.".to_owned(),
            Self::NeverStarted => "It was stopped before it started.".to_owned(),
        }
    }
}

fn ending(code: i32, cause: &Cause) -> String {
    match cause {
        Cause::Exited if code == 0 => "The command ended with exit code 0.".to_owned(),
        Cause::Exited => format!("The command ended with exit code {code}."),
        Cause::Signalled(signal) => format!("Signal {signal} ended the command (exit code {code})."),
        Cause::TimeLimit => format!("It reached its time limit and was stopped (exit code {code})."),
        Cause::Stopped => format!("It was stopped on request (exit code {code})."),
        Cause::OutOfMemory => format!("It needed more memory than its flavor has (exit code {code})."),
        Cause::DiskLimit => format!("Its files took more room than they may (exit code {code})."),
        Cause::OutputLimit => format!("Its outputs took more room than they may (exit code {code})."),
        Cause::SandboxFailed(why) => format!("The command could not be started: {why}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32, cause: Cause) -> Seen {
        Seen::Ended { code, cause }
    }

    #[test]
    fn a_job_goes_its_way() {
        use State::*;
        let way = [
            (Creating, Seen::Staged, Pending),
            (Pending, Seen::Running, Running),
            (Running, ended(0, Cause::Exited), Completed),
            (Running, ended(3, Cause::Exited), Failed),
            (Running, ended(137, Cause::Signalled(9)), Failed),
            (Running, ended(143, Cause::TimeLimit), Terminated),
            (Running, ended(137, Cause::OutOfMemory), Failed),
            (Running, Seen::Lost, Abnormal),
            (Pending, Seen::Refused, Abnormal),
            (Creating, Seen::NotStaged, Abnormal),
            (Creating, Seen::NotToBeHad, Failed),
            (Pending, ended(125, Cause::SandboxFailed("no bash".into())), Abnormal),
            (Creating, Seen::StopAsked, Terminating),
            (Terminating, Seen::NeverStarted, Terminated),
            (Terminating, ended(143, Cause::Stopped), Terminated),
            // It ended by itself before the wish reached it.
            (Terminating, ended(0, Cause::Exited), Completed),
        ];
        for (from, seen, to) in way {
            assert_eq!(from.after(&seen, Retry::None), Some(to), "{from} {seen:?}");
        }
    }

    #[test]
    fn failures_go_back_to_pending_while_retries_are_left() {
        for seen in [ended(1, Cause::Exited), Seen::Lost] {
            assert_eq!(State::Running.after(&seen, Retry::Left), Some(State::Pending));
            assert!(State::Terminating.after(&seen, Retry::Left).is_some_and(State::is_final));
        }
        assert_eq!(State::Creating.after(&Seen::NotStaged, Retry::Left), Some(State::Creating));
        assert_eq!(State::Creating.after(&Seen::NotToBeHad, Retry::Left), Some(State::Failed));
        assert_eq!(State::Running.after(&ended(0, Cause::Exited), Retry::Left), Some(State::Completed));
        assert_eq!(State::Running.after(&ended(1, Cause::TimeLimit), Retry::Left), Some(State::Terminated));
    }

    #[test]
    fn nothing_follows_an_end() {
        let all = [
            Seen::Staged,
            Seen::Running,
            ended(0, Cause::Exited),
            Seen::Lost,
            Seen::Refused,
            Seen::StopAsked,
            Seen::NotStaged,
            Seen::NotToBeHad,
            Seen::NeverStarted,
        ];
        for state in State::ALL.iter().filter(|state| state.is_final()) {
            for seen in &all {
                assert_eq!(state.after(seen, Retry::Left), None, "{state} {seen:?}");
            }
        }
    }
}
