//! Trees of files: the fresh copy a job works in, and how much room a job takes.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

/// What each entry counts at least, in bytes, so that a million empty files are not free.
const ENTRY: u64 = 4096;
/// Files and folders that are synced one by one.
const FEW: usize = 200;

/// Copies what is in `from` into the existing folder `to`: folders, files with their execute bits, and links as links.
/// Anything else an archive may hold (devices, sockets) is left out. Everything gets the owner `uid`, if one is given.
pub(super) fn copy(from: &Path, to: &Path, uid: Option<u32>) -> io::Result<()> {
    let mut queue = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = queue.pop() {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type()?;
            if kind.is_dir() {
                DirBuilder::new().mode(0o755).create(&target)?;
                queue.push((source, target.clone()));
            } else if kind.is_symlink() {
                symlink(fs::read_link(&source)?, &target)?;
            } else if kind.is_file() {
                copy_file(&source, &target)?;
            } else {
                continue;
            }
            own(&target, uid)?;
        }
    }
    own(to, uid)
}

/// The copy can be written by its owner, whatever the stored one allows.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let executable = fs::metadata(from)?.mode() & 0o111 != 0;
    fs::set_permissions(to, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }))
}

/// Gives a file, or a link itself, to `uid` and the group of the same number.
pub(super) fn own(path: &Path, uid: Option<u32>) -> io::Result<()> {
    match uid {
        Some(uid) => lchown(path, Some(uid), Some(uid)),
        None => Ok(()),
    }
}

/// Bytes on disk of everything below `root`, links not followed. Files that vanish meanwhile are not counted.
///
/// # Errors
/// When a part cannot be looked at although it is there, as one nested deeper than a path can say: then its size is
/// not known and the caller should assume the worst.
pub(super) fn size(root: &Path) -> io::Result<u64> {
    let (mut bytes, mut queue): (u64, Vec<PathBuf>) = (0, vec![root.to_owned()]);
    while let Some(folder) = queue.pop() {
        let Some(entries) = there(fs::read_dir(&folder))? else {
            continue;
        };
        for entry in entries {
            let Some(entry) = there(entry)? else { continue };
            let Some(meta) = there(entry.metadata())? else {
                continue;
            };
            bytes = bytes.saturating_add((meta.blocks() * 512).max(ENTRY));
            if meta.is_dir() {
                queue.push(entry.path());
            }
        }
    }
    Ok(bytes)
}

/// Puts a tree on the disk: entry by entry, unless they are so many that all that anybody wrote to the same disk is the lesser
/// wait. That can be a minute.
pub(super) fn sync(root: &Path) -> io::Result<()> {
    let (mut entries, mut queue) = (vec![root.to_owned()], vec![root.to_owned()]);
    while let Some(folder) = queue.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            queue.extend(kind.is_dir().then(|| entry.path()));
            entries.extend((kind.is_dir() || kind.is_file()).then(|| entry.path()));
        }
        if entries.len() > FEW {
            return Ok(nix::unistd::syncfs(File::open(root)?)?);
        }
    }
    entries.iter().try_for_each(|path| File::open(path)?.sync_all())
}

/// Removes a tree that a job may have made hard to remove. Not there is removed.
pub(super) fn remove(root: &Path) -> io::Result<()> {
    match fs::remove_dir_all(root) {
        Err(e) if e.kind() == ErrorKind::PermissionDenied => unlock(root)?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        done => return done,
    }
    fs::remove_dir_all(root)
}

/// Gives its owner every folder back. The job has ended, so nobody swaps a folder for a link meanwhile.
fn unlock(root: &Path) -> io::Result<()> {
    let mut queue = vec![root.to_owned()];
    while let Some(folder) = queue.pop() {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                queue.push(entry.path());
            }
        }
    }
    Ok(())
}

fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle) => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_links_as_links_and_can_be_written() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(from.path().join("src")).unwrap();
        fs::write(from.path().join("src/run.sh"), "echo").unwrap();
        fs::set_permissions(from.path().join("src/run.sh"), fs::Permissions::from_mode(0o555)).unwrap();
        symlink("/etc/shadow", from.path().join("secret")).unwrap();

        copy(from.path(), to.path(), None).unwrap();

        assert_eq!(fs::read_link(to.path().join("secret")).unwrap(), Path::new("/etc/shadow"));
        assert_eq!(fs::metadata(to.path().join("src/run.sh")).unwrap().mode() & 0o777, 0o755);
    }

    #[test]
    fn size_counts_small_files_and_follows_no_links() {
        let root = tempfile::tempdir().unwrap();
        symlink("/usr", root.path().join("usr")).unwrap();
        fs::write(root.path().join("empty"), "").unwrap();
        assert_eq!(size(root.path()).unwrap(), 2 * ENTRY);
        assert_eq!(size(&root.path().join("gone")).unwrap(), 0);
    }
}
