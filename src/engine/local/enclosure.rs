//! The outer half of the sandbox, in safe system calls: a private view of the machine, prepared while we may still see all of
//! it, from which the inner half (`sandbox`) takes what a job gets.
//!
//! Two halves, because the job's user often cannot even reach the data folder, and because what is made read-only out here is
//! locked for whoever comes after us in a namespace of its own.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};

use super::{loopback, tree};
use crate::engine::Network;

/// Where the private view is put together. Every system has it, and nobody else sees what we mount over it.
const STAGE: &str = "/tmp";
const NOTHING: Option<&str> = None;

/// Something of the machine that the job shall see.
#[derive(Debug, Clone)]
pub(super) struct Bind {
    pub from: PathBuf,
    pub at: String,
    pub writable: bool,
}

/// What [`enclose`] prepared.
pub(super) struct Enclosure {
    /// An empty folder to become the job's `/`.
    pub root: PathBuf,
    /// The binds, each `from` now a place that the job's user can reach.
    pub binds: Vec<Bind>,
}

/// Leaves the machine's mounts, and its network unless it is wanted, for ones of our own, and puts `binds` within reach.
pub(super) fn enclose(binds: Vec<Bind>, network: Network, uid: Option<u32>) -> io::Result<Enclosure> {
    if uid.is_none() {
        own_user_namespace()?;
    }
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(NOTHING, "/", NOTHING, MsFlags::MS_PRIVATE | MsFlags::MS_REC, NOTHING)?;
    if network == Network::None {
        unshare(CloneFlags::CLONE_NEWNET)?;
        loopback::bring_up()?;
    }
    // Opened before anything is mounted: some of them may lie beneath the stage.
    let mut open = Vec::with_capacity(binds.len());
    for bind in binds {
        let file = reach(&bind.from).map_err(|e| named(e, "open", &bind.from))?;
        open.push((bind, file));
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), STAGE, Some("tmpfs"), flags, Some("size=16m,mode=755"))?;
    let binds = open.into_iter().enumerate().map(|(index, (bind, file))| place(index, bind, &file)).collect::<io::Result<_>>()?;
    let root = Path::new(STAGE).join("root");
    DirBuilder::new().mode(0o755).create(&root)?;
    tree::own(&root, uid)?;
    Ok(Enclosure { root, binds })
}

/// An unprivileged user may make the other namespaces only within a user namespace of its own.
fn own_user_namespace() -> io::Result<()> {
    let (uid, gid) = (Uid::current(), Gid::current());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

fn reach(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(path)
}

fn place(index: usize, bind: Bind, file: &File) -> io::Result<Bind> {
    let target = Path::new(STAGE).join(index.to_string());
    if file.metadata()?.is_dir() {
        DirBuilder::new().mode(0o755).create(&target)?;
    } else {
        File::create(&target)?;
    }
    let source = format!("/proc/self/fd/{}", file.as_raw_fd());
    let bound = mount(Some(source.as_str()), &target, NOTHING, MsFlags::MS_BIND | MsFlags::MS_REC, NOTHING);
    bound.map_err(|e| named(e.into(), "bind", &bind.from))?;
    if !bind.writable {
        read_only(&target).map_err(|e| named(e, "protect", &bind.from))?;
    }
    Ok(Bind { from: target, ..bind })
}

/// Remounts without write access. Flags already in force must be repeated, or the kernel refuses.
fn read_only(target: &Path) -> io::Result<()> {
    let in_force = statvfs(target)?.flags();
    let pairs = [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    let kept = pairs.into_iter().filter(|(flag, _)| in_force.contains(*flag)).map(|(_, flag)| flag);
    let flags = kept.fold(MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID, |all, one| all | one);
    Ok(mount(NOTHING, target, NOTHING, flags, NOTHING)?)
}

/// Becomes the job's user for good, and dies with the supervisor from here on.
pub(super) fn step_down(uid: Option<u32>) -> io::Result<()> {
    if let Some(uid) = uid {
        setgroups(&[])?;
        setgid(Gid::from_raw(uid))?;
        setuid(Uid::from_raw(uid))?;
        // A process that changed its user may not write its own uid_map until it says so.
        prctl::set_dumpable(true)?;
    }
    // Changing the user forgets this wish, so it comes last.
    Ok(prctl::set_pdeathsig(Signal::SIGKILL)?)
}

fn named(e: io::Error, doing: &str, path: &Path) -> io::Error {
    io::Error::new(e.kind(), format!("could not {doing} {}: {e}", path.display()))
}
