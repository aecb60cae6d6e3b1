use diesel::prelude::*;

use super::list::{find, newest, used_bytes};
use super::{Dataset, FileName, Name, Version};
use crate::clock::Time;
use crate::config::Size;
use crate::db::Conn;
use crate::error::{Error, OrConflict, Result};
use crate::schema::{dataset_versions, datasets, job_inputs, jobs, users};

/// A file whose bytes are in the store already.
#[derive(Debug, Clone)]
pub struct Stored {
    /// As jobs will see it.
    pub file_name: FileName,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// How many bytes a member may upload until their datasets have `total`.
///
/// # Errors
/// Only the database's.
pub fn room(conn: &mut Conn, owner: i64, total: Size) -> Result<u64> {
    let used = u64::try_from(used_bytes(conn, owner)?).unwrap_or(0);
    Ok(total.bytes().saturating_sub(used))
}

/// Whether a file of this size has room.
///
/// # Errors
/// `Refused` beside `file` when it has not.
pub fn require_room(room: u64, size: u64, total: Size) -> Result<()> {
    if size <= room {
        return Ok(());
    }
    Err(Error::refused("file", format!("With this file your datasets would take more than {total}. Delete some first.")))
}

/// A new dataset with this file as its first version; the member's datasets may have `total` in all.
///
/// # Errors
/// `Refused` beside `name` when the member has one of that name, beside `file` when it would be too much.
pub fn create(conn: &mut Conn, owner: i64, name: &Name, file: &Stored, total: Size, at: Time) -> Result<Dataset> {
    let row = (datasets::owner_id.eq(owner), datasets::name.eq(name), datasets::created_at.eq(at));
    let made = diesel::insert_into(datasets::table).values(row).returning(datasets::all_columns).get_result(conn).or_conflict("");
    let dataset: Dataset = match made {
        Err(Error::Conflict(_)) => return Err(Error::refused("name", "You have a dataset of this name. Open it to upload a new version.")),
        made => made?,
    };
    add(conn, &dataset, 1, file, total, at)?;
    Ok(dataset)
}

/// This file as the next version of a dataset; the bytes of its newest version again are no new one.
///
/// # Errors
/// `NotFound` when it is not this member's; `Refused` beside `file` when it would be too much.
pub fn extend(conn: &mut Conn, owner: i64, id: i64, file: &Stored, total: Size, at: Time) -> Result<Dataset> {
    let dataset = find(conn, owner, id)?;
    let newest = newest(conn, id)?;
    if newest.digest != file.digest || newest.file_name != file.file_name.as_str() {
        add(conn, &dataset, newest.number + 1, file, total, at)?;
    }
    Ok(dataset)
}

fn add(conn: &mut Conn, dataset: &Dataset, number: i64, file: &Stored, total: Size, at: Time) -> Result<()> {
    // Uploads of one member come one after the other from here on, or each would find the room that the other takes.
    diesel::update(users::table.find(dataset.owner_id)).set(users::email.eq(users::email)).execute(conn)?;
    require_room(room(conn, dataset.owner_id, total)?, file.size, total)?;
    let size = i64::try_from(file.size).unwrap_or(i64::MAX);
    let row = (
        dataset_versions::dataset_id.eq(dataset.id),
        dataset_versions::number.eq(number),
        dataset_versions::file_name.eq(file.file_name.as_str()),
        dataset_versions::format.eq(file.file_name.format()),
        dataset_versions::digest.eq(&file.digest),
        dataset_versions::size.eq(size),
        dataset_versions::created_at.eq(at),
    );
    let added = diesel::insert_into(dataset_versions::table).values(row).execute(conn);
    added.or_conflict("Another version of this dataset came in at the same moment. Please upload yours again.").map(drop)
}

/// Deletes a dataset: it can be neither seen nor chosen any more, and its bytes go with the next sweep. Jobs that used it still
/// name it. Doing it twice is one deletion.
///
/// # Errors
/// `NotFound` when it is not this member's; `Conflict` while a job that uses it is under way.
pub fn delete(conn: &mut Conn, owner: i64, id: i64, at: Time) -> Result<()> {
    find(conn, owner, id)?;
    let users = job_inputs::table.inner_join(jobs::table).inner_join(dataset_versions::table);
    let running = users.filter(dataset_versions::dataset_id.eq(id)).filter(jobs::ended_at.is_null());
    if diesel::select(diesel::dsl::exists(running)).get_result(conn)? {
        return Err(Error::Conflict("A job that uses this dataset is under way. Wait for its end or stop it first."));
    }
    diesel::update(datasets::table.find(id)).set(datasets::deleted_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Deletes all datasets of a member who goes.
///
/// # Errors
/// Only the database's.
pub fn delete_all(conn: &mut Conn, owner: i64, at: Time) -> Result<()> {
    let theirs = datasets::table.filter(datasets::owner_id.eq(owner)).filter(datasets::deleted_at.is_null());
    diesel::update(theirs).set((datasets::deleted_at.eq(at), datasets::name.eq("deleted"))).execute(conn)?;
    Ok(())
}

/// Notes which versions of deleted datasets have lost their bytes, and gives the digests that nobody needs any more: no living
/// dataset, and no job under way. At most 1,000 at a time.
///
/// # Errors
/// Only the database's.
pub fn discard_unused(conn: &mut Conn, at: Time) -> Result<Vec<String>> {
    let joined = dataset_versions::table.inner_join(datasets::table);
    let gone = joined.filter(datasets::deleted_at.is_not_null()).filter(dataset_versions::emptied_at.is_null());
    let gone: Vec<Version> = gone.order(dataset_versions::id).limit(1000).select(Version::as_select()).load(conn)?;
    let mut digests = Vec::new();
    for version in gone {
        let running = job_inputs::table.inner_join(jobs::table).filter(job_inputs::dataset_version_id.eq(version.id));
        if diesel::select(diesel::dsl::exists(running.filter(jobs::ended_at.is_null()))).get_result(conn)? {
            continue;
        }
        diesel::update(dataset_versions::table.find(version.id)).set(dataset_versions::emptied_at.eq(at)).execute(conn)?;
        digests.push(version.digest);
    }
    let still: Vec<String> = dataset_versions::table
        .filter(dataset_versions::emptied_at.is_null())
        .filter(dataset_versions::digest.eq_any(&digests))
        .select(dataset_versions::digest)
        .order(dataset_versions::id)
        .load(conn)?;
    digests.retain(|digest| !still.contains(digest));
    Ok(digests)
}
