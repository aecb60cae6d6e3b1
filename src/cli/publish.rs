use std::path::{Path, PathBuf};

use clap::Args;
use galleria::algorithms::{self, Visibility};
use galleria::blobs::Blobs;
use galleria::config::Config;
use galleria::error::Error;
use galleria::package::{self, Fault, Package};
use galleria::slug::Slug;
use galleria::versions::{self, Upload};
use galleria::{clock, publishers};

use super::{Outcome, open};

/// `galleria publish …`
#[derive(Args)]
pub struct Arguments {
    /// A folder with an MLproject file, a .zip or a .tar.gz.
    #[arg(value_name = "DIR_OR_ARCHIVE")]
    source: PathBuf,
    /// Handle of the publisher, a person or an organisation.
    #[arg(long = "as", value_name = "HANDLE")]
    publisher: String,
    /// Lists it for everybody; otherwise a new algorithm is seen by its publisher only.
    #[arg(long)]
    public: bool,
    /// Lists it without a proof run.
    #[arg(long)]
    no_proof: bool,
}

/// Publishes into the database of this configuration and prints `publisher/name version`.
pub fn run(config: &Config, arguments: &Arguments) -> Outcome {
    let uploaded = archive(&arguments.source)?;
    let refused = |faults: Vec<Fault>| {
        let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
        format!("{} cannot be published:{}", arguments.source.display(), lines.concat())
    };
    // What is stored, shown and run is the ZIP, so that there is one reading of it.
    let bytes = package::to_zip(&uploaded).map_err(refused)?;
    let package = package::read(&bytes).map_err(refused)?;
    let name = name_of(&package, &arguments.source)?;
    Blobs::archives(&config.data_dir).put(&bytes).map_err(|error| format!("{error} ({error:?})"))?;
    let at = clock::now();
    let published = open(config)?.write(|conn| {
        let publisher = publishers::by_handle(conn, &arguments.publisher)?;
        let upload = Upload { publisher: publisher.id, name: &name, number: None, package: &package, notes: None, by: None };
        let (algorithm, version) = versions::publish(conn, &upload, at)?;
        if arguments.public {
            algorithms::set_visibility(conn, algorithm.id, Visibility::Public, &[], at)?;
        }
        Ok(format!("{}/{} {}", publisher.handle, algorithm.name, version.number))
    });
    let left_out = package.manifest.environment.left_out().join(", ");
    if !left_out.is_empty() {
        eprintln!("galleria: left out, for only conda installs them: {left_out}; what the code needs belongs under `pip:`");
    }
    if arguments.public && !arguments.no_proof {
        eprintln!("galleria: listed without a proof run; its page says \"not proven here\"");
    }
    println!("{}", published.map_err(|error| said(error, &arguments.publisher))?);
    Ok(())
}

fn archive(source: &Path) -> Result<Vec<u8>, String> {
    let read = if source.is_dir() { package::pack_dir(source) } else { std::fs::read(source) };
    read.map_err(|error| format!("{}: {error}", source.display()))
}

/// The MLproject's name, else that of the folder or file.
fn name_of(package: &Package, source: &Path) -> Result<Slug, String> {
    let stem = source.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = package.manifest.name.clone().or(stem).unwrap_or_default();
    let slug = name.to_lowercase().replace([' ', '_', '.'], "-");
    slug.parse().map_err(|sentence| format!("the name `{name}` cannot stand in addresses: {sentence}"))
}

fn said(error: Error, publisher: &str) -> String {
    match error {
        Error::NotFound => format!("there is no publisher `{publisher}`; `galleria user add` makes an account"),
        other => format!("{other} ({other:?})"),
    }
}
