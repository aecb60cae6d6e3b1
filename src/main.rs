//! The `galleria` command.

mod cli;

use std::process::ExitCode;

/// The system's own keeps what was freed apart for each thread: after some thousand searches and pages of a million algorithms that was
/// a tenth of the server's memory.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::run()
}
