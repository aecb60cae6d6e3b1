use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use actix_web::cookie::Key;
use rand::RngExt;

/// The key that signs cookies: 64 random bytes in a file only its owner reads, made at first start.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub fn open(path: &Path) -> Result<Key, String> {
    let say = |error: &dyn std::fmt::Display| format!("the secret key file {}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| say(&error))?;
    }
    let mut fresh = [0_u8; 64];
    rand::rng().fill(&mut fresh);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => file.write_all(&fresh).and_then(|()| file.sync_all()).map_err(|error| say(&error))?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(say(&error)),
    }
    let bytes = fs::read(path).map_err(|error| say(&error))?;
    if bytes.len() < 64 {
        return Err(say(&"has fewer than 64 bytes; remove it and a new one is made (everybody signs in again)"));
    }
    Ok(Key::from(&bytes[..64]))
}
