use crate::package::{EntryPoint, Parameter};

/// What became of something.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<T> {
    /// Only the later version has it.
    Added(T),
    /// Only the earlier version has it.
    Removed(T),
    /// It is another one now: before and after.
    Changed(T, T),
}

/// Which of the two versions have an entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Only the later one.
    New,
    /// Only the earlier one.
    Gone,
    /// Both.
    Kept,
}

/// An entry point in which anything differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `main`, usually.
    pub name: String,
    /// Who has it.
    pub standing: Standing,
    /// Its hyperparameters that differ: those of the later version in their order, then those that are gone.
    pub parameters: Vec<Change<Parameter>>,
}

/// The entry points in which anything differs.
pub fn compare(old: &[EntryPoint], new: &[EntryPoint]) -> Vec<Entry> {
    let nothing = EntryPoint::default();
    let of = |all: &[EntryPoint], name: &str| all.iter().find(|entry| entry.name == name).cloned();
    let mut found = Vec::new();
    for entry in new {
        let earlier = of(old, &entry.name);
        let standing = if earlier.is_some() { Standing::Kept } else { Standing::New };
        let parameters = differing(earlier.as_ref().unwrap_or(&nothing), entry);
        found.push(Entry { name: entry.name.clone(), standing, parameters });
    }
    for entry in old.iter().filter(|entry| of(new, &entry.name).is_none()) {
        found.push(Entry { name: entry.name.clone(), standing: Standing::Gone, parameters: differing(entry, &nothing) });
    }
    found.retain(|entry| entry.standing != Standing::Kept || !entry.parameters.is_empty());
    found
}

fn differing(old: &EntryPoint, new: &EntryPoint) -> Vec<Change<Parameter>> {
    let later = new.parameters.iter().filter_map(|parameter| match old.parameter(&parameter.name) {
        None => Some(Change::Added(parameter.clone())),
        Some(earlier) if earlier != parameter => Some(Change::Changed(earlier.clone(), parameter.clone())),
        Some(_) => None,
    });
    let gone = old.parameters.iter().filter(|parameter| new.parameter(&parameter.name).is_none()).cloned().map(Change::Removed);
    later.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, parameters: &[(&str, &str)]) -> EntryPoint {
        let parameter =
            |(name, default): &(&str, &str)| Parameter { name: (*name).to_owned(), default: Some((*default).to_owned()), ..Parameter::default() };
        EntryPoint { name: name.into(), parameters: parameters.iter().map(parameter).collect(), ..EntryPoint::default() }
    }

    #[test]
    fn only_what_differs_is_there() {
        let old = [entry("main", &[("a", "1"), ("b", "2"), ("c", "3")]), entry("score", &[]), entry("same", &[("a", "1")])];
        let new = [entry("main", &[("d", "4"), ("b", "5"), ("a", "1")]), entry("same", &[("a", "1")]), entry("tune", &[("x", "0")])];
        let found = compare(&old, &new);
        let names: Vec<_> = found.iter().map(|entry| (entry.name.as_str(), entry.standing, entry.parameters.len())).collect();
        assert_eq!(names, [("main", Standing::Kept, 3), ("tune", Standing::New, 1), ("score", Standing::Gone, 0)]);
        let kinds: Vec<String> = found[0]
            .parameters
            .iter()
            .map(|change| match change {
                Change::Added(parameter) => format!("+{}", parameter.name),
                Change::Removed(parameter) => format!("-{}", parameter.name),
                Change::Changed(old, new) => format!("{}:{:?}{:?}", old.name, old.default.as_deref(), new.default.as_deref()),
            })
            .collect();
        assert_eq!(kinds, ["+d", "b:Some(\"2\")Some(\"5\")", "-c"]);
    }
}
