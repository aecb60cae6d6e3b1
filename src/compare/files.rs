use std::collections::BTreeMap;

use super::{Budget, Diff, Source};
use crate::blobs::Blobs;
use crate::error::Result;
use crate::package::{self, Archive, PackedFile};
use crate::versions::Version;

/// Bytes of a file above which its lines are not compared.
const MOST_BYTES: u64 = 200_000;
/// Files whose lines are compared; each of both versions is in memory meanwhile.
const MOST_FILES: usize = 40;

/// How many files differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Only in the later version.
    pub added: usize,
    /// Only in the earlier one.
    pub removed: usize,
    /// In both, with another content.
    pub changed: usize,
}

impl Counts {
    /// How many they are together.
    pub fn all(&self) -> usize {
        self.added + self.removed + self.changed
    }
}

/// Which files differ, each list sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// Only in the later version.
    pub added: Vec<PackedFile>,
    /// Only in the earlier one.
    pub removed: Vec<PackedFile>,
    /// In both, with another content.
    pub changed: Vec<Changed>,
}

impl Files {
    /// Bytes, about.
    pub fn size(&self) -> usize {
        let shown = |file: &Changed| if let Shown::Lines(diff) = &file.shown { diff.size() } else { 0 };
        let changed: usize = self.changed.iter().map(|file| file.path.len() + 100 + shown(file)).sum();
        changed + self.added.iter().chain(&self.removed).map(|file| file.path.len() + 40).sum::<usize>()
    }

    /// How many changed files have no room on the page.
    pub fn without_room(&self) -> usize {
        self.changed.iter().filter(|file| file.shown == Shown::NoRoom).count()
    }
}

/// A file that has another content now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Relative, with `/`.
    pub path: String,
    /// Bytes in the earlier version.
    pub old: u64,
    /// Bytes in the later one.
    pub new: u64,
    /// What is shown of the change.
    pub shown: Shown,
}

/// What a page shows of a file that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Its lines.
    Lines(Diff),
    /// Nothing: it is not text in both versions.
    Binary,
    /// Nothing: it is too large.
    TooLarge,
    /// Nothing: the files before it fill the page.
    NoRoom,
}

/// How the files of two versions differ; which they are only of open source.
pub fn compare(blobs: &Blobs, source: Source, from: &Version, to: &Version, budget: &mut Budget) -> Result<(Counts, Option<Files>)> {
    let mut files = Files::default();
    if from.digest != to.digest {
        let (old, new) = (sizes(from)?, sizes(to)?);
        files = Files { added: only(&new, &old), removed: only(&old, &new), changed: Vec::new() };
        // Of a catalogue entry there is nothing to look into.
        if from.has_archive() && to.has_archive() {
            let archives = (blobs.open(&from.digest)?, blobs.open(&to.digest)?);
            let archives = (Archive::in_file(&archives.0)?, Archive::in_file(&archives.1)?);
            let changed = package::differing(archives.0, archives.1)?.into_iter();
            files.changed = changed.map(|path| Changed::of(&old, &new, path)).collect();
            if source == Source::Open {
                draw(archives, &mut files.changed, budget)?;
            }
        }
    }
    let counts = Counts { added: files.added.len(), removed: files.removed.len(), changed: files.changed.len() };
    Ok((counts, Some(files).filter(|_| source == Source::Open)))
}

impl Changed {
    fn of(old: &Sizes, new: &Sizes, path: String) -> Self {
        let size = |sizes: &Sizes| sizes.get(&path).copied().unwrap_or(0);
        let (old, new) = (size(old), size(new));
        let shown = if old.max(new) > MOST_BYTES { Shown::TooLarge } else { Shown::NoRoom };
        Self { path, old, new, shown }
    }
}

/// Bytes of each file by its path.
type Sizes = BTreeMap<String, u64>;

fn sizes(version: &Version) -> Result<Sizes> {
    Ok(version.files()?.into_iter().map(|file| (file.path, file.size)).collect())
}

fn only(one: &Sizes, other: &Sizes) -> Vec<PackedFile> {
    let theirs = one.iter().filter(|(path, _)| !other.contains_key(*path));
    theirs.map(|(path, size)| PackedFile { path: path.clone(), size: *size }).collect()
}

/// Compares the lines of those that have room.
fn draw((old, new): (Archive<'_>, Archive<'_>), changed: &mut [Changed], budget: &mut Budget) -> Result<()> {
    let mut wanted: Vec<&mut Changed> = changed.iter_mut().filter(|file| file.shown == Shown::NoRoom).take(MOST_FILES).collect();
    let paths: Vec<String> = wanted.iter().map(|file| file.path.clone()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let both = package::contents(old, &paths)?.into_iter().zip(package::contents(new, &paths)?);
    for (file, (old, new)) in wanted.iter_mut().zip(both) {
        if budget.is_spent() {
            break;
        }
        file.shown = match (text(old), text(new)) {
            (Some(old), Some(new)) => Shown::Lines(Diff::of(&old, &new, budget)),
            _ => Shown::Binary,
        };
    }
    Ok(())
}

fn text(content: Option<Vec<u8>>) -> Option<String> {
    String::from_utf8(content?).ok().filter(|text| !text.contains('\0'))
}
