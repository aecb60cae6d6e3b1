use std::num::NonZeroU32;
use std::time::Duration;

/// How often something may be done, per address and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub times: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

/// `[limits]`: each key is written as `10/min`. `GALLERIA_LIMITS=off` lifts them all, for load tests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Off: nothing is refused.
    pub on: bool,
    /// Attempts to log in; default 10/min.
    pub login: Limit,
    /// New accounts; default 10/h.
    pub register: Limit,
    /// Archives and datasets; default 60/h.
    pub upload: Limit,
    /// Searches; default 20/s.
    pub search: Limit,
    /// Job launches; default 60/min.
    pub launch: Limit,
    /// New API tokens; default 10/h.
    pub token: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let every = |times: u32, seconds: u64| Limit { times: NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN), per: Duration::from_secs(seconds) };
        Self {
            on: true,
            login: every(10, 60),
            register: every(10, 3600),
            upload: every(60, 3600),
            search: every(20, 1),
            launch: every(60, 60),
            token: every(10, 3600),
        }
    }
}

impl Limits {
    /// The limit of this name in `[limits]`.
    pub(super) fn by_name(&mut self, name: &str) -> Option<&mut Limit> {
        Some(match name {
            "login" => &mut self.login,
            "register" => &mut self.register,
            "upload" => &mut self.upload,
            "search" => &mut self.search,
            "launch" => &mut self.launch,
            "token" => &mut self.token,
            _ => return None,
        })
    }
}

impl std::str::FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a limit; write it as 10/s, 10/min or 10/h");
        let (times, unit) = text.split_once('/').ok_or_else(wrong)?;
        let seconds = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3600,
            _ => return Err(wrong()),
        };
        let times = times.parse().map_err(|_| wrong())?;
        Ok(Self { times, per: Duration::from_secs(seconds) })
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "min",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.times)
    }
}
