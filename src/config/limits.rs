use std::num::NonZeroU32;
use std::time::Duration;

use super::file::Value;
use super::settings::Reader;
use super::size::Size;

/// How often something may be done, per address and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub times: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

/// `[limits]`: how often is written as `10/min`, how much as `2GiB`. `GALLERIA_LIMITS=off` lifts how often, for load tests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Off: nothing is refused for being too often.
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
    /// Bytes of one file of a dataset, `GALLERIA_DATASET_SIZE`; default 1 GiB.
    pub dataset_size: Size,
    /// Bytes of all datasets of a member, `GALLERIA_DATASET_TOTAL`; default 20 GiB.
    pub dataset_total: Size,
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
            dataset_size: Size::gib(1),
            dataset_total: Size::gib(20),
        }
    }
}

/// The sizes among the keys, which are environment variables as well.
const SIZES: [(&str, &str); 2] = [("dataset_size", "GALLERIA_DATASET_SIZE"), ("dataset_total", "GALLERIA_DATASET_TOTAL")];

impl Limits {
    /// Sets the limit of this name in `[limits]`; `None` when there is none.
    fn set(&mut self, name: &str, text: &str) -> Option<Result<(), String>> {
        let often = match name {
            "login" => &mut self.login,
            "register" => &mut self.register,
            "upload" => &mut self.upload,
            "search" => &mut self.search,
            "launch" => &mut self.launch,
            "token" => &mut self.token,
            "dataset_size" => return Some(text.parse().map(|size| self.dataset_size = size)),
            "dataset_total" => return Some(text.parse().map(|size| self.dataset_total = size)),
            _ => return None,
        };
        Some(text.parse().map(|limit| *often = limit))
    }
}

/// Reads `[limits]` and the variables that win over it.
pub(super) fn read(reader: &mut Reader<'_>) -> Limits {
    let mut limits = Limits::default();
    match (reader.env)("GALLERIA_LIMITS").as_deref() {
        None | Some("on") => {}
        Some("off") => limits.on = false,
        Some(other) => reader.fault("GALLERIA_LIMITS".into(), format!("`{other}` is not `on` or `off`")),
    }
    match reader.file.top.entries.get("limits").cloned() {
        None => {}
        Some((_, Value::Table(table))) => {
            for (key, (line, value)) in table.entries {
                let text = if let Value::Scalar(text) = value { text } else { String::new() };
                let set = limits.set(&key, &text).unwrap_or_else(|| Err(format!("[limits] has no key `{key}`")));
                set.unwrap_or_else(|error| reader.fault(reader.file.place(line), error));
            }
        }
        Some((line, _)) => reader.fault(reader.file.place(line), "limits is a table: [limits]"),
    }
    for (key, variable) in SIZES {
        if let Some(Err(error)) = (reader.env)(variable).and_then(|text| limits.set(key, &text)) {
            reader.fault(variable.to_owned(), error);
        }
    }
    limits
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
