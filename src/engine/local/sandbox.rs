//! The inner half of the sandbox: what a job sees, and how its first process is started and waited for.
//!
//! Three processes stand between the supervisor and the command, each killed with the one before it: this launcher, the
//! sandbox's keeper in new namespaces (by `hakoniwa`), and the first process of the job's own process namespace. The kernel
//! ends a process namespace with its first process, so nothing outlives the supervisor.

use std::io::{self, BufRead, BufReader, Read, Write, pipe};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use hakoniwa::{Command, Container, MountOptions, Namespace, Rlimit, Runctl};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::SigSet;
use nix::unistd::Uid;

use super::enclosure::{Enclosure, enclose, step_down};
use super::folder::{Folder, Order};
use super::protocol::{Moment, Word};
use super::relay;
use super::view::{NAMESPACES, ROOT_FOLDERS, TRACKING, binds};
use super::{HOME, OUTPUTS, WORK};
use crate::engine::Spec;

/// The first process: starts the command as its child (a first process ignores signals and inherits orphans, which no training
/// script expects), hands it a TERM, and then waits until all that got the TERM has finished with it.
/// Its standard input tells the launcher that the sandbox stands, and since when; the command never sees that.
const FIRST: &str = r#"
echo 500 > /proc/self/oom_score_adj
read -r now rest </proc/uptime
echo "up $now" >&0
stopping=
trap 'stopping=1; kill -TERM -1' TERM
( trap - INT QUIT; exec nice -n 10 bash -c "$1" ) </dev/null &
job=$!
exec </dev/null >/dev/null 2>&1
while :; do
  before=$stopping
  wait "$job"; code=$?
  [ "$before" = "$stopping" ] && break
done
while [ "$stopping" ] && kill -0 -1; do sleep 0.02; done
exit "$code"
"#;

/// Who the job is, inside. Not 0: the capabilities of a namespace's root would stay with it.
const INSIDE: u32 = 1000;

/// Runs the command of the attempt in `folder` and reports on the socket that is our standard input.
pub(super) fn launch(folder: &Folder) -> io::Result<()> {
    // The supervisor holds its TERM back for the one thread that waits for it, and we inherited that.
    SigSet::all().thread_unblock()?;
    let mut channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let outcome = run(folder, &mut channel);
    let word = outcome.unwrap_or_else(|e| Word::Failed(e.to_string()));
    channel.write_all(word.line().as_bytes())
}

fn run(folder: &Folder, channel: &mut UnixStream) -> io::Result<Word> {
    let order = folder.order()?;
    let uid = Uid::current().is_root().then_some(order.uid);
    let mut enclosure = enclose(binds(folder, &order), order.spec.network, uid)?;
    step_down(uid)?;
    // Only now would we die with the supervisor; its answer shows that it had not died before.
    channel.write_all(Word::Ready.line().as_bytes())?;
    if channel.read(&mut [0; 1])? == 0 {
        return Ok(Word::Failed("the supervisor is gone".to_owned()));
    }
    let tracking = tracking(&mut enclosure, &order.spec)?;
    let (up, token) = pipe()?;
    let container = container(&enclosure, &order);
    let mut command = command(&container, &order);
    command.stdin(token);
    let spawned = Moment::now()?;
    let mut child = command.spawn().map_err(io::Error::other)?;
    drop(command);
    if let Some((port, socket)) = tracking {
        relay::serve(port, socket);
    }
    let mut line = String::new();
    BufReader::new(up).read_line(&mut line)?;
    let up = line.strip_prefix("up ").map(|at| began(at, spawned)).transpose()?;
    if let Some(at) = up {
        channel.write_all(Word::Started(child.id(), at).line().as_bytes())?;
    }
    let status = child.wait().map_err(io::Error::other)?;
    match up {
        Some(_) => Ok(Word::Ended(status.code, Moment::now()?)),
        None => Ok(Word::Failed(status.reason)),
    }
}

/// When the first process began, by its own account, as long as that can be.
fn began(told: &str, spawned: Moment) -> io::Result<Moment> {
    Ok(Moment::parse(told.trim_end()).unwrap_or(spawned).clamp(spawned, Moment::now()?))
}

/// The port for the job and the socket behind it, taken out of what the job will see.
fn tracking(enclosure: &mut Enclosure, spec: &Spec) -> io::Result<Option<(TcpListener, PathBuf)>> {
    let found = enclosure.binds.iter().position(|bind| bind.at == TRACKING);
    let folder = found.map(|index| enclosure.binds.remove(index).from);
    let name = spec.tracking.as_deref().and_then(Path::file_name);
    match (folder, name) {
        (Some(folder), Some(name)) => Ok(Some((relay::listen()?, folder.join(name)))),
        _ => Ok(None),
    }
}

/// Holds the link named `python`.
const PROGRAMS: &str = "/run/galleria/bin";

fn container(enclosure: &Enclosure, order: &Order) -> Container {
    let mut container = Container::new();
    container.unshare(Namespace::Ipc).unshare(Namespace::Uts).unshare(Namespace::Cgroup).hostname("job");
    container.uidmap(INSIDE).gidmap(INSIDE).rootdir(&enclosure.root);
    // Flags that the outer half locked are kept, read-only among them.
    container.runctl(Runctl::MountFallback);
    for bind in &enclosure.binds {
        let from = bind.from.to_string_lossy();
        match bind.writable {
            true => container.bindmount_rw(&from, &bind.at),
            false => container.bindmount_ro(&from, &bind.at),
        };
    }
    devices(&mut container, order.spec.memory);
    programs(&mut container, order.python.as_deref());
    etc(&mut container);
    container.file(&format!("{NAMESPACES}/max_user_namespaces"), "0");
    limit(&mut container, &order.spec);
    container
}

fn devices(container: &mut Container, memory: u64) {
    let flags = MountOptions::NOSUID | MountOptions::NODEV;
    let size = Some(format!("mode=1777,size={memory}"));
    container.mount("tmpfs", "/dev/shm", "tmpfs", flags, size);
    container.symlink("/proc/self/fd", "/dev/fd");
    for (fd, name) in ["stdin", "stdout", "stderr"].iter().enumerate() {
        container.symlink(&format!("fd/{fd}"), &format!("/dev/{name}"));
    }
}

fn programs(container: &mut Container, python: Option<&Path>) {
    for path in ROOT_FOLDERS {
        if let Ok(target) = Path::new(path).read_link() {
            container.symlink(&target.to_string_lossy(), path);
        }
    }
    container.dir(PROGRAMS, 0o755);
    if let Some(python) = python {
        container.symlink(&python.to_string_lossy(), &format!("{PROGRAMS}/python"));
    }
}

fn etc(container: &mut Container) {
    container.dir("/etc", 0o755);
    container.file("/etc/passwd", &format!("job:x:{INSIDE}:{INSIDE}::{HOME}:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"));
    container.file("/etc/group", &format!("job:x:{INSIDE}:\nnogroup:x:65534:\n"));
    container.file("/etc/hosts", "127.0.0.1 localhost job\n::1 localhost\n");
    container.file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
}

/// Never the address space: 2 GB of it break `import torch`.
fn limit(container: &mut Container, spec: &Spec) {
    let mut set = |limit: Rlimit, resource: Resource, wanted: u64| {
        // Without privilege a limit can only be lowered.
        let ceiling = getrlimit(resource).map_or(wanted, |(_, hard)| hard);
        let value = wanted.min(ceiling);
        container.setrlimit(limit, value, value);
    };
    set(Rlimit::Core, Resource::RLIMIT_CORE, 0);
    set(Rlimit::Nofile, Resource::RLIMIT_NOFILE, 65_536);
    set(Rlimit::Fsize, Resource::RLIMIT_FSIZE, spec.limits.disk);
    // Counted in the job's own user namespace. Beside the job's there are its first process and the keeper.
    set(Rlimit::Nproc, Resource::RLIMIT_NPROC, spec.limits.processes + 2);
}

fn command(container: &Container, order: &Order) -> Command {
    let spec = &order.spec;
    let mut path = spec.path.clone();
    path.extend([PROGRAMS, "/usr/local/bin", "/usr/bin", "/bin"].map(str::to_owned));
    let mut command = container.command("/bin/bash");
    command.args(["--norc", "--noprofile", "-c", FIRST, "galleria", &spec.command]).current_dir(WORK);
    command.envs([("PATH", path.join(":").as_str()), ("HOME", HOME), ("TMPDIR", "/tmp"), ("LANG", "C.UTF-8"), ("USER", "job")]);
    command.envs([("PYTHONUNBUFFERED", "1"), ("GALLERIA_OUTPUT_DIR", OUTPUTS)]);
    command.envs(&spec.env);
    command
}
