use serde::Serialize;
use utoipa::ToSchema;

use super::job::Cost;
use super::moment;
use super::problem::Text;
use crate::algorithms::Access;
use crate::measured::Measured;
use crate::overview::Edition;
use crate::package;
use crate::search::Card;

/// An algorithm in a list.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    /// `publisher/name`.
    pub algorithm: String,
    /// On the screen.
    pub title: String,
    /// One line.
    pub summary: String,
    /// Released by the operator of this gallery.
    pub official: bool,
    /// What it does.
    pub task: String,
    /// With what.
    pub framework: String,
    /// SPDX expression, or words.
    pub license: String,
    /// Whether everybody may read the code.
    pub open_source: bool,
    /// `public`, `users` or `private`.
    pub visibility: String,
    /// Number of the newest version; null when all are withdrawn.
    #[schema(required = true)]
    pub version: Option<String>,
    /// Whether that one has constraints to accept.
    pub constrained: bool,
    /// `none` or `gpu`.
    pub accelerator: String,
    /// Whether it runs on several nodes.
    pub distributed: bool,
    /// Active subscriptions.
    pub subscribers: i64,
    /// Members who like it.
    pub likes: i64,
    /// Jobs that completed.
    pub completed: i64,
    /// Jobs that failed.
    pub failed: i64,
    /// Last published or edited.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

impl Summary {
    /// Of a line of the market.
    pub fn of_card(card: &Card) -> Self {
        let (about, counters) = (&card.about, &card.counters);
        Self {
            algorithm: format!("{}/{}", about.publisher.handle, about.name),
            title: about.title.clone(),
            summary: about.summary.clone(),
            official: about.publisher.official,
            task: about.task.clone(),
            framework: about.framework.clone(),
            license: about.license.clone(),
            open_source: about.open_source,
            visibility: about.visibility.to_string(),
            version: about.newest.clone(),
            constrained: about.constrained,
            accelerator: about.accelerator.clone(),
            distributed: about.distributed,
            subscribers: counters.subscribers,
            likes: counters.likes,
            completed: counters.completed,
            failed: counters.failed,
            updated_at: moment(about.updated_at),
        }
    }

    /// Of an algorithm that its reader may see.
    pub fn of_access(access: &Access) -> Self {
        let algorithm = &access.algorithm;
        Self {
            algorithm: format!("{}/{}", access.publisher.handle, algorithm.name),
            title: algorithm.title.clone(),
            summary: algorithm.summary.clone(),
            official: access.publisher.official,
            task: algorithm.task.clone(),
            framework: algorithm.framework.clone(),
            license: algorithm.license.clone(),
            open_source: algorithm.open_source,
            visibility: algorithm.visibility.to_string(),
            version: algorithm.newest.clone(),
            constrained: algorithm.constrained,
            accelerator: algorithm.accelerator.clone(),
            distributed: algorithm.distributed,
            subscribers: algorithm.subscribers,
            likes: algorithm.likes,
            completed: algorithm.completed,
            failed: algorithm.failed,
            updated_at: moment(algorithm.updated_at),
        }
    }
}

/// A page of algorithms, 24 on each.
#[derive(Serialize, ToSchema)]
pub struct Algorithms {
    /// Those on this page.
    pub algorithms: Vec<Summary>,
    /// Its number, from 1.
    pub page: usize,
    /// How many pages.
    pub pages: usize,
    /// How many algorithms on all pages.
    pub total: usize,
}

/// An algorithm with one of its versions.
#[derive(Serialize, ToSchema)]
pub struct Details {
    /// As in a list.
    #[serde(flatten)]
    pub summary: Summary,
    /// Markdown.
    pub description: String,
    /// What you get, Markdown.
    pub delivery: String,
    /// What you may not do or expect, Markdown.
    pub restrictions: String,
    /// Whether you have an active subscription.
    pub subscribed: bool,
    /// The newest 100 versions, the newest first.
    pub versions: Vec<Version>,
    /// The version asked for, else the newest that can be picked; null when all are withdrawn.
    #[schema(required = true)]
    pub chosen: Option<Chosen>,
}

/// An immutable version.
#[derive(Serialize, ToSchema)]
pub struct Version {
    /// `1.2.3`.
    pub version: String,
    /// SHA-256 of its archive, in hex; of what is said of it when its code is not here.
    pub digest: String,
    /// Bytes of the archive; 0 for a catalogue entry, whose code is not here.
    pub size: i64,
    /// When.
    #[schema(format = "date-time")]
    pub published_at: String,
    /// Why nobody new can pick it; null when everybody can.
    #[schema(required = true)]
    pub withdrawn: Option<String>,
}

impl Version {
    /// What a list says of it.
    pub fn of(edition: Edition) -> Self {
        Self {
            version: edition.number,
            digest: edition.digest,
            size: edition.size,
            published_at: moment(edition.published_at),
            withdrawn: edition.withdrawn_at.map(|_| edition.withdrawn_reason.unwrap_or_default()),
        }
    }
}

/// A version with all that a job of it needs to know.
#[derive(Serialize, ToSchema)]
pub struct Chosen {
    /// `1.2.3`.
    pub version: String,
    /// SHA-256 of its archive, in hex; of what is said of it when its code is not here.
    pub digest: String,
    /// Its constraints, Markdown; null when it has none.
    #[schema(required = true)]
    pub constraints: Option<String>,
    /// What you have not accepted yet for this version.
    pub accept: Vec<Text>,
    /// What can be run.
    pub entry_points: Vec<EntryPoint>,
    /// What finished jobs of this version say.
    pub measured: Facts,
}

/// Something that can be run.
#[derive(Serialize, ToSchema)]
pub struct EntryPoint {
    /// As in `MLproject`.
    pub name: String,
    /// In declared order.
    pub parameters: Vec<Parameter>,
}

/// A hyperparameter or an input.
#[derive(Serialize, ToSchema)]
pub struct Parameter {
    /// As in `MLproject`.
    pub name: String,
    /// `int`, `float`, `bool`, `string`, `path` or `uri`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it has when nothing is given; null: it must be given.
    #[schema(required = true)]
    pub default: Option<String>,
    /// The smallest number allowed.
    #[schema(required = true)]
    pub min: Option<f64>,
    /// The largest number allowed.
    #[schema(required = true)]
    pub max: Option<f64>,
    /// The only values allowed, when there are any.
    pub choices: Vec<String>,
    /// Whether a dataset can be given for it.
    pub dataset: bool,
    /// What it does.
    #[schema(required = true)]
    pub description: Option<String>,
}

impl EntryPoint {
    /// Of a manifest.
    pub fn of(entry: package::EntryPoint) -> Self {
        let parameter = |one: package::Parameter| Parameter {
            kind: one.kind.as_str().to_owned(),
            dataset: one.channel,
            name: one.name,
            default: one.default,
            min: one.min,
            max: one.max,
            choices: one.choices,
            description: one.description,
        };
        Self { name: entry.name, parameters: entry.parameters.into_iter().map(parameter).collect() }
    }
}

/// Measured facts from real jobs.
#[derive(Serialize, ToSchema)]
pub struct Facts {
    /// Jobs that completed.
    pub completed: i64,
    /// Jobs that failed.
    pub failed: i64,
    /// Different members who ran them.
    pub people: i64,
    /// Share of finished jobs that completed, 0 to 1; null before the first.
    #[schema(required = true)]
    pub success_rate: Option<f64>,
    /// By size of machine.
    pub flavors: Vec<OnFlavor>,
}

/// What it takes on one size of machine.
#[derive(Serialize, ToSchema)]
pub struct OnFlavor {
    /// Its name as it was at submit.
    pub name: String,
    /// Jobs, failed ones too.
    pub jobs: i64,
    /// Median metered milliseconds of completed jobs.
    #[schema(required = true)]
    pub median_ms: Option<i64>,
    /// Median cost of completed jobs.
    #[schema(required = true)]
    pub median_cost: Option<Cost>,
}

impl Facts {
    /// As the details page shows them.
    pub fn of(measured: &Measured) -> Self {
        let flavors = measured.flavors.iter().map(|on| OnFlavor {
            name: on.name.clone(),
            jobs: on.jobs,
            median_ms: on.median_ms,
            median_cost: on.median_micros.map(|micros| Cost::of(micros, &on.currency)),
        });
        let (completed, failed, people) = (measured.completed, measured.failed, measured.people);
        Self { completed, failed, people, success_rate: measured.success_rate(), flavors: flavors.collect() }
    }
}
