//! Passwords: what is allowed, and argon2id. Hashing takes some 40 ms of a core on purpose: never on an async thread.

use std::collections::HashSet;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::RngExt;

use crate::error::{Error, Result};

/// From Django's list (BSD-3-Clause), those of eight characters and more.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// Hash of a password that nobody has, so that an unknown user costs as much time as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&random()).unwrap_or_default());

/// Checks a password that somebody wants to set.
///
/// # Errors
/// The sentence to show beside the field.
pub fn check(password: &str) -> Result<(), &'static str> {
    match password.chars().count() {
        0..8 => Err("Use at least 8 characters."),
        1025.. => Err("Use at most 1,024 characters."),
        _ if COMMON.contains(password.to_lowercase().as_str()) => Err("This is one of the most common passwords. Please choose another."),
        _ => Ok(()),
    }
}

/// argon2id with 19 MiB, 2 passes, 1 lane, and a salt of its own.
///
/// # Errors
/// Only when the machine cannot give random bytes or memory.
pub fn hash(password: &str) -> Result<String> {
    let mut salt = [0_u8; 16];
    rand::rng().fill(&mut salt);
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.map(|hash: PasswordHash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
}

/// Whether `password` is the one behind `hash`. With `None` it takes the same time and is false.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    let parsed = PasswordHash::new(hash.unwrap_or(&NOBODY));
    parsed.is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()) && known
}

/// A password nobody can guess: 128 bits, 22 characters.
pub fn random() -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 16];
    rand::rng().fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_common_ones_are_refused_and_long_ones_are_not_cut() {
        assert!(check("seven77").is_err());
        assert!(check("Password1").is_err());
        let long = "x".repeat(64);
        assert!(check(&long).is_ok());
        let hash = hash(&long).unwrap();
        assert!(verify(&long, Some(&hash)));
        assert!(!verify(&"x".repeat(63), Some(&hash)));
        assert!(!verify(&long, None));
    }
}
