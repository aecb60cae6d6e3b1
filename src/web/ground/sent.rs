use crate::jobs::Typed;

/// What a form or an address says of a job to be made.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// `publisher/name`.
    pub algorithm: String,
    /// Its number; empty: the newest.
    pub version: String,
    /// The rest.
    pub typed: Typed,
}

impl Sent {
    /// Reads pairs by the names of the contract; anything else is ignored. The last of a repeated name counts, but for the
    /// rows of environment variables.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (field, value) in pairs {
            let typed = &mut sent.typed;
            let place = match field.as_str() {
                "algorithm" => &mut sent.algorithm,
                "version" => &mut sent.version,
                "launch_id" => &mut typed.launch_id,
                "name" => &mut typed.name,
                "description" => &mut typed.description,
                "entry_point" => &mut typed.entry_point,
                "flavor" => &mut typed.flavor,
                "nodes" => &mut typed.nodes,
                "retries" => &mut typed.retries,
                "stop_after" => &mut typed.stop_after,
                "env_name" => {
                    names.push(value);
                    continue;
                }
                "env_value" => {
                    values.push(value);
                    continue;
                }
                _ => {
                    sent.more(&field, value);
                    continue;
                }
            };
            *place = value;
        }
        values.resize(names.len().max(values.len()), String::new());
        names.resize(values.len(), String::new());
        let rows = names.into_iter().zip(values).filter(|(name, value)| !(name.is_empty() && value.is_empty()));
        sent.typed.environment.extend(rows);
        sent
    }

    /// `param.NAME`, `input.NAME` and `env.NAME`.
    fn more(&mut self, field: &str, value: String) {
        match field.split_once('.') {
            Some(("param", name)) => drop(self.typed.values.insert(name.to_owned(), value)),
            // No dataset chosen: the algorithm's own sample.
            Some(("input", _)) if value.trim().is_empty() => {}
            Some(("input", name)) => drop(self.typed.inputs.insert(name.to_owned(), value)),
            Some(("env", name)) => self.typed.environment.push((name.to_owned(), value)),
            _ => {}
        }
    }
}

/// Milliseconds as one would type them: `2h`, `30m`, `90s`.
pub fn duration(ms: i64) -> String {
    let seconds = ms / 1000;
    match seconds {
        _ if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        _ if seconds % 60 == 0 => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_names_are_read() {
        let pairs = [
            ("name", "a"),
            ("param.l1-ratio.x", "2"),
            ("input.train", ""),
            ("input.test", "t.csv"),
            ("env.A", "1"),
            ("env_name", "B"),
            ("env_value", "2"),
            ("role", "admin"),
        ];
        let sent = Sent::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        assert_eq!(sent.typed.values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(), ["l1-ratio.x=2"]);
        assert_eq!(sent.typed.inputs["test"], "t.csv");
        assert_eq!(sent.typed.environment, [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())]);
        assert_eq!([7_200_000, 1_800_000, 90_000].map(duration), ["2h", "30m", "90s"]);
    }
}
