//! Configuration: `galleria.toml` and the environment, which wins. Read once, checked whole.

mod database;
mod file;
mod index;
mod limits;
mod note;
mod region;
mod region_table;
mod settings;
mod show;
mod size;
mod store;

pub use database::{Address, BadAddress};
pub use limits::{Limit, Limits};
pub use note::Note;
pub use region::{EngineKind, Flavor, Region, memory_of_machine, price_micros};
pub use settings::Origin;
pub use size::Size;
pub use store::Store;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Everything an operator can set. See `README.md` for the table of keys.
#[derive(Debug, Clone)]
pub struct Config {
    /// `DATABASE_URL`; default `sqlite:data/galleria.db`.
    pub database: Address,
    /// `GALLERIA_LISTEN`; default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `GALLERIA_BASE_URL`; default from the listen address.
    pub base_url: Origin,
    /// `GALLERIA_DATA_DIR`; default `data`. Absolute.
    pub data_dir: PathBuf,
    /// `GALLERIA_STORE`; default none: archives and datasets are in the data folder only.
    pub store: Option<Store>,
    /// `GALLERIA_ADMIN_PASSWORD`; first start only; default random.
    pub admin_password: Option<String>,
    /// `GALLERIA_REGISTRATION`; default open.
    pub registration_open: bool,
    /// `GALLERIA_STARTER`; default true: publish the starter algorithms on first start.
    pub starter: bool,
    /// `GALLERIA_PROOF`; default on: others see a version once a run here has shown that it works.
    pub proof: bool,
    /// `GALLERIA_SECRET_KEY_FILE`; default `secret.key` in the data folder.
    pub secret_key_file: PathBuf,
    /// `GALLERIA_LIMITS` and `[limits]`, with `GALLERIA_DATASET_SIZE` and `GALLERIA_DATASET_TOTAL`.
    pub limits: Limits,
    /// `GALLERIA_UV`; default `uv` on the PATH.
    pub uv: PathBuf,
    /// What of the server's environment says where packages come from, for uv.
    pub package_index: BTreeMap<String, String>,
    /// `trusted_proxies`, addresses whose `X-Forwarded-For` is believed; default none.
    pub trusted_proxies: Vec<IpAddr>,
    /// `currency`, three letters; default USD.
    pub currency: String,
    /// `[[region]]`, at least one.
    pub regions: Vec<Region>,
    /// The two texts of the Note.
    pub note: Note,
}

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `galleria.toml:12` or the name of the variable.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Config {
    /// Reads the file (`path`, else `GALLERIA_CONFIG`, else `galleria.toml` if it is there) and the environment.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn load(path: Option<&Path>) -> Result<Self, Vec<Fault>> {
        Self::from_parts(path, &environment)
    }

    /// The same from a given environment.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn from_parts(path: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Fault>> {
        let named = path.map(Path::to_owned).or_else(|| env("GALLERIA_CONFIG").map(PathBuf::from));
        settings::read(&file::open(named)?, env)
    }

    /// The region of this id.
    pub fn region(&self, id: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.id == id)
    }
}

#[allow(clippy::disallowed_methods)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
