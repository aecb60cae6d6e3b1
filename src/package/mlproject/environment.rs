use super::Files;
use super::requirements;
use crate::package::fault::{Fault, Faults};
use crate::package::limits;
use crate::package::names::is_inside;
use crate::package::yaml::{self, Node, Scalar, Value};
use serde::{Deserialize, Serialize};

/// What has to be installed before an entry point runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "from")]
pub enum Environment {
    /// Nothing beyond Python itself.
    #[default]
    None,
    /// A `python_env.yaml`.
    Python {
        /// Its path in the archive.
        file: String,
        /// The Python asked for.
        python: Option<String>,
        /// Requirements for building.
        build: Vec<String>,
        /// Requirements, files they were taken from written out.
        dependencies: Vec<String>,
    },
    /// A `conda.yaml`, of which pip's part is used.
    Conda {
        /// Its path in the archive.
        file: String,
        /// The Python asked for.
        python: Option<String>,
        /// Pins of pip, setuptools and wheel.
        build: Vec<String>,
        /// pip's requirements.
        dependencies: Vec<String>,
        /// Packages only conda could install; they are left out.
        dropped: Vec<String>,
    },
}

impl Environment {
    /// What pip would install.
    pub fn dependencies(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::Python { dependencies, .. } | Self::Conda { dependencies, .. } => dependencies,
        }
    }

    /// The Python asked for, such as `3.11` or `>=3.9`.
    pub fn python(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Python { python, .. } | Self::Conda { python, .. } => python.as_deref(),
        }
    }

    /// What a `conda.yaml` lists and only conda could install: it is not installed.
    pub fn left_out(&self) -> &[String] {
        match self {
            Self::Conda { dropped, .. } => dropped,
            Self::None | Self::Python { .. } => &[],
        }
    }

    pub(super) fn read(root: &Node, manifest: &str, files: &Files<'_>, faults: &mut Faults) -> Self {
        let keys = ["python_env", "conda_env", "docker_env"].map(|key| (key, root.get(key).filter(|node| !node.is_null())));
        let named: Vec<(&str, &Node)> = keys.into_iter().filter_map(|(key, node)| Some((key, node?))).collect();
        if let [_, (key, node), ..] = named.as_slice() {
            faults.at(node.line, format!("`{key}` is one environment too many; keep one of python_env, conda_env and docker_env."));
        }
        let Some((key, node)) = named.first() else { return Self::unnamed(files, faults) };
        if *key == "docker_env" {
            faults.at(node.line, "`docker_env` is not run by this gallery; use `python_env`, or no environment for the standard library alone.");
            return Self::None;
        }
        let path = node.text().map(|path| path.trim_start_matches("./")).filter(|path| is_inside(path));
        match path.and_then(|path| Some((path, files(path)?))) {
            Some((path, bytes)) => Self::file(path, &bytes, *key == "conda_env", files, faults),
            None => {
                let message = format!("`{key}` names `{}`, which is not in the archive beside {manifest}.", node.to_python());
                faults.at(node.line, message);
                Self::None
            }
        }
    }

    fn unnamed(files: &Files<'_>, faults: &mut Faults) -> Self {
        for (path, conda) in [("python_env.yaml", false), ("conda.yaml", true)] {
            if let Some(bytes) = files(path) {
                return Self::file(path, &bytes, conda, files, faults);
            }
        }
        Self::None
    }

    fn file(path: &str, bytes: &[u8], conda: bool, files: &Files<'_>, faults: &mut Faults) -> Self {
        let mut own = Faults::of(path);
        let environment = match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() as u64 <= limits::MANIFEST => yaml::parse(text, &mut own).map(|root| {
                let file = path.to_owned();
                if conda { read_conda(file, &root, files, &mut own) } else { read_python(file, &root, files, &mut own) }
            }),
            _ => {
                own.push(Fault::of(path, format!("Must be UTF-8 and at most {} KiB.", limits::MANIFEST >> 10)));
                None
            }
        };
        faults.extend(own.into_vec());
        environment.unwrap_or_default()
    }
}

fn read_python(file: String, root: &Node, files: &Files<'_>, faults: &mut Faults) -> Environment {
    for (key, _) in root.map().unwrap_or_default() {
        if !matches!(key.text(), Some("python" | "build_dependencies" | "dependencies")) {
            faults.at(key.line, format!("Has a key `{}`; only python, build_dependencies and dependencies are known.", key.to_python()));
        }
    }
    if root.map().is_none() && !root.is_null() {
        faults.at(root.line, "Must be a mapping.");
    }
    let python = root.get("python").filter(|node| !node.is_null()).and_then(|node| match &node.value {
        Value::Scalar(Scalar::Text(version)) => Some(version.trim().to_owned()),
        _ => {
            let message = format!("`python` must be text: unquoted, YAML reads it as {}. Write it in quotes, as \"3.10\".", node.to_python());
            faults.at(node.line, message);
            None
        }
    });
    let mut read = |key| root.get(key).map_or(Vec::new(), |node| requirements::list(node, &file, files, faults));
    let (build, dependencies) = (read("build_dependencies"), read("dependencies"));
    Environment::Python { file, python: python.filter(|python| !python.is_empty()), build, dependencies }
}

fn read_conda(file: String, root: &Node, files: &Files<'_>, faults: &mut Faults) -> Environment {
    let (mut python, mut build, mut dependencies, mut dropped) = (None, Vec::new(), Vec::new(), Vec::new());
    let items = root.get("dependencies").filter(|node| !node.is_null());
    if let Some(node) = items.filter(|node| node.list().is_none()) {
        faults.at(node.line, "`dependencies` must be a list.");
    }
    for item in items.and_then(Node::list).unwrap_or_default() {
        if let Some(pip) = item.get("pip") {
            dependencies.extend(requirements::list(pip, &file, files, faults));
        } else if let Some(pin) = item.text().map(|pin| pin.rsplit("::").next().unwrap_or(pin).trim()) {
            let split = pin.find(|c: char| "=<>!~ ".contains(c)).unwrap_or(pin.len());
            let (name, version) = (&pin[..split], pin[split..].trim());
            match name {
                "python" => python = Some(pip_version(version)).filter(|version| !version.is_empty()),
                "pip" | "setuptools" | "wheel" => build.push(conda_pin(name, version)),
                _ => dropped.push(pin.to_owned()),
            }
        } else {
            faults.at(item.line, "Must be a package such as `python=3.10`, or a `pip:` list.");
        }
    }
    Environment::Conda { file, python, build, dependencies, dropped }
}

/// conda's `=3.10` as `3.10`; ranges as they are.
fn pip_version(version: &str) -> String {
    if version.starts_with('=') { version.trim_start_matches('=').split('=').next().unwrap_or_default().to_owned() } else { version.to_owned() }
}

fn conda_pin(name: &str, version: &str) -> String {
    match version.starts_with('=') {
        true => format!("{name}=={}", pip_version(version)),
        false => format!("{name}{version}"),
    }
}
