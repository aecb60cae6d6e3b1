//! The `galleria` command.
fn main() {}
