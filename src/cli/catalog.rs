use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Subcommand;
use galleria::config::Config;
use galleria::db::Db;
use galleria::entries::{self, Entry, Lines, Outcome};
use galleria::error::Error;
use galleria::{audit, catalogue, clock};
use indicatif::{ProgressBar, ProgressStyle};

use super::open;
use super::pace::Pace;

/// Entries of one transaction: short enough for whoever else wants to write meanwhile.
const BATCH: usize = 1_000;
/// Bytes of their lines, whatever their number.
const BATCH_BYTES: usize = 8 << 20;
/// How often a batch is tried again that met somebody else's write.
const TRIES: usize = 5;
/// How often servers that are behind are asked again how far they have come.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// For standard input and output.
const STANDARD: &str = "-";

/// `galleria catalog …`
#[derive(Subcommand)]
pub enum Command {
    /// Puts entries into the catalogue, one JSON object a line.
    ///
    /// Needed are `publisher` and `name`, both as in addresses (a-z, 0-9 and -). Known are also `title`, `summary`, `description`,
    /// `task`, `framework`, `license`, `open_source`, `subscribers`, `likes`, `updated_at`, and `versions`, a list of {version,
    /// constraints, parameters}; other fields are passed over. `catalog export` writes the same.
    ///
    /// An entry is public and listed, and has no code here: it is found, read and subscribed to, and no training job can run it.
    /// A publisher that is not there is made, as an organisation that nobody acts for; nobody becomes official,
    /// and nothing is added to what an official publisher has released.
    ///
    /// The same file twice changes nothing, and a run that was interrupted is simply started again. A line that says something
    /// else changes its entry; of one publisher and name the last line counts. An algorithm that was published here with its code
    /// stays as it is. `subscribers` and `likes` are those of elsewhere: whoever subscribes here is added to them. A version that
    /// a later line does not have is withdrawn.
    ///
    /// Each line that cannot be read is reported with its number on standard error, and the others are imported; the exit
    /// status is 1 then.
    Import {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
    /// Writes everything that visitors see of the catalogue, one JSON object a line, as `catalog import` reads it.
    ///
    /// Versions that can be picked, without their code; of one published here, the hyperparameters of its default entry point.
    Export {
        /// The file; `-`, as without one, is standard output.
        #[arg(default_value = STANDARD)]
        file: PathBuf,
    },
}

/// Runs `galleria catalog …`.
pub fn run(config: &Config, command: &Command) -> Result<(), String> {
    match command {
        Command::Import { file } => import(config, file),
        Command::Export { file } => export(config, file),
    }
}

fn import(config: &Config, path: &Path) -> Result<(), String> {
    let (file, bytes): (Box<dyn BufRead>, Option<u64>) = if path == Path::new(STANDARD) {
        (Box::new(std::io::stdin().lock()), None)
    } else {
        let file = File::open(path).map_err(|error| at(path, error))?;
        let bytes = file.metadata().map_err(|error| at(path, error))?.len();
        (Box::new(BufReader::with_capacity(1 << 18, file)), Some(bytes))
    };
    let mut import = Import {
        db: open(config)?,
        batch: Vec::new(),
        bytes: 0,
        numbers: Vec::new(),
        places: HashMap::new(),
        tally: Tally::default(),
        pace: Pace::default(),
        progress: progress(bytes),
    };
    let read = import.run(&mut Lines::new(file), path);
    import.progress.finish_and_clear();
    let tally = &import.tally;
    println!("{}", tally.sentence());
    read?;
    let counted =
        import.db.write(|conn| audit::record(conn, None, "catalogue imported", &path.display().to_string(), &tally.sentence(), clock::now()));
    counted.map_err(said)?;
    match tally.bad {
        0 => Ok(()),
        1 => Err("1 line was not imported".to_owned()),
        bad => Err(format!("{bad} lines were not imported")),
    }
}

/// A file on its way into the database.
struct Import {
    db: Db,
    batch: Vec<Entry>,
    /// Of the lines read since the last batch.
    bytes: usize,
    /// The lines of its entries.
    numbers: Vec<u64>,
    /// Where in the batch the entry of a publisher and name is.
    places: HashMap<(String, String), usize>,
    tally: Tally,
    pace: Pace,
    progress: ProgressBar,
}

/// How many lines became what.
#[derive(Default)]
struct Tally {
    lines: u64,
    /// Another line of the same batch says it otherwise.
    again: u64,
    bad: u64,
    outcome: Outcome,
}

impl Import {
    fn run(&mut self, lines: &mut Lines<Box<dyn BufRead>>, path: &Path) -> Result<(), String> {
        while let Some(line) = lines.next_line().map_err(|error| at(path, error))? {
            self.tally.lines += 1;
            self.bytes += line.text.as_ref().map_or(0, |text| text.len());
            match line.text.and_then(Entry::read) {
                Ok(entry) => self.take(line.number, entry),
                Err(reason) => self.refuse(line.number, &reason),
            }
            if self.batch.len() == BATCH || self.bytes >= BATCH_BYTES {
                self.put()?;
                self.progress.set_position(lines.read());
                self.wait_for_servers()?;
                self.progress.set_message(format!("{} lines", self.tally.lines));
            }
        }
        self.put()
    }

    fn refuse(&mut self, number: u64, reason: &str) {
        self.tally.bad += 1;
        self.progress.suspend(|| eprintln!("galleria: line {number}: {reason}"));
    }

    fn take(&mut self, number: u64, entry: Entry) {
        let key = (entry.publisher.to_string(), entry.name.to_string());
        match self.places.get(&key) {
            Some(place) => {
                self.batch[*place] = entry;
                self.numbers[*place] = number;
                self.tally.again += 1;
            }
            None => {
                self.places.insert(key, self.batch.len());
                self.batch.push(entry);
                self.numbers.push(number);
            }
        }
    }

    /// So that what comes in is found soon after the end, and what others write meanwhile soon after they have.
    fn wait_for_servers(&mut self) -> Result<(), String> {
        while self.pace.is_ahead(self.db.read(catalogue::followers).map_err(unfinished)?, Instant::now()) {
            self.progress.set_message(format!("{} lines, waiting for a server's search index", self.tally.lines));
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn put(&mut self) -> Result<(), String> {
        let mut tries = 0;
        let (outcome, sequence) = loop {
            tries += 1;
            match self.db.write(|conn| Ok((entries::put(conn, &self.batch, clock::now())?, catalogue::sequence(conn)?))) {
                Ok(done) => break done,
                Err(Error::Unavailable(_) | Error::Internal(_)) if tries < TRIES => {}
                Err(error) => return Err(unfinished(error)),
            }
        };
        self.pace.announced(sequence, outcome.new + outcome.changed);
        for place in &outcome.refused {
            let reason = format!("publisher: {} is official here, and an import adds nothing to what is", self.batch[*place].publisher);
            self.refuse(self.numbers[*place], &reason);
        }
        self.tally.outcome += outcome;
        self.bytes = 0;
        self.batch.clear();
        self.numbers.clear();
        self.places.clear();
        Ok(())
    }
}

impl Tally {
    fn sentence(&self) -> String {
        let Outcome { new, changed, same, uploaded, .. } = self.outcome;
        let mut parts = vec![format!("{} lines: {new} new, {changed} changed, {same} as they were", self.lines)];
        for (count, words) in [(uploaded, "published here and left alone"), (self.again, "said again by a later line"), (self.bad, "not imported")] {
            if count > 0 {
                parts.push(format!("{count} {words}"));
            }
        }
        parts.join(", ")
    }
}

/// Shown on standard error when that is a terminal.
fn progress(bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(bytes) => (ProgressBar::new(bytes), "{bar:40} {percent}% {msg} {bytes_per_sec}, {eta} to go"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {msg} {bytes_per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn export(config: &Config, path: &Path) -> Result<(), String> {
    let db = open(config)?;
    if path == Path::new(STANDARD) {
        return write(&db, &mut BufWriter::new(std::io::stdout().lock()), path);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut out = tempfile::NamedTempFile::new_in(folder).map_err(|error| at(folder, error))?;
    write(&db, &mut BufWriter::new(&mut out), path)?;
    out.persist(path).map(drop).map_err(|error| at(path, error.error))
}

fn write(db: &Db, out: &mut impl Write, path: &Path) -> Result<(), String> {
    let size = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let mut last = Some(0);
    while let Some(after) = last {
        let piece = db.read(|conn| entries::after(conn, after, size)).map_err(said)?;
        for line in &piece.lines {
            serde_json::to_writer(&mut *out, line).map_err(|error| format!("{}: {error}", path.display()))?;
            out.write_all(b"\n").map_err(|error| at(path, error))?;
        }
        last = piece.last;
    }
    out.flush().map_err(|error| at(path, error))
}

fn at(path: &Path, error: std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn unfinished(error: Error) -> String {
    format!("{}; what came before is imported, and the same command goes on", said(error))
}

fn said(error: Error) -> String {
    format!("{error} ({error:?})")
}
