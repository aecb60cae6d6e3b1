use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::engine::{Condition, Finding, Input};

/// Where a build finds uv and what belongs to it.
const FOLDER: &str = "/opt/uv";
/// The usual bundles of certificates, which a sandbox sees: the operator's own authorities are in them.
const BUNDLES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
/// Variables that name a file, and the name the file has in a build.
const FILES: [(&str, &str); 2] = [("SSL_CERT_FILE", "certificates.pem"), ("UV_CONFIG_FILE", "uv.toml")];

/// The program that builds environments, and how it is told where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uv {
    /// A path, or a name that is looked for on the server's `PATH`.
    pub program: PathBuf,
    /// Its environment: the package index, proxies, certificates.
    pub variables: BTreeMap<String, String>,
}

impl Default for Uv {
    fn default() -> Self {
        Self { program: PathBuf::from("uv"), variables: BTreeMap::new() }
    }
}

impl Uv {
    /// The program itself, or what is wrong, in a sentence. Looked for each time: it may be installed while we run.
    pub(super) fn find(&self) -> Result<PathBuf, String> {
        let named = self.program.display();
        // The shell knows the PATH; nothing is read from it but one line.
        let mut ask = Command::new("/bin/sh");
        ask.args(["-c", "command -v -- \"$1\"", "sh"]).arg(&self.program).stdin(Stdio::null()).stderr(Stdio::null());
        let answer = ask.output().ok().filter(|answer| answer.status.success());
        let path = answer.and_then(|answer| String::from_utf8(answer.stdout).ok()).and_then(|path| Path::new(path.trim_end()).canonicalize().ok());
        let Some(path) = path else { return Err(format!("`{named}` was not found.")) };
        if !is_program(&path) {
            return Err(format!("`{}` is a script; GALLERIA_UV must name uv itself.", path.display()));
        }
        let version = Command::new(&path).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        match version.is_ok_and(|status| status.success()) {
            true => Ok(path),
            false => Err(format!("`{}` does not run.", path.display())),
        }
    }

    /// Its health, and why nothing can be built without it.
    pub(in crate::engine::local) fn health(&self) -> (Finding, Option<String>) {
        match self.find() {
            Ok(path) => {
                let sentence = format!("Algorithms with dependencies can run: environments are built by {}.", path.display());
                (Finding { condition: Condition::Ok, sentence, remedy: None }, None)
            }
            Err(why) => {
                let sentence = format!("Algorithms with dependencies cannot run here unless theirs are installed already: {why}");
                let finding = Finding { condition: Condition::Degraded, sentence, remedy: Some(remedy().to_owned()) };
                (finding, Some(format!("Algorithms with dependencies cannot run here: {why}")))
            }
        }
    }

    /// What of the machine a build must see for it.
    pub(super) fn inputs(&self, program: PathBuf) -> Vec<Input> {
        let at = |name: &str| format!("{FOLDER}/{name}");
        let files = FILES.iter().filter_map(|(variable, name)| Some(Input { from: self.file(variable)?, at: at(name) }));
        files.chain([Input { from: program, at: at("uv") }]).collect()
    }

    /// Its environment in a build.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let mut all = self.variables.clone();
        for (variable, name) in FILES {
            match self.file(variable) {
                Some(_) => all.insert(variable.to_owned(), format!("{FOLDER}/{name}")),
                None => all.remove(variable),
            };
        }
        if !all.contains_key("SSL_CERT_FILE") {
            let bundle = BUNDLES.iter().find(|bundle| Path::new(bundle).is_file());
            all.extend(bundle.map(|bundle| ("SSL_CERT_FILE".to_owned(), (*bundle).to_owned())));
        }
        if !all.contains_key("UV_CONFIG_FILE") {
            all.insert("UV_NO_CONFIG".to_owned(), "1".to_owned());
        }
        let own = [("UV_PYTHON_DOWNLOADS", "never"), ("UV_NO_PROGRESS", "1"), ("NO_COLOR", "1"), ("UV_LINK_MODE", "hardlink")];
        all.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        all
    }

    /// The folder it is in, as a build sees it.
    pub(super) fn folder() -> String {
        FOLDER.to_owned()
    }

    fn file(&self, variable: &str) -> Option<PathBuf> {
        self.variables.get(variable).and_then(|path| Path::new(path).canonicalize().ok()).filter(|path| path.is_file())
    }
}

/// Whether the machine itself can run it, without an interpreter that a sandbox may not see.
fn is_program(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

/// Newer systems keep pip away from their own Python unless told otherwise; uv is one program and touches nothing there.
fn remedy() -> &'static str {
    let marked = |entry: std::fs::DirEntry| entry.path().join("EXTERNALLY-MANAGED").exists();
    match std::fs::read_dir("/usr/lib").is_ok_and(|folders| folders.flatten().any(marked)) {
        true => "python3 -m pip install --break-system-packages uv",
        false => "python3 -m pip install uv",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_uv_is_said() {
        let uv = |program: &str| Uv { program: program.into(), ..Uv::default() };
        assert_eq!(uv("no-such-uv").find(), Err("`no-such-uv` was not found.".to_owned()));
        assert_eq!(uv("/no/such/uv").health().0.condition, Condition::Degraded);
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("uv");
        std::fs::write(&script, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(uv(&script.to_string_lossy()).find().unwrap_err().contains("is a script"));
        assert!(uv("/bin/false").find().unwrap_err().ends_with("does not run."));
    }

    #[test]
    fn files_are_shown_under_a_name_of_ours() {
        let bundle = tempfile::NamedTempFile::new().unwrap();
        let path = bundle.path().display().to_string();
        let variables = [("SSL_CERT_FILE", path.as_str()), ("UV_CONFIG_FILE", "/no/such/file"), ("UV_DEFAULT_INDEX", "https://index.example/simple")];
        let uv = Uv { variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), ..Uv::default() };
        let environment = uv.environment();
        assert_eq!(environment["SSL_CERT_FILE"], "/opt/uv/certificates.pem");
        assert_eq!(environment["UV_DEFAULT_INDEX"], "https://index.example/simple");
        assert!(!environment.contains_key("UV_CONFIG_FILE") && environment.contains_key("UV_NO_CONFIG"));
        assert_eq!(uv.inputs("/usr/bin/uv".into()).len(), 2);
    }
}
