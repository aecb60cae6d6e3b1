//! What a job is made of and checked against, for the form and for the API.

mod sent;

pub use sent::{Sent, duration};

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::failure::Result;
use super::rail::region_of;
use super::store::{App, Store};
use crate::algorithms::{self, Access, Reader};
use crate::blobs::Blobs;
use crate::config::Region;
use crate::consents::{self, Missing};
use crate::datasets::{self, Choice};
use crate::db::Conn;
use crate::engines::Room;
use crate::error::{Error, Mistakes};
use crate::jobs::{self, Launch, NewJob, Past, Typed};
use crate::package::{Manifest, PackedFile};
use crate::subscriptions;
use crate::users::User;
use crate::versions::{self, Version};

/// Everything a form for a job is made of and checked against.
pub struct Ground {
    /// Where.
    pub region: Region,
    /// What all jobs there may have together.
    pub room: Option<Room>,
    /// Why its packages cannot be had there, in a sentence; `None` when they can, or nobody knows yet.
    pub no_packages: Option<String>,
    /// Of the prices.
    pub currency: String,
    /// What.
    pub access: Access,
    /// Which version of it.
    pub version: Version,
    /// What its `MLproject` says.
    pub manifest: Manifest,
    /// The files of its archive.
    pub files: Vec<PackedFile>,
    /// What past runs of it took, by flavor.
    pub past: BTreeMap<String, Past>,
    /// A name for the next job.
    pub name: String,
    /// The datasets that can be given to it.
    pub datasets: Vec<Choice>,
    /// Where their bytes are.
    pub store: Blobs,
}

impl Ground {
    /// The job that was typed, or every mistake: off the async threads, for it looks into datasets.
    ///
    /// # Errors
    /// Only the machine's.
    pub async fn check(self, store: &Store, typed: &Typed) -> Result<(Self, std::result::Result<NewJob, Mistakes>)> {
        let typed = typed.clone();
        let work = move |_: &App| {
            let checked = self.launch().check(&typed);
            Ok((self, checked))
        };
        Ok(store.apart(work).await?)
    }

    /// The same for the checks of the domain.
    pub fn launch(&self) -> Launch<'_> {
        let (region, version) = (&self.region, &self.version);
        Launch {
            region,
            room: self.room,
            no_packages: self.no_packages.as_deref(),
            currency: &self.currency,
            version,
            manifest: &self.manifest,
            files: &self.files,
            datasets: &self.datasets,
            store: Some(&self.store),
        }
    }
}

/// The version's texts, or the note, were not accepted yet.
pub struct AcceptFirst {
    /// The page where they are, which leads back to the form.
    pub asking: String,
    /// What they are.
    pub missing: Vec<Missing>,
}

/// Reads what the form needs; or what is to be accepted before.
///
/// # Errors
/// `NotFound` for what the member may not see; `Conflict` without an active subscription or a standing version.
pub async fn load(store: &Store, user: &User, region: &str, sent: &Sent) -> Result<std::result::Result<Ground, AcceptFirst>> {
    let config = &store.app().config;
    let region = region_of(config, region)?.clone();
    let (currency, note, room) = (config.currency.clone(), config.note.clone(), store.app().engines.room(&region.id));
    let (engines, data) = (store.app().engines.clone(), Blobs::datasets(&config.data_dir).behind(config.store.as_ref()));
    let (user, sent) = (user.clone(), sent.clone());
    let read = move |conn: &mut Conn| {
        let path = sent.algorithm.split_once('/');
        let (publisher, name) = path.ok_or_else(|| Error::refused("algorithm", "Name an algorithm, as in publisher/name."))?;
        let access = algorithms::find(conn, Reader::of(Some(&user)), publisher, name)?;
        subscriptions::require_active(conn, user.id, access.algorithm.id)?;
        let version = match sent.version.as_str() {
            "" => versions::newest(conn, access.algorithm.id)?.ok_or(Error::Conflict("Every version of this algorithm is withdrawn."))?,
            number => versions::pick(conn, &access, number)?,
        };
        let missing = consents::missing(conn, user.id, &access, &version, &note)?;
        if !missing.is_empty() {
            return Ok(Err(AcceptFirst { asking: asking(&region.id, &sent.algorithm, &version), missing }));
        }
        let (manifest, files) = (version.manifest()?, version.files()?);
        let no_packages = engines.no_packages(&region.id, &manifest.environment);
        let past = jobs::past_runs(conn, version.id, &region.id)?;
        let name = jobs::suggested_name(conn, user.id, access.algorithm.id, name)?;
        Ok(Ok(Ground {
            region,
            room,
            no_packages,
            currency,
            access,
            version,
            manifest,
            files,
            past,
            name,
            datasets: offered(conn, user.id, &sent.typed)?,
            store: data,
        }))
    };
    Ok(store.read(read).await?)
}

/// The newest version of each of the member's datasets, and the older ones that the form names.
fn offered(conn: &mut Conn, owner: i64, typed: &Typed) -> crate::error::Result<Vec<Choice>> {
    let mut offered = datasets::choices(conn, owner)?;
    for value in typed.inputs.values() {
        if offered.iter().any(|choice| choice.value() == *value || choice.name == *value) {
            continue;
        }
        offered.extend(datasets::named(conn, owner, value)?);
    }
    Ok(offered)
}

/// Where a version's texts are accepted, with the way back to this form.
pub fn asking(region: &str, algorithm: &str, version: &Version) -> String {
    let number = &version.number;
    let back = format!("/console/{region}/jobs/new?algorithm={algorithm}&version={number}");
    format!("/algorithms/{algorithm}/subscription/new?version={number}&next={}", utf8_percent_encode(&back, NON_ALPHANUMERIC))
}
