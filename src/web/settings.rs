//! A member's own settings.

pub mod account;
pub mod consents;
pub mod deletion;
pub mod password;
pub mod sessions;
