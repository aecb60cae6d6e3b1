//! The process that watches over one attempt. It outlives the server, and an attempt is never run twice.
//!
//! `supervise DIR` starts itself again as `supervise DIR run` and ends at once, so that the supervisor is nobody's child and
//! leaves no zombie; `run` starts `supervise DIR launch`, which builds the sandbox around itself. All are this same program,
//! reached through `/proc/self/exe`: an upgrade may replace the file meanwhile.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write, pipe};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Uid, setsid};

use super::folder::{Exit, Folder, Order, Watcher, private_folder};
use super::system_log::SystemLog;
use super::watch::Watch;
use super::{sandbox, tree};
use crate::engine::Cause;

/// The hidden subcommand: `args` is everything after its name. Call it before any thread is started.
pub fn supervise(args: &[OsString]) -> ExitCode {
    let step = args.get(1).and_then(|step| step.to_str());
    let done = match (args.first(), step) {
        (Some(folder), None) => detach(Path::new(folder), args.len()),
        (Some(folder), Some("run")) => run(&Folder::new(folder.into()), args.len()),
        (Some(folder), Some("launch")) => sandbox::launch(&Folder::new(folder.into())),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// This program, called as it was but for the last `args` arguments, in an empty environment.
pub(super) fn again(args: usize) -> Command {
    let mut ours: Vec<OsString> = env::args_os().skip(1).collect();
    ours.truncate(ours.len().saturating_sub(args));
    let mut command = Command::new("/proc/self/exe");
    command.args(ours).env_clear().current_dir("/").stdin(Stdio::null());
    command
}

/// Starts the supervisor, and ends when it has its record: one that dies before leaves no doubt that nothing has run.
fn detach(folder: &Path, args: usize) -> io::Result<()> {
    let errors = File::options().create(true).append(true).open(folder.join("supervisor.log"))?;
    let mut command = again(args);
    let (mut word, theirs) = pipe()?;
    command.arg(folder).arg("run").stdout(theirs).stderr(errors);
    command.spawn()?;
    // It holds the other end too; kept, the end of a supervisor without a word would never be seen.
    drop(command);
    word.read_exact(&mut [0; 1])
}

/// Tells whoever started us that the attempt has its supervisor; they may be gone by now.
fn tell() {
    io::stdout().write_all(b"\n").ok();
}

fn run(folder: &Folder, args: usize) -> io::Result<()> {
    setsid()?;
    let Some(_lock) = folder.lock()? else {
        tell();
        return Ok(());
    };
    if folder.watcher()?.is_some() {
        // Somebody has run it before, perhaps only in part: then it is lost, and a retry is a new attempt.
        tell();
        return Ok(());
    }
    folder.set_watcher(&Watcher::me()?)?;
    tell();
    // Before any thread starts, so that all of them inherit it and only one waits for it.
    let mut terminate = SigSet::empty();
    terminate.add(Signal::SIGTERM);
    terminate.thread_block()?;
    // What the sandbox leaves behind when it is killed becomes our child, and can be waited for.
    prctl::set_child_subreaper(true)?;

    let said = SystemLog::open(folder)?;
    let order = folder.order()?;
    let run = || match prepare(folder, &order).and_then(|()| Watch::start(folder, args, terminate)) {
        Ok(watch) => watch.until_the_end(&said),
        Err(e) => Ok(Exit::never_ran(&e)),
    };
    let exit = match &order.build {
        Some(build) => build.make(folder, run)?,
        None => run()?,
    };
    said.say(&sentence(&exit));
    folder.set_exit(&exit)
}

/// Fills the work folder and gives the job's folders to the job's user.
fn prepare(folder: &Folder, order: &Order) -> io::Result<()> {
    let uid = Uid::current().is_root().then_some(order.uid);
    for (name, _) in Folder::writable() {
        let path = folder.path().join(name);
        private_folder(&path)?;
        tree::own(&path, uid)?;
    }
    let work = folder.path().join("work");
    match &order.build {
        Some(build) => build.write(&work, uid),
        None => tree::copy(&order.code, &work, uid),
    }
}

fn sentence(exit: &Exit) -> String {
    let code = exit.code;
    match &exit.cause {
        Cause::Exited => format!("The command ended with exit code {code}."),
        Cause::Signalled(signal) => format!("Signal {signal} ended the command."),
        Cause::TimeLimit => format!("The time limit ended the command; exit code {code}."),
        Cause::Stopped => format!("The command was stopped on request; exit code {code}."),
        Cause::OutOfMemory => {
            format!("The command needed more memory than it may have; exit code {code}.")
        }
        Cause::DiskLimit => {
            format!("The files of the job took more room than they may; exit code {code}.")
        }
        Cause::OutputLimit => {
            format!("The outputs took more room than they may; exit code {code}.")
        }
        Cause::SandboxFailed(why) => format!("The command could not be started: {why}"),
    }
}
