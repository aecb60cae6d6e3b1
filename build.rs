//! Puts what comes with Galleria into the binary.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // Cargo speaks to build scripts by environment and output.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    starter()
}

/// Writes `starter.rs`: every `starter/PUBLISHER/NAME/VERSION/` with its files, older versions first.
fn starter() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=starter");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("starter");
    let mut code = String::from("&[\n");
    for publisher in names(&root)? {
        for name in names(&root.join(&publisher))? {
            let folder = root.join(&publisher).join(&name);
            let mut versions = names(&folder)?;
            versions.sort_by_key(|version| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
            for version in versions {
                let (folder, mut paths) = (folder.join(&version), Vec::new());
                walk(&folder, "", &mut paths)?;
                writeln!(code, "Starter {{ publisher: {publisher:?}, name: {name:?}, version: {version:?}, files: &[")?;
                for path in paths {
                    writeln!(code, "({path:?}, include_bytes!({:?})),", folder.join(&path))?;
                }
                code.push_str("] },\n");
            }
        }
    }
    code.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("starter.rs"), code)?;
    Ok(())
}

/// Names in a folder, sorted, without what a run of Python leaves behind.
fn names(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for item in fs::read_dir(folder)? {
        names.push(item?.file_name().into_string().map_err(|name| format!("{} is not UTF-8", name.display()))?);
    }
    names.retain(|name| !name.starts_with('.') && !matches!(name.as_str(), "__pycache__" | "outputs"));
    names.sort();
    Ok(names)
}

fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for name in names(folder)? {
        let path = format!("{prefix}{name}");
        match folder.join(&name).is_dir() {
            true => walk(&folder.join(&name), &format!("{path}/"), paths)?,
            false => paths.push(path),
        }
    }
    Ok(())
}
