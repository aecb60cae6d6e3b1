//! Everything of the machine that a job sees. What is not named here does not exist for it.

use std::path::{Path, PathBuf};

use super::enclosure::Bind;
use super::environments;
use super::folder::{Folder, Order};
use crate::engine::Network;

/// Folders that are links into `/usr` on most systems.
pub(super) const ROOT_FOLDERS: [&str; 5] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64"];
/// Where the namespace's own limits are set while the sandbox is built; without capabilities they cannot be changed.
pub(super) const NAMESPACES: &str = "/run/galleria/namespaces";

/// Stands for the folder of the tracking server's socket, which is for the launcher alone.
pub(super) const TRACKING: &str = "(tracking)";

/// Programs and libraries, and of `/etc` what they cannot do without.
const SYSTEM: &str = "/usr /etc/ld.so.cache /etc/localtime /etc/alternatives /etc/mime.types /etc/fonts \
    /etc/ssl/certs /etc/ssl/openssl.cnf /etc/pki/tls/certs /etc/pki/ca-trust/extracted";
const DEVICES: &str = "/dev/null /dev/zero /dev/full /dev/random /dev/urandom";

/// What the sandbox of an attempt is put together from.
pub(super) fn binds(folder: &Folder, order: &Order) -> Vec<Bind> {
    let spec = &order.spec;
    let roots = ROOT_FOLDERS.into_iter().filter(|path| !Path::new(path).is_symlink());
    let names = (spec.network == Network::Host).then_some("/etc/resolv.conf");
    let system = SYSTEM.split_whitespace().chain(roots).chain(names);
    let system = system.filter(|path| Path::new(path).exists());
    let mut binds: Vec<Bind> = system.map(|path| bind(path, path, false)).collect();
    binds.extend(DEVICES.split(' ').map(|path| bind(path, path, true)));
    binds.push(bind("/proc/sys/user", NAMESPACES, true));
    binds.extend(spec.inputs.iter().map(|input| bind(&input.from, &input.at, false)));
    let tracking = spec.tracking.as_deref().and_then(Path::parent);
    binds.extend(tracking.map(|folder| bind(folder, TRACKING, true)));
    for (name, at) in Folder::writable() {
        // An environment is built where jobs will find it: its scripts name their own place.
        let at = if name == "outputs" && order.build.is_some() { environments::PLACE } else { at };
        binds.push(bind(folder.path().join(name), at, true));
    }
    binds
}

fn bind(from: impl Into<PathBuf>, at: &str, writable: bool) -> Bind {
    let (from, at) = (from.into(), at.to_owned());
    Bind { from, at, writable }
}
