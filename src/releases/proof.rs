//! Proof runs: a version is shown to others once a real training run of it has succeeded here.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{announce, named, team};
use crate::algorithms::{Access, Visibility, touch};
use crate::clock::Time;
use crate::config::{Flavor, Region};
use crate::db::Conn;
use crate::engines::Engines;
use crate::error::{Error, Result};
use crate::jobs::{self, Job, Launch, NewJob, State, Typed, unsuitable};
use crate::notifications::{self, Kind};
use crate::package::Manifest;
use crate::schema::{algorithms, jobs as job_table, versions as table};
use crate::versions::{self, Proof, ProofFacts, Version};

/// How long a proof run may take.
const LIMIT: &str = "2h";
/// Versions looked at in one go.
const SOME: i64 = 20;

/// A proof run that has ended.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What it was to prove.
    pub version: Version,
    /// The run.
    pub job: Job,
}

/// Ids of the versions that wait for their proof run: those that others are to see.
///
/// # Errors
/// Only the database's.
pub fn due(conn: &mut Conn) -> Result<Vec<i64>> {
    let waiting = table::table.inner_join(algorithms::table).filter(table::proof.eq(Proof::Due)).filter(table::withdrawn_at.is_null());
    let wanted = waiting.filter(algorithms::visibility.ne(Visibility::Private));
    Ok(wanted.order(table::id).limit(SOME).select(table::id).load(conn)?)
}

/// The proof runs that have ended and are not judged yet.
///
/// # Errors
/// Only the database's.
pub fn ended(conn: &mut Conn) -> Result<Vec<Ran>> {
    let finals: Vec<State> = State::ALL.iter().copied().filter(|state| state.is_final()).collect();
    let running = table::table.inner_join(job_table::table.on(job_table::id.nullable().eq(table::proof_job_id)));
    let over = running.filter(table::proof.eq(Proof::Running)).filter(job_table::state.eq_any(finals));
    let found: Vec<(Version, Job)> = over.order(table::id).limit(SOME).select((Version::as_select(), Job::as_select())).load(conn)?;
    Ok(found.into_iter().map(|(version, job)| Ran { version, job }).collect())
}

/// Submits the proof run of a version, or says on the version why there can be none.
///
/// # Errors
/// `Conflict` when another worker has begun it; then nothing has happened.
pub fn begin(conn: &mut Conn, version: i64, (regions, currency): (&[Region], &str), engines: &Engines, at: Time) -> Result<()> {
    let version = versions::by_id(conn, version)?;
    let owner = match version.published_by {
        Some(user) => Some(user),
        None => team(conn, version.algorithm_id)?.first().copied(),
    };
    let prepared = match owner {
        Some(owner) => prepare(&version, (regions, currency), engines)?.map(|new| (owner, new)),
        None => Err("Nobody belongs to this organisation, so nobody could pay for the run.".to_owned()),
    };
    let standing = table::table.find(version.id).filter(table::proof.eq(Proof::Due));
    match prepared {
        Ok((owner, new)) => {
            let job = jobs::enqueue(conn, owner, &new, at)?.id;
            let set = (table::proof.eq(Proof::Running), table::proof_job_id.eq(job), table::proof_reason.eq(""));
            once(diesel::update(standing).set(set).execute(conn)?)?;
            touch(conn, version.algorithm_id, at)
        }
        Err(why) => {
            once(diesel::update(standing).set((table::proof.eq(Proof::Failed), table::proof_reason.eq(&why))).execute(conn)?)?;
            touch(conn, version.algorithm_id, at)?;
            tell(conn, &version, &format!("could not begin its proof run: {why}"), at)
        }
    }
}

fn once(changed: usize) -> Result<()> {
    if changed == 0 { Err(Error::Conflict("Somebody else was faster.")) } else { Ok(()) }
}

/// The run: the declared entry point and parameters on the first flavor that suits.
fn prepare(version: &Version, (regions, currency): (&[Region], &str), engines: &Engines) -> Result<std::result::Result<NewJob, String>> {
    let (manifest, files) = (version.manifest()?, version.files()?);
    let Some((region, flavor)) = place(regions, engines, &manifest) else {
        return Ok(Err("No region has a flavor that meets its constraints.".to_owned()));
    };
    let no_packages = engines.no_packages(&region.id, &manifest.environment);
    let launch = Launch {
        region,
        room: engines.room(&region.id),
        no_packages: no_packages.as_deref(),
        currency,
        version,
        manifest: &manifest,
        files: &files,
        datasets: &[],
        store: None,
    };
    let proof = &manifest.about.proof;
    let typed = Typed {
        launch_id: format!("proof-{}-{}", version.id, version.proof_job_id.unwrap_or(0)),
        name: format!("Proof run of {}", version.number),
        entry_point: proof.entry_point.clone().unwrap_or_default(),
        values: proof.parameters.clone(),
        inputs: BTreeMap::new(),
        flavor: flavor.id.clone(),
        stop_after: LIMIT.to_owned(),
        ..Typed::default()
    };
    let words = |mistakes: BTreeMap<String, String>| {
        let lines: Vec<_> = mistakes.into_iter().map(|(field, sentence)| format!("{}: {sentence}", field.trim_start_matches("param."))).collect();
        lines.join(" ")
    };
    Ok(launch.check(&typed).map_err(words))
}

fn place<'r>(regions: &'r [Region], engines: &Engines, manifest: &Manifest) -> Option<(&'r Region, &'r Flavor)> {
    let requires = &manifest.about.requires;
    let flavors = regions.iter().flat_map(|region| region.flavors.iter().map(move |flavor| (region, flavor)));
    let mut suiting = flavors.filter(|(region, flavor)| unsuitable(flavor, requires, engines.room(&region.id).as_ref()).is_none());
    suiting.find(|(region, _)| engines.get(&region.id).is_some())
}

/// Judges a proof run that has ended: `facts` are what it took and reported. With it others see the version.
///
/// # Errors
/// `Conflict` when another worker has judged it; then nothing has happened.
pub fn close(conn: &mut Conn, ran: &Ran, facts: &ProofFacts, at: Time) -> Result<()> {
    let version = &ran.version;
    let why = match ran.job.state {
        State::Completed if facts.metrics.is_empty() => {
            Some("It completed but reported no metric. Print lines such as `epoch=1 loss=0.5` while it trains.".to_owned())
        }
        State::Completed => None,
        _ => Some(ran.job.reason.clone()),
    };
    let standing = table::table.find(version.id).filter(table::proof.eq(Proof::Running)).filter(table::proof_job_id.eq(ran.job.id));
    let Some(why) = why else {
        let json = serde_json::to_string(facts)?;
        once(diesel::update(standing).set((table::proof.eq(Proof::Passed), table::proof_facts.eq(json))).execute(conn)?)?;
        let appeared = versions::settle(conn, version.algorithm_id, at)?;
        announce(conn, version.algorithm_id, &appeared, at)?;
        return tell(conn, version, "has proved itself; others see it now.", at);
    };
    once(diesel::update(standing).set((table::proof.eq(Proof::Failed), table::proof_reason.eq(&why))).execute(conn)?)?;
    touch(conn, version.algorithm_id, at)?;
    tell(conn, version, &format!("did not prove itself: {why}"), at)
}

/// Tells the publisher's people what came of it.
fn tell(conn: &mut Conn, version: &Version, what: &str, at: Time) -> Result<()> {
    let (title, path) = named(conn, version.algorithm_id)?;
    let mut users = team(conn, version.algorithm_id)?;
    users.extend(version.published_by);
    let page = path.replacen("/algorithms/", "/publish/", 1);
    notifications::tell(conn, &users, Kind::Proof, &format!("{title} {} {what}", version.number), &page, at)
}

/// Has a version proved once more, or for the first time.
///
/// # Errors
/// `Conflict` while a run is under way, and once it has proved itself.
pub fn prove_again(conn: &mut Conn, access: &Access, number: &str, at: Time) -> Result<()> {
    let version = versions::by_number(conn, access.algorithm.id, number)?;
    if !version.has_archive() {
        return Err(Error::Conflict(versions::NO_CODE));
    }
    let standing = table::table.find(version.id).filter(table::proof.eq_any([Proof::Failed, Proof::Exempt])).filter(table::withdrawn_at.is_null());
    if diesel::update(standing).set((table::proof.eq(Proof::Due), table::proof_reason.eq(""))).execute(conn)? == 0 {
        return Err(Error::Conflict("Its proof run is under way, or it has proved itself."));
    }
    touch(conn, access.algorithm.id, at)
}
