use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::stored::{self, GONE, Local, Publisher, Row, Standing, Stored};
use super::{Edition, Entry, Words};
use crate::algorithms::{Algorithm, Listing, Visibility};
use crate::catalogue;
use crate::clock::{self, Time};
use crate::db::Conn;
use crate::error::Result;
use crate::schema::{algorithms, texts, versions};

/// Rows of one statement, by what PostgreSQL takes: 65,535 values.
const ROWS: usize = 500;

/// What became of the entries of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Were not there.
    pub new: u64,
    /// Said something else.
    pub changed: u64,
    /// Were as the line has them.
    pub same: u64,
    /// Were published here with their code: what their publishers say counts.
    pub uploaded: u64,
    /// Places of those that were refused: they would be new among what an official publisher has released.
    pub refused: Vec<usize>,
}

/// Of figures; places are of one batch.
impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, more: Self) {
        self.new += more.new;
        self.changed += more.changed;
        self.same += more.same;
        self.uploaded += more.uploaded;
    }
}

/// Puts entries into the gallery, public and listed, as of `at`; no two of them of one publisher and name. Entries that are there
/// say what the lines say from now on; lists see it all at the end of the transaction.
///
/// # Errors
/// Only the database's.
pub fn put(conn: &mut Conn, entries: &[Entry], at: Time) -> Result<Outcome> {
    let publishers = stored::publishers(conn, entries, at)?;
    let keyed = entries.iter().enumerate().filter_map(|(place, entry)| Some((*publishers.get(entry.publisher.as_str())?, place, entry)));
    let keyed: Vec<(Publisher, usize, &Entry)> = keyed.collect();
    let keys: Vec<(i64, &str)> = keyed.iter().map(|(publisher, _, entry)| (publisher.id, entry.name.as_str())).collect();
    let stored = stored::algorithms(conn, &keys)?;
    let ids: Vec<i64> = stored.values().map(|stored| stored.algorithm.id).collect();
    let local = if ids.is_empty() { Local::default() } else { Local::of(conn, &ids)? };
    let mut outcome = Outcome::default();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (publisher, place, entry) in keyed {
        match stored.get(&(publisher.id, entry.name.to_string())) {
            None if publisher.official => outcome.refused.push(place),
            None => new.push((publisher.id, entry)),
            Some(stored) if stored.is_uploaded() => outcome.uploaded += 1,
            Some(stored) if is_same(entry, stored, &local) => outcome.same += 1,
            Some(stored) => changed.push((stored, entry)),
        }
    }
    (outcome.new, outcome.changed) = (new.len() as u64, changed.len() as u64);
    if new.is_empty() && changed.is_empty() {
        return Ok(outcome);
    }
    keep_texts(conn, new.iter().map(|(_, entry)| *entry).chain(changed.iter().map(|(_, entry)| *entry)))?;
    changed.sort_by_key(|(stored, _)| stored.algorithm.id);
    change(conn, &changed, at)?;
    // The sequence last, whose lock everybody waits for; new rows are nobody else's yet.
    let announced = catalogue::advance(conn)?;
    add(conn, &new, announced, at)?;
    let ids: Vec<i64> = changed.iter().map(|(stored, _)| stored.algorithm.id).collect();
    diesel::update(algorithms::table.filter(algorithms::id.eq_any(ids))).set(algorithms::announced.eq(announced)).execute(conn)?;
    Ok(outcome)
}

fn is_same(entry: &Entry, stored: &Stored, local: &Local) -> bool {
    let Algorithm { id, title, summary, description, task, framework, license, open_source, .. } = stored.algorithm.clone();
    let said: HashMap<String, &str> = entry.editions.iter().map(|edition| (edition.number.to_string(), edition.digest.as_str())).collect();
    let as_said = |version: &Row| match version.standing() {
        Standing::Offered => said.get(&version.number) == Some(&version.digest.as_str()),
        Standing::Gone => !said.contains_key(&version.number),
        Standing::Withdrawn => true,
    };
    let known: HashSet<&str> = stored.versions.iter().map(|version| version.number.as_str()).collect();
    Words { title, summary, description, task, framework, license, open_source } == entry.words
        && entry.updated_at.is_none_or(|at| at == stored.algorithm.updated_at)
        && stored.algorithm.subscribers == entry.subscribers + local.subscribers(id)
        && stored.algorithm.likes == entry.likes + local.likes(id)
        && said.keys().all(|number| known.contains(number.as_str()))
        && stored.versions.iter().all(as_said)
}

/// Texts that people will be asked to accept, each once.
fn keep_texts<'a>(conn: &mut Conn, entries: impl Iterator<Item = &'a Entry>) -> Result<()> {
    let bodies = entries.flat_map(|entry| &entry.editions).filter_map(|edition| edition.constraints.as_deref());
    let texts: BTreeMap<String, &str> = bodies.map(|body| (crate::versions::digest(body), body)).collect();
    let rows: Vec<_> = texts.iter().map(|(digest, body)| (texts::digest.eq(digest), texts::body.eq(*body))).collect();
    for part in rows.chunks(ROWS) {
        crate::per_backend!(conn, c => diesel::insert_into(texts::table).values(part).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Brings entries that are there up to what their lines say.
fn change(conn: &mut Conn, changed: &[(&Stored, &Entry)], at: Time) -> Result<()> {
    for (stored, entry) in changed {
        let row = diesel::update(algorithms::table.find(stored.algorithm.id));
        let updated = algorithms::updated_at.eq(entry.updated_at.unwrap_or(at));
        row.set((&entry.words, Newest::of(entry, &stored.versions), updated)).execute(conn)?;
        change_versions(conn, stored, entry, at)?;
    }
    // The rows are this transaction's now, and nobody else moves their counters before its end.
    let ids: Vec<i64> = changed.iter().map(|(stored, _)| stored.algorithm.id).collect();
    let local = Local::of(conn, &ids)?;
    for (stored, entry) in changed {
        let id = stored.algorithm.id;
        let (subscribers, likes) = (entry.subscribers + local.subscribers(id), entry.likes + local.likes(id));
        let set = (algorithms::subscribers.eq(subscribers), algorithms::likes.eq(likes));
        diesel::update(algorithms::table.find(id)).set(set).execute(conn)?;
    }
    Ok(())
}

fn change_versions(conn: &mut Conn, stored: &Stored, entry: &Entry, at: Time) -> Result<()> {
    let known: HashMap<&str, _> = stored.versions.iter().map(|version| (version.number.as_str(), version)).collect();
    let mut added = Vec::new();
    let mut said = HashSet::new();
    for edition in &entry.editions {
        let number = edition.number.to_string();
        match known.get(number.as_str()) {
            None => added.push(NewVersion::of(stored.algorithm.id, edition, entry, at)),
            Some(version) if version.standing() == Standing::Withdrawn => {}
            Some(version) if version.digest == edition.digest && version.standing() == Standing::Offered => {}
            Some(version) => {
                let content = (versions::manifest.eq(&edition.manifest), versions::digest.eq(&edition.digest));
                let constraints = versions::constraints_digest.eq(edition.constraints.as_deref().map(crate::versions::digest));
                let standing = (versions::withdrawn_at.eq(None::<Time>), versions::withdrawn_reason.eq(None::<String>));
                diesel::update(versions::table.find(version.id)).set((content, constraints, standing)).execute(conn)?;
            }
        }
        said.insert(number);
    }
    insert_versions(conn, &added)?;
    let gone = stored.versions.iter().filter(|version| version.standing() == Standing::Offered && !said.contains(&version.number));
    let gone: Vec<i64> = gone.map(|version| version.id).collect();
    let set = (versions::withdrawn_at.eq(at), versions::withdrawn_reason.eq(GONE));
    diesel::update(versions::table.filter(versions::id.eq_any(gone))).set(set).execute(conn)?;
    Ok(())
}

/// What lists show of the newest version.
#[derive(Debug, Clone, AsChangeset, Insertable)]
#[diesel(table_name = algorithms, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Newest {
    newest: Option<String>,
    constrained: bool,
    accelerator: &'static str,
    distributed: bool,
}

impl Newest {
    /// `stored`: the versions that are there.
    fn of(entry: &Entry, stored: &[Row]) -> Self {
        let withdrawn = stored.iter().filter(|version| version.standing() == Standing::Withdrawn);
        let withdrawn: HashSet<&str> = withdrawn.map(|version| version.number.as_str()).collect();
        let newest = entry.editions.iter().rev().find(|edition| !withdrawn.contains(edition.number.to_string().as_str()));
        Self {
            newest: newest.map(|edition| edition.number.to_string()),
            constrained: newest.is_some_and(|edition| edition.constraints.is_some()),
            accelerator: newest.map_or("none", |edition| edition.accelerator),
            distributed: newest.is_some_and(|edition| edition.distributed),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = algorithms, treat_none_as_default_value = false)]
struct NewAlgorithm {
    publisher_id: i64,
    name: String,
    #[diesel(embed)]
    words: Words,
    delivery: &'static str,
    restrictions: &'static str,
    visibility: Visibility,
    state: Listing,
    #[diesel(embed)]
    newest: Newest,
    subscribers: i64,
    likes: i64,
    created_at: Time,
    updated_at: Time,
    touched_at: Time,
    announced: i64,
}

#[derive(Insertable)]
#[diesel(table_name = versions, treat_none_as_default_value = false)]
struct NewVersion<'a> {
    algorithm_id: i64,
    number: String,
    rank: i64,
    digest: &'a str,
    /// None: its archive is not here.
    size: i64,
    manifest: &'a str,
    files: &'static str,
    readme: &'static str,
    notes: &'static str,
    constraints_digest: Option<String>,
    published_at: Time,
}

impl<'a> NewVersion<'a> {
    fn of(algorithm_id: i64, edition: &'a Edition, entry: &Entry, at: Time) -> Self {
        Self {
            algorithm_id,
            number: edition.number.to_string(),
            rank: edition.number.rank(),
            digest: &edition.digest,
            size: 0,
            manifest: &edition.manifest,
            files: "[]",
            readme: "",
            notes: "",
            constraints_digest: edition.constraints.as_deref().map(crate::versions::digest),
            published_at: entry.updated_at.unwrap_or(at),
        }
    }
}

/// Adds entries that are not there.
fn add(conn: &mut Conn, new: &[(i64, &Entry)], announced: i64, at: Time) -> Result<()> {
    let row = |(publisher_id, entry): &(i64, &Entry)| {
        let updated_at = entry.updated_at.unwrap_or(at);
        NewAlgorithm {
            publisher_id: *publisher_id,
            name: entry.name.to_string(),
            words: entry.words.clone(),
            delivery: "",
            restrictions: "",
            visibility: Visibility::Public,
            state: Listing::Listed,
            newest: Newest::of(entry, &[]),
            subscribers: entry.subscribers,
            likes: entry.likes,
            created_at: updated_at,
            updated_at,
            // They are announced, which says all there is to say: whoever looks for counters that changed need not look at them.
            touched_at: clock::NEVER,
            announced,
        }
    };
    for part in new.chunks(ROWS) {
        let rows: Vec<NewAlgorithm> = part.iter().map(row).collect();
        crate::per_backend!(conn, c => diesel::insert_into(algorithms::table).values(&rows).execute(c))?;
    }
    let added = algorithms::table.filter(algorithms::announced.eq(announced));
    let ids: Vec<(i64, String, i64)> = added.select((algorithms::publisher_id, algorithms::name, algorithms::id)).load(conn)?;
    let ids: HashMap<(i64, String), i64> = ids.into_iter().map(|(publisher, name, id)| ((publisher, name), id)).collect();
    let mut rows = Vec::new();
    for (publisher, entry) in new {
        let Some(id) = ids.get(&(*publisher, entry.name.to_string())) else { continue };
        rows.extend(entry.editions.iter().map(|edition| NewVersion::of(*id, edition, entry, at)));
    }
    insert_versions(conn, &rows)
}

fn insert_versions(conn: &mut Conn, rows: &[NewVersion<'_>]) -> Result<()> {
    for part in rows.chunks(ROWS) {
        crate::per_backend!(conn, c => diesel::insert_into(versions::table).values(part).execute(c))?;
    }
    Ok(())
}
