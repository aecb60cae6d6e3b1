//! The command line: what is asked for, and where it goes. The only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod catalog;
mod config;
mod pace;
mod parcel;
mod publish;
mod roles;
mod send;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use galleria::config::Config;
use galleria::db::Db;

/// A self-hosted gallery of training algorithms with the console that runs them.
///
/// Without a command it serves: web and worker in one process.
#[derive(Parser)]
#[command(name = "galleria", version)]
struct Arguments {
    /// The configuration file; default: galleria.toml if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the gallery and runs training jobs, in one process.
    Serve,
    /// Serves the gallery only; jobs wait for a worker.
    Web,
    /// Runs training jobs only.
    Worker,
    /// Accounts, from a script.
    #[command(subcommand)]
    User(user::Command),
    /// Publishes an algorithm, or a new version of it: straight into the database, or to a server with --server.
    Publish(publish::Arguments),
    /// Writes one version with its proof to a single file, for a gallery without a link to this one.
    Export(parcel::Export),
    /// Publishes what `export` wrote, once its digests are right.
    Import(parcel::Import),
    /// Catalogue entries in bulk.
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Looks after one attempt of a training job; started by the local engine.
    #[command(hide = true)]
    Supervise {
        /// The attempt's folder, and what the engine adds.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What a command ends in: a sentence on standard error, and exit status 1.
type Outcome = Result<(), String>;

/// Runs what the command line asks for. Exit status 0, 1 (failed), 2 (wrong use).
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.as_deref();
    let outcome = match arguments.command {
        None | Some(Command::Serve) => load(file).and_then(roles::serve),
        Some(Command::Web) => load(file).and_then(roles::web),
        Some(Command::Worker) => load(file).and_then(roles::worker),
        Some(Command::User(command)) => load(file).and_then(|config| user::run(&config, command)),
        Some(Command::Publish(arguments)) if arguments.is_remote() => publish::send(&arguments),
        Some(Command::Publish(arguments)) => load(file).and_then(|config| publish::run(&config, &arguments)),
        Some(Command::Export(arguments)) => load(file).and_then(|config| parcel::export(&config, &arguments)),
        Some(Command::Import(arguments)) => load(file).and_then(|config| parcel::import(&config, &arguments)),
        Some(Command::Catalog(command)) => load(file).and_then(|config| catalog::run(&config, &command)),
        Some(Command::Config(command)) => config::run(file, &command),
        Some(Command::Supervise { arguments }) => return galleria::engine::local::supervise(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("galleria: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn load(file: Option<&std::path::Path>) -> Result<Config, String> {
    Config::load(file).map_err(|faults| {
        let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
        format!("the configuration is not right:{}", lines.concat())
    })
}

/// The database of this configuration, for a command that does one thing.
fn open(config: &Config) -> Result<Db, String> {
    Db::open(&config.database, 2)
}
