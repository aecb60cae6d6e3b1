//! What an upload may be at most. Every refusal names the figure.

/// Bytes of an archive.
pub const ARCHIVE: u64 = 64 << 20;
/// Bytes of all its files unpacked.
pub const UNPACKED: u64 = 512 << 20;
/// Files and folders in an archive.
pub const ENTRIES: usize = 10_000;
/// Bytes of a path inside an archive.
pub const PATH: usize = 1_024;
/// Folders on the way to a file, itself included.
pub const DEPTH: usize = 32;
/// Bytes of `MLproject` and of an environment file.
pub const MANIFEST: u64 = 256 << 10;
/// Parameters of one entry point.
pub const PARAMETERS: usize = 256;
/// Levels of nesting in a YAML file.
pub const YAML_DEPTH: usize = 64;
/// Characters of a hyperparameter's value.
pub const VALUE: usize = 4_096;
/// Bytes of a README that are kept; longer ones are cut there.
pub const README: usize = 512 << 10;
