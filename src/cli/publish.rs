use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use galleria::algorithms::Visibility;
use galleria::blobs::Blobs;
use galleria::config::Config;
use galleria::error::Error;
use galleria::package::{self, Archive, Fault, Package};
use galleria::releases::{self, Audience};
use galleria::slug::Slug;
use galleria::versions::{self, Number, Proof, Target, Upload};
use galleria::{clock, publishers};

use super::{Outcome, open, send};

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
    /// Lists it without a proof run; only straight into the database.
    #[arg(long, conflicts_with = "server")]
    no_proof: bool,
    /// Publishes to this server, such as https://gallery.example, instead of into the database.
    #[arg(long, value_name = "URL", requires = "token_file")]
    server: Option<String>,
    /// A file with an API token of the scope `publish`.
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    /// Its name; otherwise the MLproject's, else that of the folder or file.
    #[arg(long, value_name = "NAME")]
    name: Option<Slug>,
    /// The version's number; otherwise 1.0.0, then the next patch.
    #[arg(long, value_name = "X.X.X")]
    number: Option<Number>,
}

impl Arguments {
    /// Whether it goes to a server.
    pub fn is_remote(&self) -> bool {
        self.server.is_some()
    }
}

/// Publishes to a server, which reads and checks everything itself, and prints `publisher/name version`.
pub fn send(arguments: &Arguments) -> Outcome {
    let (Some(server), Some(token_file)) = (&arguments.server, &arguments.token_file) else {
        return Err("--server and --token-file belong together".to_owned());
    };
    let archive = packed(&arguments.source)?;
    let package =
        package::read(Archive::in_file(&archive).map_err(|error| error.to_string())?).map_err(|faults| refused(&arguments.source, &faults))?;
    let name = name_of(&package, arguments)?;
    let visibility = arguments.public.then_some("public");
    let number = arguments.number.map(|number| number.to_string());
    let query = [("visibility", visibility), ("version", number.as_deref())];
    println!("{}", send::archive(server, token_file, &format!("{}/{name}", arguments.publisher), &query, archive)?);
    Ok(())
}

/// The archive, or the folder packed, in a file without a name.
fn packed(source: &Path) -> Result<File, String> {
    let unread = |error: std::io::Error| format!("{}: {error}", source.display());
    if !source.is_dir() {
        return File::open(source).map_err(unread);
    }
    let file = tempfile::tempfile().map_err(unread)?;
    package::pack_dir(source, &file).map_err(unread)?;
    Ok(file)
}

fn refused(source: &Path, faults: &[Fault]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    format!("{} cannot be published:{}", source.display(), lines.concat())
}

/// Publishes into the database of this configuration and prints `publisher/name version`.
pub fn run(config: &Config, arguments: &Arguments) -> Outcome {
    let package = taken_in(config, &arguments.source)?;
    let name = name_of(&package, arguments)?;
    let proven = config.proof && !arguments.no_proof;
    let audience = arguments.public.then_some(Audience { visibility: Visibility::Public, users: Vec::new() });
    let at = clock::now();
    let published = open(config)?.write(|conn| {
        let publisher = publishers::by_handle(conn, &arguments.publisher)?;
        let proof = if proven { Proof::Due } else { Proof::Exempt };
        let upload = Upload {
            publisher: publisher.id,
            name: Some(&name),
            number: arguments.number,
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
    let blobs = Blobs::archives(&config.data_dir).behind(config.store.as_ref());
    let failed = |error: Error| format!("{error} ({error:?})");
    let mut draft = blobs.draft().map_err(failed)?;
    let unread = |error: std::io::Error| format!("{}: {error}", source.display());
    if source.is_dir() {
        package::pack_dir(source, draft.file()).map_err(unread)?;
    } else {
        let mut file = std::fs::File::open(source).map_err(unread)?;
        std::io::copy(&mut std::io::Read::take(&mut file, package::limits::ARCHIVE + 1), &mut draft).map_err(unread)?;
    }
    versions::take_in(&blobs, draft).map_err(failed)?.map_err(|faults| refused(source, &faults))
}

/// The MLproject's name, else that of the folder or file.
fn name_of(package: &Package, arguments: &Arguments) -> Result<Slug, String> {
    if let Some(name) = &arguments.name {
        return Ok(name.clone());
    }
    let name = match &package.manifest.name {
        Some(name) => name.clone(),
        None => file_name(&arguments.source)?,
    };
    let slug = name.to_lowercase().replace([' ', '_', '.'], "-");
    slug.parse().map_err(|sentence| format!("the name `{name}` cannot stand in addresses: {sentence}"))
}

/// As it was given; of `.` and `..` the folder that they are. An archive's is without the ending.
fn file_name(source: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", source.display());
    let path = if source.file_name().is_some() { source.to_owned() } else { source.canonicalize().map_err(failed)? };
    let Some(name) = path.file_name() else { return Err(format!("{} has no name to publish under; please say --name", source.display())) };
    let name = name.to_string_lossy().into_owned();
    let bare = [".zip", ".tar.gz", ".tgz"].iter().find_map(|ending| name.strip_suffix(ending)).filter(|_| !path.is_dir());
    Ok(bare.unwrap_or(&name).to_owned())
}

fn said(error: Error, publisher: &str) -> String {
    match error {
        Error::NotFound => format!("there is no publisher `{publisher}`; `galleria user add` makes an account"),
        other => format!("{other} ({other:?})"),
    }
}
