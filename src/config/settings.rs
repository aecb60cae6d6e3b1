use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use super::file::{File, Table, Value};
use super::{Address, Config, Fault, Note, Region, index, limits, region_table};

/// `https://gallery.example` : where people reach this gallery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Secure cookies and HSTS are on.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let origin = text.trim_end_matches('/');
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(['/', ' ', '@', '?', '#']) => Ok(Self(origin.to_owned())),
            _ => Err(format!("`{text}` is not an address such as https://gallery.example")),
        }
    }
}

/// Keys of the file's top level; each but the tables is also an environment variable.
const KEYS: [(&str, &str); 11] = [
    ("database_url", "DATABASE_URL"),
    ("listen", "GALLERIA_LISTEN"),
    ("base_url", "GALLERIA_BASE_URL"),
    ("data_dir", "GALLERIA_DATA_DIR"),
    ("admin_password", "GALLERIA_ADMIN_PASSWORD"),
    ("registration", "GALLERIA_REGISTRATION"),
    ("starter", "GALLERIA_STARTER"),
    ("secret_key_file", "GALLERIA_SECRET_KEY_FILE"),
    ("uv", "GALLERIA_UV"),
    ("proof", "GALLERIA_PROOF"),
    ("store", "GALLERIA_STORE"),
];
const TABLES: [&str; 5] = ["limits", "region", "note", "currency", "trusted_proxies"];

/// Builds the configuration, collecting every fault on the way.
pub(super) fn read(file: &File, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Vec<Fault>> {
    let mut reader = Reader { file, env, faults: Vec::new() };
    reader.refuse_unknown(&file.top, |key| KEYS.iter().any(|(known, _)| *known == key) || TABLES.contains(&key), "");
    let config = reader.config();
    if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
}

/// A setting's text and where it was written.
pub(super) struct Written {
    pub(super) place: String,
    pub(super) text: String,
}

pub(super) struct Reader<'a> {
    pub(super) file: &'a File,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) faults: Vec<Fault>,
}

impl Reader<'_> {
    fn config(&mut self) -> Config {
        let listen = self.parsed("listen").unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
        let data_dir = self.path("data_dir").unwrap_or_else(|| PathBuf::from("data"));
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        let database = self.parsed("database_url").unwrap_or_else(|| Address::Sqlite(PathBuf::from("data/galleria.db")));
        Config {
            base_url: self.base_url(listen),
            secret_key_file: self.path("secret_key_file").unwrap_or_else(|| data_dir.join("secret.key")),
            store: self.parsed("store"),
            admin_password: self.written("admin_password").map(|written| written.text),
            registration_open: self.one_of("registration", &[("open", true), ("closed", false)]).unwrap_or(true),
            starter: self.one_of("starter", &[("true", true), ("false", false)]).unwrap_or(true),
            proof: self.one_of("proof", &[("on", true), ("off", false)]).unwrap_or(true),
            limits: limits::read(self),
            uv: self.path("uv").unwrap_or_else(|| PathBuf::from("uv")),
            package_index: index::variables(self.env),
            trusted_proxies: self.trusted_proxies(),
            currency: self.currency(),
            regions: self.regions(),
            note: self.note(),
            database,
            listen,
            data_dir,
        }
    }

    /// The environment's word, else the file's.
    pub(super) fn written(&self, key: &str) -> Option<Written> {
        let variable = KEYS.iter().find(|(known, _)| *known == key).map(|(_, variable)| *variable);
        if let Some((variable, text)) = variable.and_then(|name| (self.env)(name).map(|text| (name, text))) {
            return Some(Written { place: variable.to_owned(), text });
        }
        match self.file.top.entries.get(key) {
            Some((line, Value::Scalar(text))) => Some(Written { place: self.file.place(*line), text: text.clone() }),
            _ => None,
        }
    }

    pub(super) fn fault(&mut self, place: String, message: impl Into<String>) {
        self.faults.push(Fault { place, message: message.into() });
    }

    fn parsed<T: FromStr>(&mut self, key: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        let written = self.written(key)?;
        match written.text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(written.place, format!("{key}: {error}"));
                None
            }
        }
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.written(key).map(|written| PathBuf::from(written.text))
    }

    fn one_of<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let written = self.written(key)?;
        let found = choices.iter().find(|(word, _)| *word == written.text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.fault(written.place, format!("{key}: `{}` is not {}", written.text, words.join(" or ")));
        }
        found
    }

    /// Listening on more than loopback needs an address that people are known to use: links and the
    /// cross-site check depend on it.
    fn base_url(&mut self, listen: SocketAddr) -> Origin {
        if let Some(origin) = self.parsed("base_url") {
            return origin;
        }
        if !listen.ip().is_loopback() {
            let place = self.written("listen").map_or_else(String::new, |written| written.place);
            self.fault(
                place,
                format!("listening on {listen}, beyond this machine, needs base_url (GALLERIA_BASE_URL), such as https://gallery.example"),
            );
        }
        Origin(format!("http://{listen}"))
    }

    fn trusted_proxies(&mut self) -> Vec<IpAddr> {
        let Some((line, value)) = self.file.top.entries.get("trusted_proxies").cloned() else { return Vec::new() };
        let place = self.file.place(line);
        let Value::List(items) = value else {
            self.fault(place, "trusted_proxies is a list of addresses");
            return Vec::new();
        };
        let mut addresses = Vec::new();
        for item in items {
            match item {
                Value::Scalar(text) if text.parse::<IpAddr>().is_ok() => addresses.extend(text.parse::<IpAddr>()),
                other => self.fault(place.clone(), format!("{other:?} is not an IP address")),
            }
        }
        addresses
    }

    fn currency(&mut self) -> String {
        let Some(written) = self.written("currency") else { return "USD".into() };
        if written.text.len() != 3 || !written.text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.fault(written.place, format!("`{}` is not a currency code such as USD", written.text));
        }
        written.text
    }

    fn regions(&mut self) -> Vec<Region> {
        let Some((line, value)) = self.file.top.entries.get("region").cloned() else { return vec![Region::this_machine()] };
        let Value::List(tables) = value else {
            self.fault(self.file.place(line), "regions are written as [[region]]");
            return Vec::new();
        };
        let mut seen = BTreeMap::new();
        let mut regions = Vec::new();
        for table in tables {
            let Value::Table(table) = table else { continue };
            let region = region_table::read(self, &table);
            if seen.insert(region.id.clone(), ()).is_some() {
                self.fault(self.file.place(table.line), format!("the region `{}` is there twice", region.id));
            }
            regions.push(region);
        }
        regions
    }

    fn note(&mut self) -> Note {
        let mut note = Note::default();
        let Some((_, Value::Table(table))) = self.file.top.entries.get("note").cloned() else { return note };
        self.refuse_unknown(&table, |key| ["risk", "agreement"].contains(&key), "[note] ");
        for (key, text) in [("risk", &mut note.risk), ("agreement", &mut note.agreement)] {
            let Some((line, Value::Scalar(path))) = table.entries.get(key) else { continue };
            match std::fs::read_to_string(self.file.folder.join(path)) {
                Ok(body) => *text = body,
                Err(error) => self.fault(self.file.place(*line), format!("{path} cannot be read: {error}")),
            }
        }
        note
    }

    pub(super) fn refuse_unknown(&mut self, table: &Table, known: impl Fn(&str) -> bool, within: &str) {
        for (key, (line, _)) in &table.entries {
            if !known(key) {
                self.fault(self.file.place(*line), format!("{within}there is no key `{key}`"));
            }
        }
    }
}
