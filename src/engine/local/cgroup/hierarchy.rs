//! Where in the machine's control groups there is a place for ours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Controller, Part};

/// Version 2: under the group we are in, else beside it, because a group with processes in it cannot have limited children.
pub(super) fn unified(mount: &Path, own: &str, name: &str) -> Option<Part> {
    let own = mount.join(own.lines().find_map(|line| line.strip_prefix("0::/"))?);
    let bases = [Some(own.as_path()), own.parent().filter(|above| above.starts_with(mount))];
    bases.into_iter().flatten().find_map(|base| {
        let control = base.join("cgroup.subtree_control");
        let before = fs::read_to_string(&control).ok()?;
        for controller in ["memory", "cpu", "pids"].into_iter().filter(|name| !before.split_whitespace().any(|c| c == *name)) {
            // Refused where it is not ours to say; what counts is what is in force afterwards.
            fs::write(&control, format!("+{controller}")).ok();
        }
        let in_force = fs::read_to_string(&control).ok()?;
        let in_force: Vec<&str> = in_force.split_whitespace().collect();
        let folder = base.join(name);
        (in_force.contains(&"memory") && make(&folder)).then_some(())?;
        let mut controllers: Vec<Controller> = Controller::ALL.into_iter().filter(|c| in_force.contains(&c.as_str())).collect();
        // Processor time is counted in every group of version 2.
        controllers.push(Controller::Cpuacct);
        Some(Part { controllers, folder, unified: true })
    })
}

/// Version 1: the group we are in where it can be seen, else the controller's top.
pub(super) fn legacy(mount: &Path, own: &str, controller: Controller) -> Option<PathBuf> {
    let top = mount.join(controller.as_str());
    let path = own.lines().find_map(|line| {
        let (names, path) = line.split_once(':')?.1.split_once(':')?;
        names.split(',').any(|name| name == controller.as_str()).then_some(path)
    })?;
    let ours = top.join(path.trim_start_matches('/'));
    [ours, top].into_iter().find(|folder| folder.join("cgroup.procs").exists())
}

pub(super) fn make(folder: &Path) -> bool {
    match fs::create_dir(folder) {
        Ok(()) => true,
        // Left over from an attempt whose supervisor was killed.
        Err(e) => e.kind() == io::ErrorKind::AlreadyExists,
    }
}
