//! What the supervisor listens to, each on a thread of its own, told through one channel.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::SigSet;
use nix::unistd::Pid;

use super::folder::Folder;
use super::processes::{descendants, removed_files};
use super::protocol::Word;
use super::reports::Reports;
use super::system_log::pump;
use super::tree;

/// Something that happened.
pub(super) enum Event {
    Said(Word),
    /// The launcher has ended.
    Gone,
    /// The supervisor itself got a TERM.
    Terminate,
    LogFull,
    /// Bytes on disk; none when they cannot be counted.
    Disk(Option<Room>),
}

pub(super) struct Room {
    pub all: u64,
    pub outputs: u64,
}

pub(super) fn listen(channel: UnixStream, events: Sender<Event>) {
    thread::spawn(move || {
        let words = BufReader::new(channel).lines().map_while(Result::ok);
        for word in words.filter_map(|line| Word::parse(&line)) {
            events.send(Event::Said(word)).ok();
        }
        events.send(Event::Gone).ok();
    });
}

pub(super) fn wait_for(terminate: SigSet, events: Sender<Event>) {
    thread::spawn(move || while terminate.wait().is_ok() && events.send(Event::Terminate).is_ok() {});
}

/// Copies the job's output into its log, and what it reports there into its metrics.
pub(super) fn keep_log(
    job: impl io::Read + Send + 'static,
    mut log: File,
    mut reports: Reports,
    limit: u64,
    events: Sender<Event>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let full = || drop(events.send(Event::LogFull));
        pump(job, &mut log, limit, full, |bytes| reports.hear(bytes)).ok();
        reports.finish();
    })
}

/// Counts what is on disk, again and again, for a tenth of the time at most.
pub(super) fn measure(folder: Folder, events: Sender<Event>) {
    thread::spawn(move || {
        loop {
            let begun = Instant::now();
            if events.send(Event::Disk(room(&folder).ok())).is_err() {
                return;
            }
            thread::sleep((begun.elapsed() * 10).max(Duration::from_millis(500)));
        }
    });
}

fn room(folder: &Folder) -> io::Result<Room> {
    let mut room = Room { all: 0, outputs: tree::size(&folder.outputs())? };
    for (name, _) in Folder::writable() {
        room.all += tree::size(&folder.path().join(name))?;
    }
    // A file that was removed while a process still has it open takes its room all the same.
    room.all += removed_files(&descendants(Pid::this().as_raw()), fs::metadata(folder.path())?.dev());
    Ok(room)
}
