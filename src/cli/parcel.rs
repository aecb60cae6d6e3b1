use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use galleria::algorithms::Visibility;
use galleria::blobs::Blobs;
use galleria::clock;
use galleria::config::Config;
use galleria::error::Error;
use galleria::releases::{self, Audience};

use super::{Outcome, open};

/// `galleria export …`
#[derive(Args)]
pub struct Export {
    /// The algorithm, as in publisher/name.
    #[arg(value_name = "PUBLISHER/NAME")]
    algorithm: String,
    /// The version's number.
    #[arg(value_name = "VERSION")]
    version: String,
    /// The file to write; default: NAME-VERSION.galleria.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `galleria import …`
#[derive(Args)]
pub struct Import {
    /// A file that `galleria export` wrote.
    file: PathBuf,
    /// Handle of whose it is to be here; default: as where it came from.
    #[arg(long = "as", value_name = "HANDLE")]
    publisher: Option<String>,
    /// Lists it for everybody, as not proven here.
    #[arg(long)]
    public: bool,
}

/// Writes one version with its proof to a file, and prints its name.
pub fn export(config: &Config, arguments: &Export) -> Outcome {
    let (publisher, name) = arguments.algorithm.split_once('/').ok_or("name the algorithm as publisher/name")?;
    let file = arguments.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}-{}.galleria", arguments.version)));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let mut out = tempfile::NamedTempFile::new_in(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let blobs = Blobs::archives(&config.data_dir).behind(config.store.as_ref());
    let exported = open(config)?.read(|conn| releases::export(conn, &blobs, (publisher, name, &arguments.version), &mut out));
    exported.map_err(|error| match error {
        Error::NotFound => format!("there is no version {} of {}", arguments.version, arguments.algorithm),
        other => format!("{other} ({other:?})"),
    })?;
    out.persist(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}

/// Publishes what `export` wrote and prints `publisher/name version`.
pub fn import(config: &Config, arguments: &Import) -> Outcome {
    let refused = |sentence: String| format!("{} cannot be imported: {sentence}", arguments.file.display());
    let mut file = File::open(&arguments.file).map_err(|error| format!("{}: {error}", arguments.file.display()))?;
    let parcel = releases::open_parcel(&mut file).map_err(refused)?;
    let package = parcel.take_in(&Blobs::archives(&config.data_dir).behind(config.store.as_ref())).map_err(refused)?;
    let publisher = arguments.publisher.as_ref().unwrap_or(&parcel.label.publisher);
    let audience = arguments.public.then_some(Audience { visibility: Visibility::Public, users: Vec::new() });
    let at = clock::now();
    let imported = open(config)?.write(|conn| releases::import(conn, (&parcel.label, &package), publisher, audience.as_ref(), at));
    let published = imported.map_err(|error| match error {
        Error::NotFound => format!("there is no publisher `{publisher}`; say --as HANDLE"),
        other => format!("{other} ({other:?})"),
    })?;
    println!("{publisher}/{} {}", published.algorithm.name, published.version.number);
    Ok(())
}
