use std::collections::BTreeMap;
use std::fs::File;

use diesel::prelude::*;

use super::submit::NewJob;
use super::{Hardware, typed};
use crate::blobs::Blobs;
use crate::config::{EngineKind, Flavor, Region, Size};
use crate::datasets::{self, Choice};
use crate::db::Conn;
use crate::engine::Input;
use crate::engines::Room;
use crate::error::{Mistakes, Result};
use crate::package::{Channel, EntryPoint, Kind, Manifest, PackedFile, Parameter, Requires, is_inside};
use crate::schema::jobs;
use crate::versions::{self, Version};

/// Everything a person typed or sent for a job, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The same twice is one job; empty: never the same.
    pub launch_id: String,
    /// On the screen.
    pub name: String,
    /// The owner's own words.
    pub description: String,
    /// Empty: the default one.
    pub entry_point: String,
    /// `param.NAME`.
    pub values: BTreeMap<String, String>,
    /// `input.NAME`: a dataset as `name@2` or `name`, or a file of the version.
    pub inputs: BTreeMap<String, String>,
    /// `env.NAME`, in the order typed.
    pub environment: Vec<(String, String)>,
    /// Its id.
    pub flavor: String,
    /// Empty: one.
    pub nodes: String,
    /// Empty: none.
    pub retries: String,
    /// `90s`, `30m`, `2h`, seconds; empty: no limit.
    pub stop_after: String,
}

/// What a job can be launched with: a version on the hardware of a region.
pub struct Launch<'a> {
    /// Where.
    pub region: &'a Region,
    /// What all its jobs may have together; `None` when the engine queues by itself.
    pub room: Option<Room>,
    /// Why no packages can be installed there, in a sentence; `None` when they can.
    pub no_packages: Option<&'a str>,
    /// In which currency its prices are.
    pub currency: &'a str,
    /// What.
    pub version: &'a Version,
    /// What its `MLproject` says.
    pub manifest: &'a Manifest,
    /// The files of its archive.
    pub files: &'a [PackedFile],
    /// The datasets that its owner can give to it.
    pub datasets: &'a [Choice],
    /// Where their bytes are; `None`: nobody looks into them.
    pub store: Option<&'a Blobs>,
}

/// What a job runs with: the values of its command, and the datasets among them.
struct Values {
    /// In declared order.
    parameters: Vec<(String, String)>,
    /// The input's name and the version's id.
    datasets: Vec<(String, i64)>,
}

impl Launch<'_> {
    /// The job that was typed, or every mistake beside its field.
    ///
    /// # Errors
    /// A sentence for each field: `name`, `version`, `entry_point`, `param.NAME`, `env`, `flavor`, `nodes` …
    pub fn check(&self, typed: &Typed) -> Result<NewJob, Mistakes> {
        let mut wrong = Mistakes::new();
        let mut keep = |field: &str, said: Result<(), String>| drop(said.map_err(|sentence| wrong.insert(field.to_owned(), sentence)));
        let name = typed.name.trim().to_owned();
        keep("name", typed::line(&name, 1, 80));
        keep("description", typed::line(typed.description.trim(), 0, 500));
        keep("version", self.runnable());
        let retries = typed::number(&typed.retries, 0, 0, 3).map_err(|sentence| keep("retries", Err(sentence)));
        let stop_after = typed::duration_ms(&typed.stop_after).map_err(|sentence| keep("stop_after", Err(sentence)));
        let environment = typed::environment(&typed.environment).map_err(|sentence| keep("env", Err(sentence)));
        let flavor = self.flavor(&typed.flavor).map_err(|sentence| keep("flavor", Err(sentence)));
        let most = flavor.as_ref().map_or(1, |flavor| self.most_nodes(flavor));
        let nodes = typed::number(&typed.nodes, 1, 1, most).map_err(|sentence| keep("nodes", Err(sentence)));
        let entry = self.entry_point(&typed.entry_point).ok_or_else(|| keep("entry_point", Err("Choose one of the entry points.".into())));
        let values = entry.and_then(|entry| self.values(entry, typed).map_err(|found| wrong.extend(found)).map(|values| (entry, values)));
        let (Ok(retries), Ok(stop_after_ms), Ok(environment), Ok(flavor), Ok(nodes), Ok((entry, values))) =
            (retries, stop_after, environment, flavor, nodes, values)
        else {
            return Err(wrong);
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(NewJob {
            launch_id: if typed.launch_id.is_empty() {
                format!("{:032x}", rand::random::<u128>())
            } else {
                typed.launch_id.chars().take(100).collect()
            },
            algorithm_id: self.version.algorithm_id,
            version_id: self.version.id,
            name,
            description: typed.description.trim().to_owned(),
            region: self.region.id.clone(),
            hardware: Hardware { region: self.region.name.clone(), engine: self.region.engine.as_str().to_owned(), flavor: flavor.clone() },
            nodes,
            entry_point: entry.name.clone(),
            command: entry.compose(&values.parameters),
            parameters: values.parameters,
            inputs: values.datasets,
            environment,
            retries,
            stop_after_ms,
            currency: self.currency.to_owned(),
        })
    }

    /// The entry point of this name; of none, the default one.
    pub fn entry_point(&self, name: &str) -> Option<&EntryPoint> {
        if name.is_empty() { self.manifest.default_entry_point() } else { self.manifest.entry_point(name) }
    }

    /// Whether jobs of this version can run here at all, else why not.
    ///
    /// # Errors
    /// The reason, a sentence.
    pub fn runnable(&self) -> Result<(), String> {
        if let Some(reason) = self.version.withdrawn_at.map(|_| self.version.withdrawn_reason.as_deref().unwrap_or("")) {
            return Err(format!("This version was withdrawn: {reason}").trim_end_matches(": ").to_owned());
        }
        if !self.version.has_archive() {
            return Err(versions::NO_CODE.to_owned());
        }
        let packages = self.manifest.environment.dependencies();
        if let Some(why) = self.no_packages.filter(|_| !packages.is_empty()) {
            let names: Vec<_> = packages.iter().take(3).map(String::as_str).collect();
            let more = if packages.len() > 3 { " and others" } else { "" };
            return Err(format!("It needs Python packages ({}{more}). {why}", names.join(", ")));
        }
        if self.region.engine == EngineKind::Ray {
            return Err("This release has no engine for this region.".to_owned());
        }
        Ok(())
    }

    /// At most so many nodes on this flavor: the local engine is one machine.
    pub fn most_nodes(&self, flavor: &Flavor) -> i64 {
        let many = self.manifest.about.requires.distributed && self.region.engine != EngineKind::Local;
        if many { i64::from(flavor.max_nodes) } else { 1 }
    }

    fn flavor(&self, id: &str) -> Result<&Flavor, String> {
        let flavor = self.region.flavor(id).ok_or("Choose a flavor.")?;
        match unsuitable(flavor, &self.manifest.about.requires, self.room.as_ref()) {
            Some(why) => Err(format!("{} cannot be used. {why}", flavor.name)),
            None => Ok(flavor),
        }
    }

    /// The values a run would use, or what is wrong with them, keyed `param.NAME`.
    fn values(&self, entry: &EntryPoint, typed: &Typed) -> Result<Values, Mistakes> {
        let field = |name: &str| format!("param.{name}");
        let (mut given, mut empty) = (BTreeMap::new(), Mistakes::new());
        let (chosen, files) = self.chosen(entry, &typed.inputs, &mut empty);
        for (name, value) in typed.values.iter().chain(&files) {
            match entry.parameter(name) {
                // Only text may be empty, and not when it must be given.
                Some(parameter) if value.trim().is_empty() && (parameter.kind != Kind::Text || parameter.is_required()) => {
                    empty.insert(field(name), "Give a value.".to_owned());
                }
                Some(parameter) if parameter.kind == Kind::Text => drop(given.insert(name.clone(), value.clone())),
                _ => drop(given.insert(name.clone(), value.trim().to_owned())),
            }
        }
        // Stands for the dataset while everything else is checked.
        given.extend(chosen.keys().map(|name| (name.clone(), "dataset".to_owned())));
        let checked = entry.check(&given).map_err(|found| found.into_iter().map(|(name, sentence)| (field(&name), sentence)));
        let values = match checked {
            Ok(values) if empty.is_empty() => values,
            Ok(_) => return Err(empty),
            Err(found) => return Err(found.chain(empty).collect()),
        };
        let paths = values.iter().filter(|(name, _)| entry.parameter(name).is_some_and(|parameter| parameter.kind == Kind::Path));
        let missing = paths.filter(|(name, path)| !chosen.contains_key(name) && !self.has_file(path));
        let missing = missing.map(|(name, _)| match typed.inputs.contains_key(name) {
            true => (field(name), "You have no dataset of this name, and this version has no such file.".to_owned()),
            false => (field(name), "This version has no such file.".to_owned()),
        });
        let wrong: Mistakes = missing.collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let path = |(name, value): (String, String)| match chosen.get(&name) {
            Some(dataset) => (name.clone(), input_path(&name, &dataset.version.file_name)),
            None => (name, value),
        };
        let datasets = chosen.iter().map(|(name, dataset)| (name.clone(), dataset.version.id)).collect();
        Ok(Values { parameters: values.into_iter().map(path).collect(), datasets })
    }

    /// What was chosen for the inputs: datasets, and files of the version.
    fn chosen(
        &self,
        entry: &EntryPoint,
        inputs: &BTreeMap<String, String>,
        wrong: &mut Mistakes,
    ) -> (BTreeMap<String, &Choice>, BTreeMap<String, String>) {
        let (mut datasets, mut files) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in inputs {
            let takes_files = entry.parameter(name).is_some_and(|parameter| parameter.kind == Kind::Path);
            let dataset = self.datasets.iter().find(|choice| choice.value() == *value || choice.name == *value);
            match dataset.filter(|_| takes_files) {
                Some(dataset) => match self.misfit(name, dataset) {
                    Some(why) => drop(wrong.insert(format!("param.{name}"), why)),
                    None => drop(datasets.insert(name.clone(), dataset)),
                },
                None => drop(files.insert(name.clone(), value.clone())),
            }
        }
        (datasets, files)
    }

    /// Why a dataset cannot be this input, by what the version says of it.
    fn misfit(&self, input: &str, dataset: &Choice) -> Option<String> {
        let needs = self.manifest.about.requires.inputs.iter().find(|need| need.name == input)?;
        let format = &dataset.version.format;
        if needs.formats.is_empty() || needs.formats.iter().any(|wanted| wanted.eq_ignore_ascii_case(format)) {
            return self.content_misfit(needs, dataset);
        }
        let wanted = needs.formats.join(" or ").to_uppercase();
        let file = &dataset.version.file_name;
        Some(if format.is_empty() {
            format!("It takes {wanted}; {file} does not say what it is.")
        } else {
            format!("It takes {wanted}; {file} is {}.", format.to_uppercase())
        })
    }

    /// The same, by its size and what is in it.
    fn content_misfit(&self, needs: &Channel, dataset: &Choice) -> Option<String> {
        let (file, size) = (&dataset.version.file_name, dataset.version.size.unsigned_abs());
        if let Some(most) = needs.max_size.filter(|most| size > *most) {
            return Some(format!("It takes at most {}; {file} has {}.", Size::new(most), Size::new(size)));
        }
        let store = self.store.filter(|_| !needs.columns.is_empty())?;
        let looked = store.fetch(&dataset.version.digest).and_then(|path| Ok(File::open(path)?));
        match looked.and_then(|opened| datasets::misfit(&opened, &dataset.version.format, &needs.columns)) {
            Ok(why) => why.map(|why| format!("{file} does not fit. {why}")),
            // What is wrong with the disk is said when the job wants the file.
            Err(error) => {
                tracing::warn!(%error, digest = dataset.version.digest, "a dataset could not be looked into");
                None
            }
        }
    }

    fn has_file(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        is_inside(path) && self.files.iter().any(|file| file.path == path || file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// Where a job finds the dataset that it was given as the input `name`.
pub fn input_path(name: &str, file: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("{}/{}/{file}", Input::ROOT, name.chars().map(safe).collect::<String>())
}

/// Names of a run's inputs and where it finds them: relative to its working folder, or a dataset's own place.
pub fn inputs(entry: &EntryPoint, values: &[(String, String)]) -> Vec<(String, String)> {
    let is_path = |parameter: &Parameter| parameter.kind == Kind::Path;
    values.iter().filter(|(name, _)| entry.parameter(name).is_some_and(is_path)).cloned().collect()
}

/// Why a flavor cannot be used for what is required, in a sentence; `None` when it can.
pub fn unsuitable(flavor: &Flavor, requires: &Requires, room: Option<&Room>) -> Option<String> {
    versions::misfit(requires, flavor).or_else(|| room?.lacks(flavor))
}

/// How many flavors of a region can be used for what is required.
pub fn suitable(region: &Region, requires: &Requires, room: Option<&Room>) -> usize {
    region.flavors.iter().filter(|flavor| unsuitable(flavor, requires, room).is_none()).count()
}

/// A name for this member's next job of an algorithm.
///
/// # Errors
/// Only the database's.
pub fn suggested_name(conn: &mut Conn, owner: i64, algorithm: i64, name: &str) -> Result<String> {
    let theirs = jobs::table.filter(jobs::owner_id.eq(owner)).filter(jobs::algorithm_id.eq(algorithm));
    let count: i64 = theirs.count().get_result(conn)?;
    Ok(format!("{name}-{}", count + 1))
}
