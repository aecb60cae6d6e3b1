//! The Python for jobs that bring none: one that the sandbox can see, or one that can be shown to it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every sandbox sees anyway.
const SYSTEM: &str = "/usr";
const ASK: &str = "import sys, sysconfig; print(sys.executable); print('%d.%d' % sys.version_info[:2]); \
    print(sys.implementation.cache_tag, sysconfig.get_platform()); print(sys.prefix); print(sys.base_prefix)";

/// A Python and what must be shown for it to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    /// The program itself, not a shim or a link.
    pub program: PathBuf,
    /// Such as 3.11.
    pub version: String,
    /// What packages for it can be used by, such as `cpython-311 linux-x86_64`.
    pub tag: String,
    /// Folders outside of what every sandbox sees.
    pub trees: Vec<PathBuf>,
}

impl Python {
    /// The one the operator named, else the system's, else the first on the server's own `PATH`; none if none answers.
    pub fn find(configured: Option<&Path>) -> Option<Self> {
        match configured {
            Some(program) => Self::ask(program),
            None => ["/usr/bin/python3", "/usr/local/bin/python3", "python3"].iter().find_map(|name| Self::ask(Path::new(name))),
        }
    }

    /// The folder of a Python that already goes by the name of `python` there.
    pub fn own_folder(program: &Path) -> Option<&Path> {
        program.parent().filter(|folder| folder.join("python").exists())
    }

    /// Asks it where it lives; behind a pyenv shim or a link that is somewhere else.
    fn ask(program: &Path) -> Option<Self> {
        let answer = Command::new(program).args(["-I", "-c", ASK]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let answer = String::from_utf8(answer.stdout).ok()?;
        let mut lines = answer.lines();
        let program = lines.next().map(PathBuf::from).filter(|path| path.is_absolute())?;
        let (version, tag) = (lines.next()?.to_owned(), lines.next()?.to_owned());
        let mut trees: Vec<PathBuf> = lines.map(PathBuf::from).filter(|tree| tree.is_dir() && !tree.starts_with(SYSTEM)).collect();
        trees.dedup();
        Some(Self { program, version, tag, trees })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_python_needs_nothing_shown() {
        let Some(python) = Python::find(None).filter(|python| python.program.starts_with("/usr")) else {
            return;
        };
        assert_eq!(python.trees, Vec::<PathBuf>::new());
    }

    #[test]
    fn a_program_that_is_no_python_is_none() {
        assert_eq!(Python::find(Some(Path::new("/bin/true"))), None);
        assert_eq!(Python::find(Some(Path::new("/no/such/python"))), None);
    }
}
