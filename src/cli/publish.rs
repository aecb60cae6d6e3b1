use std::path::{Path, PathBuf};

use clap::Args;
use galleria::algorithms::Visibility;
use galleria::blobs::Blobs;
use galleria::config::Config;
use galleria::error::Error;
use galleria::package::{self, Package};
use galleria::releases::{self, Audience};
use galleria::slug::Slug;
use galleria::versions::{self, Proof, Target, Upload};
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
    let package = taken_in(config, &arguments.source)?;
    let name = name_of(&package, &arguments.source)?;
    let proven = config.proof && !arguments.no_proof;
    let audience = arguments.public.then_some(Audience { visibility: Visibility::Public, users: Vec::new() });
    let at = clock::now();
    let published = open(config)?.write(|conn| {
        let publisher = publishers::by_handle(conn, &arguments.publisher)?;
        let proof = if proven { Proof::Due } else { Proof::Exempt };
        let upload = Upload {
            publisher: publisher.id,
            name: Some(&name),
            number: None,
            package: &package,
            notes: None,
            by: None,
            proof,
            target: Target::Either,
        };
        let published = releases::upload(conn, &upload, audience.as_ref(), at)?;
        Ok((format!("{}/{} {}", publisher.handle, published.algorithm.name, published.version.number), published.version.shown))
    });
    let left_out = package.manifest.environment.left_out().join(", ");
    if !left_out.is_empty() {
        eprintln!("galleria: left out, for only conda installs them: {left_out}; what the code needs belongs under `pip:`");
    }
    let (line, _) = published.map_err(|error| said(error, &arguments.publisher))?;
    match (arguments.public, proven) {
        (true, true) => eprintln!("galleria: listed once its proof run has succeeded; a server or worker of this gallery runs it"),
        (true, false) => eprintln!("galleria: listed without a proof run; its page says \"not proven here\""),
        _ => {}
    }
    println!("{line}");
    Ok(())
}

/// Brings the folder or archive into the store, by the same way as an upload through the page.
fn taken_in(config: &Config, source: &Path) -> Result<Package, String> {
    let blobs = Blobs::archives(&config.data_dir);
    let failed = |error: Error| format!("{error} ({error:?})");
    let mut draft = blobs.draft().map_err(failed)?;
    let unread = |error: std::io::Error| format!("{}: {error}", source.display());
    if source.is_dir() {
        package::pack_dir(source, draft.file()).map_err(unread)?;
    } else {
        let mut file = std::fs::File::open(source).map_err(unread)?;
        std::io::copy(&mut std::io::Read::take(&mut file, package::limits::ARCHIVE + 1), &mut draft).map_err(unread)?;
    }
    versions::take_in(&blobs, draft).map_err(failed)?.map_err(|faults| {
        let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
        format!("{} cannot be published:{}", source.display(), lines.concat())
    })
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
