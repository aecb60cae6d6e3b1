use std::io::Read;

use clap::Subcommand;
use galleria::config::Config;
use galleria::error::Error;
use galleria::slug::Slug;
use galleria::users::{self, NewUser, password};
use galleria::{clock, publishers};

use super::{Outcome, open};

/// `galleria user …`
#[derive(Subcommand)]
pub enum Command {
    /// Opens an account.
    Add {
        /// In addresses; cannot be changed.
        handle: String,
        /// For logging in.
        #[arg(long)]
        email: String,
        /// With the operator's rights.
        #[arg(long)]
        admin: bool,
        /// Reads the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Resets a password; ends their sessions and tokens.
    Password {
        /// Whose.
        handle: String,
        /// Reads the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Marks a publisher as released by this gallery's operator.
    Official {
        /// Of a person or an organisation.
        handle: String,
        /// Takes the mark back.
        #[arg(long)]
        revoke: bool,
    },
}

/// Runs `galleria user …`.
pub fn run(config: &Config, command: Command) -> Outcome {
    match command {
        Command::Add { handle, email, admin, .. } => add(config, &handle, &email, admin),
        Command::Password { handle, .. } => reset(config, &handle),
        Command::Official { handle, revoke } => official(config, &handle, !revoke),
    }
}

fn add(config: &Config, handle: &str, email: &str, admin: bool) -> Outcome {
    let handle: Slug = handle.parse().map_err(|error| format!("{handle}: {error}"))?;
    let email = email.trim().to_lowercase();
    if !users::is_email(&email) {
        return Err(format!("`{email}` is not an e-mail address"));
    }
    let password_hash = hashed()?;
    let new = NewUser { handle, email, password_hash, admin };
    let user = open(config)?.write(|conn| users::register(conn, &new, clock::now())).map_err(|error| error.to_string())?;
    println!("{}", user.handle);
    Ok(())
}

fn reset(config: &Config, handle: &str) -> Outcome {
    let hash = hashed()?;
    let reset = open(config)?.write(|conn| {
        let user = users::by_handle(conn, handle)?;
        users::set_password(conn, user.id, &hash)
    });
    reset.map_err(|error| not_found(error, handle))
}

fn official(config: &Config, handle: &str, official: bool) -> Outcome {
    let publisher = open(config)?.write(|conn| publishers::set_official(conn, handle, official));
    let publisher = publisher.map_err(|error| not_found(error, handle))?;
    println!("{} is {}official", publisher.handle, if publisher.official { "" } else { "not " });
    Ok(())
}

fn not_found(error: Error, handle: &str) -> String {
    match error {
        Error::NotFound => format!("there is no account or publisher `{handle}`"),
        other => format!("{other} ({other:?})"),
    }
}

/// The password on standard input, without its line end, checked and hashed.
fn hashed() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("cannot read the password: {error}"))?;
    let password = text.trim_end_matches(['\r', '\n']);
    password::check(password)?;
    password::hash(password).map_err(|error| error.to_string())
}
