//! Puts what comes with Galleria into the binary: the files of `static/`, hashed by content and compressed
//! beforehand, and the starter algorithms.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // Cargo speaks to build scripts by environment and output.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    assets()?;
    starter()
}

/// Writes `assets.rs` to `OUT_DIR`: one `Asset` for each file of `static/`, sorted by name.
#[allow(clippy::disallowed_methods, reason = "cargo names the folder by a variable")]
fn assets() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=static");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files: Vec<PathBuf> = fs::read_dir("static")?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.is_file() && content_type(file).is_some());
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        table += &asset(file, &out)?;
    }
    table += "]\n";
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// Compresses one file into `out` and gives its line of the table.
fn asset(file: &Path, out: &Path) -> Result<String, Box<dyn Error>> {
    let name = file.file_name().and_then(|name| name.to_str()).ok_or("a static file needs a plain name")?;
    let bytes = fs::read(file)?;
    let hash = Sha256::digest(&bytes).iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let plain = out.join(name);
    fs::write(&plain, &bytes)?;
    let brotli_file = out.join(format!("{name}.br"));
    let mut brotli = brotli::CompressorWriter::new(fs::File::create(&brotli_file)?, 64 * 1024, 11, 22);
    brotli.write_all(&bytes)?;
    brotli.flush()?;
    drop(brotli);
    let gzip_file = out.join(format!("{name}.gz"));
    let mut gzip = flate2::write::GzEncoder::new(fs::File::create(&gzip_file)?, flate2::Compression::best());
    gzip.write_all(&bytes)?;
    gzip.finish()?;
    let url = format!("/static/{hash}/{name}");
    let kind = content_type(file).ok_or("a static file of an unknown kind")?;
    Ok(format!(
        "Asset {{ name: {name:?}, url: {url:?}, content_type: {kind:?}, plain: include_bytes!({plain:?}), brotli: include_bytes!({brotli_file:?}), gzip: include_bytes!({gzip_file:?}) }},\n"
    ))
}

/// What a browser is told a file is; nothing for what stays out of the binary.
fn content_type(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()? {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "txt" => Some("text/plain; charset=utf-8"),
        "webmanifest" => Some("application/manifest+json"),
        _ => None,
    }
}

/// Writes `starter.rs`: every `starter/PUBLISHER/NAME/VERSION/` with its files, older versions first.
fn starter() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=starter");
    let root = Path::new("starter");
    let mut code = String::from("&[\n");
    for publisher in names(root)? {
        for name in names(&root.join(&publisher))? {
            let folder = root.join(&publisher).join(&name);
            let mut versions = names(&folder)?;
            versions.sort_by_key(|version| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
            for version in versions {
                let (folder, mut paths) = (folder.join(&version), Vec::new());
                walk(&folder, "", &mut paths)?;
                writeln!(code, "Starter {{ publisher: {publisher:?}, name: {name:?}, version: {version:?}, files: &[")?;
                for path in paths {
                    let file = Path::new("/").join(folder.join(&path));
                    // Found anew by each compilation: another checkout with the same target folder may be gone by then.
                    writeln!(code, "({path:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {file:?}))),")?;
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
