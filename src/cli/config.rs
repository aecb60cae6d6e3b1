use std::path::Path;

use clap::Subcommand;

use super::{Outcome, load};

/// `galleria config …`
#[derive(Subcommand)]
pub enum Command {
    /// Prints the effective configuration with secrets masked, or every fault at once.
    Check,
}

/// Runs `galleria config check`.
pub fn run(file: Option<&Path>, command: &Command) -> Outcome {
    match command {
        Command::Check => print!("{}", load(file)?),
    }
    Ok(())
}
