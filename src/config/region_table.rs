use std::ops::RangeInclusive;

use super::file::{Table, Value};
use super::region::{EngineKind, Flavor, Region, disk, price_micros};
use super::settings::{Reader, Written};
use super::size::Size;

/// Words that `/console/…` uses for itself.
const RESERVED: [&str; 3] = ["data", "billing", "jobs"];

/// Reads one `[[region]]`.
pub(super) fn read(reader: &mut Reader<'_>, table: &Table) -> Region {
    reader.refuse_unknown(table, |key| ["id", "name", "engine", "address", "flavor"].contains(&key), "[[region]] ");
    let id = id(reader, table, "a region");
    if RESERVED.contains(&id.as_str()) {
        let place = place(reader, table, "id");
        reader.fault(place, format!("the region id `{id}` is reserved"));
    }
    let engine = match text(reader, table, "engine") {
        Some(written) if written.text == "ray" => EngineKind::Ray,
        Some(written) if written.text != "local" => {
            reader.fault(written.place, format!("`{}` is not an engine; local or ray", written.text));
            EngineKind::Local
        }
        _ => EngineKind::Local,
    };
    let address = parsed(reader, table, "address", &web_address);
    if engine == EngineKind::Ray && !table.entries.contains_key("address") {
        let place = reader.file.place(table.line);
        reader.fault(place, "a ray region needs the address of its jobs API");
    }
    let name = name(reader, table, &id);
    Region { flavors: flavors(reader, table, engine), id, name, engine, address }
}

fn flavors(reader: &mut Reader<'_>, table: &Table, engine: EngineKind) -> Vec<Flavor> {
    match table.entries.get("flavor") {
        Some((_, Value::List(tables))) => {
            let tables = tables.iter().filter_map(|value| if let Value::Table(table) = value { Some(table) } else { None });
            let flavors: Vec<_> = tables.map(|table| flavor(reader, table, engine)).collect();
            for (at, flavor) in flavors.iter().enumerate() {
                if flavors[..at].iter().any(|earlier| earlier.id == flavor.id) {
                    let place = reader.file.place(table.line);
                    reader.fault(place, format!("the flavor `{}` is there twice", flavor.id));
                }
            }
            flavors
        }
        Some((line, _)) => {
            let place = reader.file.place(*line);
            reader.fault(place, "flavors are written as [[region.flavor]]");
            Vec::new()
        }
        None if engine == EngineKind::Local => Region::this_machine().flavors,
        None => Vec::new(),
    }
}

fn flavor(reader: &mut Reader<'_>, table: &Table, engine: EngineKind) -> Flavor {
    let known = ["id", "name", "cpus", "memory", "gpus", "max_nodes", "price_per_hour", "disk"];
    reader.refuse_unknown(table, |key| known.contains(&key), "[[region.flavor]] ");
    let id = id(reader, table, "a flavor");
    // This machine is one node: a job of two would be billed twice and run once.
    let most_nodes = if engine == EngineKind::Local { 1 } else { u32::MAX };
    Flavor {
        name: name(reader, table, &id),
        cpus: number(reader, table, "cpus", 1..=u32::MAX, 1),
        memory: parsed(reader, table, "memory", &memory).unwrap_or_else(|| missing(reader, table, "memory", 0)),
        gpus: number(reader, table, "gpus", 0..=u32::MAX, 0),
        max_nodes: number(reader, table, "max_nodes", 1..=most_nodes, 1),
        price_micros: parsed(reader, table, "price_per_hour", &price_micros).unwrap_or_else(|| missing(reader, table, "price_per_hour", 0)),
        disk: parsed(reader, table, "disk", &size).unwrap_or_else(disk),
        id,
    }
}

fn id(reader: &mut Reader<'_>, table: &Table, whose: &str) -> String {
    let Some(written) = text(reader, table, "id") else { return missing(reader, table, "id", String::new()) };
    let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if written.text.is_empty() || written.text.len() > 40 || !written.text.bytes().all(right) {
        reader.fault(written.place, format!("`{}` cannot be {whose}'s id: use a-z, 0-9 and -", written.text));
    }
    written.text
}

fn name(reader: &mut Reader<'_>, table: &Table, id: &str) -> String {
    let named = |text: &str| if text.trim().is_empty() { Err("`name` is empty".to_owned()) } else { Ok(text.to_owned()) };
    parsed(reader, table, "name", &named).unwrap_or_else(|| id.to_owned())
}

fn number(reader: &mut Reader<'_>, table: &Table, key: &str, range: RangeInclusive<u32>, otherwise: u32) -> u32 {
    let (least, most) = (*range.start(), *range.end());
    let read = |text: &str| match text.parse::<u32>() {
        Ok(number) if range.contains(&number) => Ok(number),
        Ok(_) if most < u32::MAX => Err(format!("{key}: {text} is not possible here, only {least} to {most}")),
        Ok(_) => Err(format!("{key}: must be at least {least}")),
        Err(_) => Err(format!("{key}: `{text}` is not a whole number")),
    };
    parsed(reader, table, key, &read).unwrap_or(otherwise)
}

fn memory(text: &str) -> Result<u64, String> {
    match size(text)? {
        0..1_048_576 => Err(format!("memory: {text} is too little for any program")),
        bytes => Ok(bytes),
    }
}

fn web_address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let right = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace));
    right.then(|| text.to_owned()).ok_or_else(|| format!("address: `{text}` is not of the form http://HOST:PORT"))
}

fn parsed<T>(reader: &mut Reader<'_>, table: &Table, key: &str, read: &dyn Fn(&str) -> Result<T, String>) -> Option<T> {
    let written = text(reader, table, key)?;
    read(&written.text).map_err(|error| reader.fault(written.place, error)).ok()
}

/// Says that `key` is missing, unless it is there and already found wrong.
fn missing<T>(reader: &mut Reader<'_>, table: &Table, key: &str, stand_in: T) -> T {
    if !table.entries.contains_key(key) {
        let place = reader.file.place(table.line);
        reader.fault(place, format!("`{key}` is missing"));
    }
    stand_in
}

fn text(reader: &Reader<'_>, table: &Table, key: &str) -> Option<Written> {
    match table.entries.get(key) {
        Some((line, Value::Scalar(text))) => Some(Written { place: reader.file.place(*line), text: text.clone() }),
        _ => None,
    }
}

fn place(reader: &Reader<'_>, table: &Table, key: &str) -> String {
    reader.file.place(table.entries.get(key).map_or(table.line, |(line, _)| *line))
}

fn size(text: &str) -> Result<u64, String> {
    text.parse().map(Size::bytes)
}
