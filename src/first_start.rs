//! What the first start leaves in an empty database: the operator's account and the starter algorithms.

use diesel::prelude::*;

use crate::algorithms::Visibility;
use crate::blobs::Blobs;
use crate::clock::{self, Time};
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::package::{self, Package};
use crate::publishers::{self, Kind};
use crate::schema::facts;
use crate::slug::Slug;
use crate::starter::{self, Starter};
use crate::users::{self, NewUser, password};
use crate::versions::{self, Proof, Target, Upload};

/// The fact that says it has happened.
const DONE: &str = "first_start";

/// The operator's account, as the first start made it.
#[derive(Debug)]
pub struct Operator {
    /// `admin`.
    pub handle: String,
    /// To be printed once; `None` when the operator chose it.
    pub password: Option<String>,
}

/// Does what an empty database needs; `None` when there is nothing to do.
///
/// One transaction whose first statement only one of several servers can win; the others wait for it and then
/// find it done.
///
/// # Errors
/// The database's and the disk's.
pub fn prepare(db: &Db, config: &Config) -> Result<Option<Operator>> {
    if db.read(is_done)? {
        return Ok(None);
    }
    let chosen = config.admin_password.clone();
    let password = chosen.clone().unwrap_or_else(password::random);
    let password_hash = password::hash(&password)?;
    let packages = if config.starter { stored(config)? } else { Vec::new() };
    let at = clock::now();
    let operator = db.write(|conn| {
        if !claim(conn, at)? {
            return Ok(None);
        }
        let new = NewUser { handle: Slug::admin(), email: "admin@localhost".into(), password_hash: password_hash.clone(), admin: true };
        let user = users::register(conn, &new, at)?;
        publish(conn, &packages, at)?;
        Ok(Some(user.handle))
    })?;
    Ok(operator.map(|handle| Operator { handle, password: chosen.is_none().then_some(password) }))
}

fn is_done(conn: &mut Conn) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(facts::table.find(DONE))).get_result(conn)?)
}

fn claim(conn: &mut Conn, at: Time) -> Result<bool> {
    let row = (facts::name.eq(DONE), facts::value.eq(env!("CARGO_PKG_VERSION")), facts::at.eq(at));
    let inserted = crate::per_backend!(conn, c => diesel::insert_into(facts::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(inserted == 1)
}

/// Packs, reads and stores every starter, by the same code as an upload.
fn stored(config: &Config) -> Result<Vec<(&'static Starter, Package)>> {
    let blobs = Blobs::archives(&config.data_dir).behind(config.store.as_ref());
    let store = |starter: &'static Starter| {
        let bytes = package::pack(starter.files.iter().copied())?;
        let read = package::read(&bytes).map_err(|faults| Error::internal(format!("{}/{}: {faults:?}", starter.publisher, starter.name)));
        blobs.put(&bytes)?;
        read.map(|package| (starter, package))
    };
    starter::algorithms().iter().map(store).collect()
}

fn publish(conn: &mut Conn, packages: &[(&Starter, Package)], at: Time) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    for publisher in starter::publishers() {
        let handle: Slug = publisher.handle.parse().map_err(Error::internal)?;
        let row = publishers::create(conn, &handle, Kind::Organisation, publisher.name, at)?;
        publishers::set_about(conn, row.id, publisher.about)?;
        if publisher.official {
            publishers::set_official(conn, publisher.handle, true)?;
        }
    }
    for (starter, package) in packages {
        let name: Slug = starter.name.parse().map_err(Error::internal)?;
        let number = starter.version.parse().map_err(Error::internal)?;
        let publisher = publishers::by_handle(conn, starter.publisher)?.id;
        let upload = Upload {
            publisher,
            name: Some(&name),
            number: Some(number),
            package,
            notes: None,
            by: None,
            proof: Proof::Exempt,
            target: Target::Either,
        };
        let algorithm = versions::publish(conn, &upload, at)?.algorithm;
        versions::open_to(conn, algorithm.id, Visibility::Public, &[], at)?;
    }
    Ok(())
}
