//! Virtual environments for the starters that have dependencies: built by uv once, and kept in the tests' cache.

use galleria::package::Environment;
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the environment's `python3`; none for the standard library alone.
pub fn programs(environment: &Environment) -> Option<PathBuf> {
    let (python, dependencies) = (environment.python().unwrap_or(">=3.9"), environment.dependencies());
    if dependencies.is_empty() {
        return None;
    }
    let digest = Sha256::digest(format!("{python}\n{}", dependencies.join("\n")));
    let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let place = cache().join("starter").join(name);
    if !works(&place) {
        build(&place, python, dependencies);
    }
    Some(place.join("bin"))
}

fn cache() -> PathBuf {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = || given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache"))).map(|cache| cache.join("galleria-tests"));
    given("GALLERIA_TEST_CACHE").or_else(own).expect("HOME, or GALLERIA_TEST_CACHE")
}

/// Whether its Python is still there: the system's own may have gone since.
fn works(place: &Path) -> bool {
    place.join("bin/python3").exists()
}

/// Builds beside the place and moves there, so that nobody meets half of one. Of several builders the first wins.
fn build(place: &Path, python: &str, dependencies: &[String]) {
    let parent = place.parent().expect("a parent");
    std::fs::create_dir_all(parent).expect("the tests' cache");
    if place.exists() {
        drop(std::fs::remove_dir_all(place));
    }
    let folder = tempfile::Builder::new().prefix("building-").tempdir_in(parent).expect("a folder");
    let (environment, list) = (folder.path().join("environment"), folder.path().join("requirements.txt"));
    std::fs::write(&list, dependencies.join("\n")).expect("written");
    uv([OsStr::new("venv"), "--relocatable".as_ref(), "--python".as_ref(), python.as_ref(), environment.as_ref()]);
    let interpreter = environment.join("bin/python3");
    let install = ["pip", "install", "--only-binary", ":all:", "--requirement"].map(OsStr::new);
    uv(install.into_iter().chain([list.as_ref(), "--python".as_ref(), interpreter.as_ref()]));
    if let Err(error) = std::fs::rename(&environment, place) {
        assert!(works(place), "{}: {error}", place.display());
    }
}

fn uv<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) {
    let program = std::env::var_os("GALLERIA_UV").filter(|name| !name.is_empty()).unwrap_or_else(|| OsString::from("uv"));
    let arguments: Vec<&OsStr> = arguments.into_iter().collect();
    let done = Command::new(&program).args(&arguments).env("UV_PYTHON_DOWNLOADS", "never").env_remove("VIRTUAL_ENV").output();
    let done = done.unwrap_or_else(|error| panic!("uv is missing ({program:?}: {error}): tests/run installs it, or say in GALLERIA_UV where it is"));
    assert!(done.status.success(), "uv {arguments:?}\n{}", String::from_utf8_lossy(&done.stderr));
}
