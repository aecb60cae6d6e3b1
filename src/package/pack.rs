//! Writes archives: the same files always give the same bytes.

use super::names::is_inside;
use std::fs;
use std::io::{self, Cursor, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Folders and files a publisher has lying about that are no part of an algorithm.
const LEFT_OUT: [&str; 6] = [".git", ".hg", ".venv", "__pycache__", ".ipynb_checkpoints", ".DS_Store"];

/// Packs files, given as path and content, into a ZIP; the order they come in does not matter.
pub fn pack<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> io::Result<Vec<u8>> {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_unstable();
    let mut packer = Packer::new(Cursor::new(Vec::new()));
    for (path, mut content) in files {
        packer.file(path, false, &mut content)?;
    }
    Ok(packer.finish()?.into_inner())
}

/// Packs a folder into a ZIP. Links are an error; version control, caches and virtual environments are left out.
pub fn pack_dir(dir: &Path, out: impl Write + Seek) -> io::Result<()> {
    let mut packer = Packer::new(out);
    let mut files = Vec::new();
    walk(dir, "", &mut files)?;
    files.sort_unstable();
    for path in files {
        let mut file = fs::File::open(dir.join(&path))?;
        let executable = file.metadata()?.permissions().mode() & 0o111 != 0;
        packer.file(&path, executable, &mut file)?;
    }
    packer.finish().map(drop)
}

fn walk(dir: &Path, prefix: &str, files: &mut Vec<String>) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let item = item?;
        let name = item.file_name();
        let Some(name) = name.to_str() else {
            return Err(io::Error::other(format!("{}: its name is not UTF-8", item.path().display())));
        };
        if LEFT_OUT.contains(&name) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = item.file_type()?;
        if kind.is_dir() {
            walk(&item.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            files.push(path);
        } else {
            return Err(io::Error::other(format!("{path} is a link or a device; only regular files and folders are allowed")));
        }
    }
    Ok(())
}

/// A ZIP being written: no times, no owners, mode 644 or 755.
pub(super) struct Packer<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Packer<W> {
    pub(super) fn new(out: W) -> Self {
        Self(ZipWriter::new(out))
    }

    pub(super) fn file(&mut self, path: &str, executable: bool, content: &mut dyn Read) -> io::Result<()> {
        self.0.start_file(named(path)?, options(if executable { 0o755 } else { 0o644 }))?;
        io::copy(content, &mut self.0)?;
        self.0.flush()
    }

    pub(super) fn finish(self) -> io::Result<W> {
        Ok(self.0.finish()?)
    }
}

/// The writer would tidy a strange name silently; here it is an error.
fn named(path: &str) -> io::Result<&str> {
    if is_inside(path) { Ok(path) } else { Err(io::Error::other("its path is not allowed in an archive")) }
}

fn options(mode: u32) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(mode)
}
