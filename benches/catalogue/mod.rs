//! A catalogue as a busy gallery would have it, for benchmarks and tests: the same for the same seed, straight into the
//! database, ten thousand algorithms in seconds.

mod words;

use diesel::prelude::*;
use galleria::algorithms::{Listing, Visibility};
use galleria::blobs::Blobs;
use galleria::catalogue;
use galleria::clock::Time;
use galleria::db::{Conn, Db};
use galleria::error::Result;
use galleria::package::{self, Accelerator, Manifest, Package};
use galleria::publishers::Kind;
use galleria::schema::{algorithms, publishers, users, versions};
use galleria::versions::{Constraints, Number, keep_text};

use words::{Dice, FRAMEWORKS, GROUPS, LICENSES, METHODS, OUTCOMES, PEOPLE, SENTENCES, SUBJECTS, TASKS};

/// What every generated version runs.
const TRAIN: &str = "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument(\"--rounds\", type=int, default=100)\nparser.add_argument(\"--rate\", type=float, default=0.1)\nprint(parser.parse_args())\n";
const MLPROJECT: &str = "name: generated\nentry_points:\n  main:\n    parameters:\n      rounds: {type: int, default: 100, min: 1, max: 10000, description: Rounds of training}\n      rate: {type: float, default: 0.1, min: 0.0001, max: 1, description: Learning rate}\n    command: \"python train.py --rounds {rounds} --rate {rate}\"\n";

#[derive(Insertable)]
#[diesel(table_name = publishers, treat_none_as_default_value = false)]
struct NewPublisher {
    handle: String,
    kind: Kind,
    name: String,
    about: String,
    official: bool,
    created_at: Time,
}

#[derive(Insertable)]
#[diesel(table_name = algorithms, treat_none_as_default_value = false)]
struct NewAlgorithm {
    publisher_id: i64,
    name: String,
    title: String,
    summary: String,
    description: String,
    delivery: String,
    restrictions: String,
    task: String,
    framework: String,
    license: String,
    open_source: bool,
    visibility: Visibility,
    state: Listing,
    newest: String,
    constrained: bool,
    accelerator: String,
    distributed: bool,
    subscribers: i64,
    likes: i64,
    completed: i64,
    failed: i64,
    trend: f64,
    created_at: Time,
    updated_at: Time,
    touched_at: Time,
    announced: i64,
}

#[derive(Insertable)]
#[diesel(table_name = versions, treat_none_as_default_value = false)]
struct NewVersion {
    algorithm_id: i64,
    number: String,
    rank: i64,
    digest: String,
    size: i64,
    manifest: String,
    files: String,
    readme: String,
    notes: String,
    constraints_digest: Option<String>,
    published_at: Time,
}

/// Adds `count` algorithms, with their publishers and versions, as of `at`.
///
/// # Errors
/// The database's and the disk's.
pub fn generate(db: &Db, blobs: &Blobs, count: usize, seed: u64, at: Time) -> Result<()> {
    let archive = package::pack([("MLproject", MLPROJECT.as_bytes()), ("train.py", TRAIN.as_bytes()), ("README.md", b"# Generated\n".as_slice())])?;
    blobs.put(&archive)?;
    let package = package::read(&archive).map_err(|faults| galleria::error::Error::internal(format!("{faults:?}")))?;
    let mut dice = Dice::new(seed);
    db.write(|conn| {
        let announced = catalogue::advance(conn)?;
        let publishers = add_publishers(conn, count / 12 + 8, &mut dice, at)?;
        let mut drafts: Vec<Draft> = (0..count).map(|place| Draft::new(&mut dice, &package.manifest, place, count)).collect();
        let rows: Vec<NewAlgorithm> = drafts.iter_mut().map(|draft| draft.row(&mut dice, &publishers, announced, at)).collect();
        for part in rows.chunks(500) {
            galleria::per_backend!(conn, c => diesel::insert_into(algorithms::table).values(part).execute(c))?;
        }
        let added = algorithms::table.filter(algorithms::announced.eq(announced)).order(algorithms::id).select(algorithms::id);
        let ids: Vec<i64> = added.load(conn)?;
        let mut rows = Vec::new();
        for (draft, id) in drafts.iter().zip(ids) {
            rows.extend(draft.versions(conn, id, &package, &mut dice, at)?);
        }
        for part in rows.chunks(500) {
            galleria::per_backend!(conn, c => diesel::insert_into(versions::table).values(part).execute(c))?;
        }
        Ok(())
    })
}

/// People and organisations, some of them official; their ids with the ones that publish most first.
fn add_publishers(conn: &mut Conn, count: usize, dice: &mut Dice, at: Time) -> Result<Vec<i64>> {
    let row = |number: usize, dice: &mut Dice| {
        let official = number % 25 == 3;
        let person = dice.percent(55) && !official;
        let word = if person { dice.one(&PEOPLE) } else { dice.one(&GROUPS) };
        NewPublisher {
            handle: format!("{word}-{number}"),
            kind: if person { Kind::User } else { Kind::Organisation },
            name: format!("{}{} {number}", word[..1].to_uppercase(), &word[1..]),
            about: format!("{}\n", dice.one(&SENTENCES)),
            official,
            created_at: at - chrono::Duration::days(900),
        }
    };
    let rows: Vec<NewPublisher> = (0..count).map(|number| row(number, dice)).collect();
    galleria::per_backend!(conn, c => diesel::insert_into(publishers::table).values(&rows).execute(c))?;
    let handles: Vec<&str> = rows.iter().map(|row| row.handle.as_str()).collect();
    let added = publishers::table.filter(publishers::handle.eq_any(handles)).order(publishers::id).select((publishers::id, publishers::kind));
    let added: Vec<(i64, Kind)> = added.load(conn)?;
    let people = added.iter().filter(|(_, kind)| *kind == Kind::User);
    let accounts: Vec<_> = people.map(|(id, _)| (users::id.eq(*id), users::created_at.eq(at))).collect();
    galleria::per_backend!(conn, c => diesel::insert_into(users::table).values(&accounts).execute(c))?;
    Ok(added.into_iter().map(|(id, _)| id).collect())
}

/// An algorithm before it has a row.
struct Draft {
    place: usize,
    title: String,
    manifest: Manifest,
    versions: usize,
    /// How much it is used, from 0 to 1.
    fame: f64,
}

impl Draft {
    fn new(dice: &mut Dice, template: &Manifest, place: usize, count: usize) -> Self {
        let title = format!("{} {}", dice.one(&SUBJECTS), dice.common(&METHODS));
        let mut manifest = template.clone();
        let about = &mut manifest.about;
        about.title = Some(title.clone());
        about.summary = Some(format!("{}; {}.", dice.one(&OUTCOMES), dice.one(&OUTCOMES).to_lowercase()));
        about.task = Some(dice.common(&TASKS).to_owned());
        about.framework = Some(dice.common(&FRAMEWORKS).to_owned());
        about.license = Some(dice.common(&LICENSES).to_owned());
        about.open_source = Some(dice.percent(78));
        about.delivery = Some("A trained model, its metrics and a report as HTML.".to_owned());
        about.restrictions = dice.percent(40).then(|| "No warranty; check the result before it decides about people.".to_owned());
        about.constraints =
            dice.percent(40).then(|| format!("{}\n\n- Do not use it for {}.", dice.one(&SENTENCES), dice.one(&SUBJECTS).to_lowercase()));
        about.requires.accelerator = if dice.percent(22) { Accelerator::Gpu } else { Accelerator::None };
        about.requires.distributed = dice.percent(5);
        let fame = 1.0 / (dice.below(count) as f64 + 1.0).powf(0.8);
        Self { place, title, manifest, versions: 1 + dice.zipf(6), fame }
    }

    fn row(&mut self, dice: &mut Dice, publishers: &[i64], announced: i64, at: Time) -> NewAlgorithm {
        let about = &self.manifest.about;
        let subscribers = (self.fame * 5_000.0 * dice.share()) as i64;
        let (runs, failing) = (subscribers * dice.below(16) as i64, if dice.percent(80) { 0.02 } else { 0.25 });
        let failed = (runs as f64 * failing * dice.share()) as i64;
        let created_at = at - chrono::Duration::minutes(1 + (dice.share() * 1_000_000.0) as i64);
        let updated_at = created_at + (at - created_at) * i32::try_from(dice.below(100)).unwrap_or(0) / 100;
        let slug: String =
            self.title.to_lowercase().chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).take(30).collect();
        NewAlgorithm {
            publisher_id: publishers[dice.zipf(publishers.len())],
            name: format!("{}-{}", slug.trim_matches('-'), self.place),
            title: self.title.clone(),
            summary: about.summary.clone().unwrap_or_default(),
            description: String::new(),
            delivery: about.delivery.clone().unwrap_or_default(),
            restrictions: about.restrictions.clone().unwrap_or_default(),
            task: about.task.clone().unwrap_or_default(),
            framework: about.framework.clone().unwrap_or_default(),
            license: about.license.clone().unwrap_or_default(),
            open_source: about.open_source.unwrap_or(false),
            visibility: if dice.percent(97) { Visibility::Public } else { Visibility::Private },
            state: if dice.percent(98) { Listing::Listed } else { Listing::Delisted },
            newest: format!("1.{}.0", self.versions - 1),
            constrained: about.has_constraints(),
            accelerator: about.requires.accelerator.as_str().to_owned(),
            distributed: about.requires.distributed,
            subscribers,
            likes: (subscribers as f64 * dice.share() * 0.4) as i64,
            completed: runs - failed,
            failed,
            trend: (subscribers as f64 + 1.0).ln() * dice.share(),
            created_at,
            updated_at,
            touched_at: updated_at,
            announced,
        }
    }

    fn versions(&self, conn: &mut Conn, algorithm_id: i64, package: &Package, dice: &mut Dice, at: Time) -> Result<Vec<NewVersion>> {
        let manifest = serde_json::to_string(&self.manifest)?;
        let constraints = Constraints::of(&self.manifest).map(|constraints| keep_text(conn, &constraints.whole())).transpose()?;
        let mut rows = Vec::new();
        for minor in 0..self.versions {
            let number: Number = format!("1.{minor}.0").parse().map_err(galleria::error::Error::internal)?;
            rows.push(NewVersion {
                algorithm_id,
                number: number.to_string(),
                rank: number.rank(),
                digest: package.digest.clone(),
                size: i64::try_from(package.size).unwrap_or(i64::MAX),
                manifest: manifest.clone(),
                files: serde_json::to_string(&package.files)?,
                readme: self.readme(dice),
                notes: format!("- {}\n", dice.one(&SENTENCES)),
                constraints_digest: constraints.clone(),
                published_at: at - chrono::Duration::days(i64::try_from(self.versions - minor).unwrap_or(1) * 30),
            });
        }
        Ok(rows)
    }

    /// Half a screen to several.
    fn readme(&self, dice: &mut Dice) -> String {
        let mut text = format!("# {}\n\n{}\n", self.title, dice.one(&OUTCOMES));
        for number in 0..1 + dice.zipf(24) {
            text += &format!(
                "\n## Part {number}\n\n{} {} {}\n\n- {}\n- {}\n",
                dice.one(&SENTENCES),
                dice.one(&SENTENCES),
                dice.one(&SENTENCES),
                dice.one(&OUTCOMES),
                dice.one(&OUTCOMES)
            );
            if number % 3 == 0 {
                text += "\n```python\nimport json\nwith open(\"metrics.json\") as file:\n    print(json.load(file)[\"accuracy\"])\n```\n";
            }
        }
        text
    }
}
