//! A member's own settings.

pub(crate) mod account;
pub(crate) mod consents;
pub(crate) mod deletion;
pub(crate) mod organisations;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod tokens;
