use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Fault;

/// The configuration file's tables with the line of every value, so that a fault can name it.
#[derive(Debug)]
pub(super) struct File {
    name: String,
    /// The folder that relative paths of texts start from.
    pub(super) folder: PathBuf,
    pub(super) top: Table,
}

/// One table: its keys in order, each with the line it stands on.
#[derive(Debug, Default, Clone)]
pub(super) struct Table {
    pub(super) line: usize,
    pub(super) entries: BTreeMap<String, (usize, Value)>,
}

/// A value as far as configuration needs it.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Text, a number or a truth value, as written.
    Scalar(String),
    List(Vec<Value>),
    Table(Table),
}

impl File {
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }
}

/// Opens the file that was named, else `galleria.toml` if it is there, else an empty one.
pub(super) fn open(named: Option<PathBuf>) -> Result<File, Vec<Fault>> {
    let path = named.clone().unwrap_or_else(|| PathBuf::from("galleria.toml"));
    let name = path.display().to_string();
    let fault = |line: Option<usize>, message: String| {
        let place = line.map_or_else(|| name.clone(), |line| format!("{name}:{line}"));
        vec![Fault { place, message }]
    };
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(fault(None, format!("cannot be read: {error}"))),
    };
    let lines = Lines::of(&text);
    match DeTable::parse(&text) {
        Ok(root) => Ok(File { top: lines.table(root.get_ref(), 1), name, folder }),
        Err(error) => {
            let line = error.span().map(|span| lines.at(span.start));
            Err(fault(line, format!("is not TOML: {}", error.message())))
        }
    }
}

/// Byte offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    fn table(&self, table: &DeTable<'_>, line: usize) -> Table {
        let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let line = self.at(key.span().start);
            (key.get_ref().to_string(), (line, self.value(value)))
        };
        Table { line, entries: table.iter().map(entry).collect() }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        let line = self.at(value.span().start);
        match value.get_ref() {
            DeValue::String(text) => Value::Scalar(text.to_string()),
            DeValue::Integer(number) => Value::Scalar(number.to_string()),
            DeValue::Float(number) => Value::Scalar(number.to_string()),
            DeValue::Boolean(truth) => Value::Scalar(truth.to_string()),
            DeValue::Datetime(time) => Value::Scalar(time.to_string()),
            DeValue::Array(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table, line)),
        }
    }
}
