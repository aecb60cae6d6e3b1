use std::collections::HashMap;

use diesel::prelude::*;

use super::{Dataset, Version};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{dataset_versions, datasets, job_inputs, jobs};

/// A dataset in the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The dataset.
    pub dataset: Dataset,
    /// Its newest version.
    pub newest: Version,
    /// How many jobs used any version of it.
    pub jobs: i64,
}

/// A version that can be given to a job, under the name of its dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Of the dataset.
    pub name: String,
    /// The version.
    pub version: Version,
}

impl Choice {
    /// `name@2`, as it stands in a form.
    pub fn value(&self) -> String {
        format!("{}@{}", self.name, self.version.number)
    }
}

/// A job that used a dataset.
#[derive(Debug, Clone, Queryable)]
pub struct Use {
    /// Which version.
    pub number: i64,
    /// As which input.
    pub input: String,
    /// The job's id.
    pub job: i64,
    /// Where it ran.
    pub region: String,
    /// Its name.
    pub name: String,
    /// When it was submitted.
    pub created_at: Time,
}

type Pair = (Dataset, Version);

/// A member's datasets with one version each: the newest.
macro_rules! with_newest {
    ($owner:expr) => {{
        let later = diesel::alias!(dataset_versions as later);
        let newer = later
            .filter(later.field(dataset_versions::dataset_id).eq(dataset_versions::dataset_id))
            .filter(later.field(dataset_versions::number).gt(dataset_versions::number));
        datasets::table
            .inner_join(dataset_versions::table)
            .filter(datasets::owner_id.eq($owner))
            .filter(datasets::deleted_at.is_null())
            .filter(diesel::dsl::not(diesel::dsl::exists(newer)))
    }};
}

/// This member's datasets, the last changed first.
///
/// # Errors
/// Only the database's.
pub fn list(conn: &mut Conn, owner: i64, offset: i64, limit: i64) -> Result<Vec<Listed>> {
    let page = with_newest!(owner).order((dataset_versions::created_at.desc(), datasets::id.desc())).offset(offset).limit(limit);
    let found: Vec<Pair> = page.select((Dataset::as_select(), Version::as_select())).load(conn)?;
    let ids: Vec<i64> = found.iter().map(|(dataset, _)| dataset.id).collect();
    let used = job_inputs::table.inner_join(dataset_versions::table).filter(dataset_versions::dataset_id.eq_any(ids));
    let used = used.group_by(dataset_versions::dataset_id);
    let used: Vec<(i64, i64)> = used.select((dataset_versions::dataset_id, diesel::dsl::count_star())).load(conn)?;
    let used: HashMap<i64, i64> = used.into_iter().collect();
    let listed = |(dataset, newest): Pair| Listed { jobs: used.get(&dataset.id).copied().unwrap_or(0), dataset, newest };
    Ok(found.into_iter().map(listed).collect())
}

/// How many they have.
///
/// # Errors
/// Only the database's.
pub fn count(conn: &mut Conn, owner: i64) -> Result<i64> {
    let theirs = datasets::table.filter(datasets::owner_id.eq(owner)).filter(datasets::deleted_at.is_null());
    Ok(theirs.count().get_result(conn)?)
}

/// Bytes of all their versions.
pub(super) fn used_bytes(conn: &mut Conn, owner: i64) -> Result<i64> {
    let theirs = dataset_versions::table.inner_join(datasets::table).filter(datasets::owner_id.eq(owner));
    let sizes: Vec<i64> = theirs.filter(datasets::deleted_at.is_null()).select(dataset_versions::size).order(dataset_versions::id).load(conn)?;
    Ok(sizes.into_iter().fold(0, i64::saturating_add))
}

/// A dataset of this member.
///
/// # Errors
/// `NotFound`, also when it is somebody else's or deleted.
pub fn find(conn: &mut Conn, owner: i64, id: i64) -> Result<Dataset> {
    let one = datasets::table.find(id).filter(datasets::owner_id.eq(owner)).filter(datasets::deleted_at.is_null());
    Ok(one.select(Dataset::as_select()).first(conn)?)
}

/// The versions of a dataset, the newest first; at most 200.
///
/// # Errors
/// Only the database's.
pub fn versions_of(conn: &mut Conn, dataset: i64) -> Result<Vec<Version>> {
    let its = dataset_versions::table.filter(dataset_versions::dataset_id.eq(dataset)).order(dataset_versions::number.desc());
    Ok(its.limit(200).select(Version::as_select()).load(conn)?)
}

/// One version of a dataset.
///
/// # Errors
/// `NotFound`.
pub fn version(conn: &mut Conn, dataset: i64, number: i64) -> Result<Version> {
    let one = dataset_versions::table.filter(dataset_versions::dataset_id.eq(dataset)).filter(dataset_versions::number.eq(number));
    Ok(one.select(Version::as_select()).first(conn)?)
}

pub(super) fn newest(conn: &mut Conn, dataset: i64) -> Result<Version> {
    let its = dataset_versions::table.filter(dataset_versions::dataset_id.eq(dataset)).order(dataset_versions::number.desc());
    Ok(its.select(Version::as_select()).first(conn)?)
}

/// What a member can give to a job: the newest version of each dataset, the last changed first; at most 200.
///
/// # Errors
/// Only the database's.
pub fn choices(conn: &mut Conn, owner: i64) -> Result<Vec<Choice>> {
    let page = with_newest!(owner).order((dataset_versions::created_at.desc(), datasets::id.desc())).limit(200);
    let found: Vec<Pair> = page.select((Dataset::as_select(), Version::as_select())).load(conn)?;
    Ok(found.into_iter().map(|(dataset, version)| Choice { name: dataset.name, version }).collect())
}

/// The version that `name@2`, or `name` for the newest, means to this member.
///
/// # Errors
/// Only the database's.
pub fn named(conn: &mut Conn, owner: i64, value: &str) -> Result<Option<Choice>> {
    let (name, number) = match value.rsplit_once('@') {
        Some((name, number)) => match number.parse::<i64>() {
            Ok(number) => (name, Some(number)),
            Err(_) => return Ok(None),
        },
        None => (value, None),
    };
    let theirs = datasets::table.inner_join(dataset_versions::table).filter(datasets::owner_id.eq(owner)).filter(datasets::name.eq(name));
    let mut theirs = theirs.filter(datasets::deleted_at.is_null()).into_boxed();
    if let Some(number) = number {
        theirs = theirs.filter(dataset_versions::number.eq(number));
    }
    let found: Option<Version> = theirs.order(dataset_versions::number.desc()).select(Version::as_select()).first(conn).optional()?;
    Ok(found.map(|version| Choice { name: name.to_owned(), version }))
}

/// The jobs that used a dataset and still stand, the latest first; at most 50.
///
/// # Errors
/// Only the database's.
pub fn uses(conn: &mut Conn, dataset: i64) -> Result<Vec<Use>> {
    let joined = job_inputs::table.inner_join(jobs::table).inner_join(dataset_versions::table);
    let its = joined.filter(dataset_versions::dataset_id.eq(dataset)).filter(jobs::deleted_at.is_null());
    let columns = (dataset_versions::number, job_inputs::name, jobs::id, jobs::region, jobs::name, jobs::created_at);
    Ok(its.order((jobs::id.desc(), job_inputs::name)).limit(50).select(columns).load(conn)?)
}

/// The datasets that a job was given: the input's name, the dataset and its version. Deleted ones too.
///
/// # Errors
/// Only the database's.
pub fn inputs_of(conn: &mut Conn, job: i64) -> Result<Vec<(String, Dataset, Version)>> {
    let its = job_inputs::table.inner_join(dataset_versions::table.inner_join(datasets::table)).filter(job_inputs::job_id.eq(job));
    Ok(its.order(job_inputs::name).select((job_inputs::name, Dataset::as_select(), Version::as_select())).load(conn)?)
}

/// Notes that a job was given this version as the input `name`.
///
/// # Errors
/// Only the database's.
pub fn input_of(conn: &mut Conn, job: i64, name: &str, version: i64) -> Result<()> {
    let row = (job_inputs::job_id.eq(job), job_inputs::name.eq(name), job_inputs::dataset_version_id.eq(version));
    diesel::insert_into(job_inputs::table).values(row).execute(conn)?;
    Ok(())
}

/// Whether any version has these bytes and still needs them.
///
/// # Errors
/// Only the database's.
pub fn is_known(conn: &mut Conn, digest: &str) -> Result<bool> {
    let some = dataset_versions::table.filter(dataset_versions::digest.eq(digest)).filter(dataset_versions::emptied_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(some)).get_result(conn)?)
}
