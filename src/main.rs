//! The `galleria` command.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match args.split_first() {
        Some((verb, rest)) if verb == "supervise" => galleria::engine::local::supervise(rest),
        _ => ExitCode::FAILURE,
    }
}
