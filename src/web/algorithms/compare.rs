use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::head::{self, Head, Tab};
use super::{Place, range};
use crate::blobs::Blobs;
use crate::compare::{self, Change, Comparison, Line, Listed, Shown, Source, Standing};
use crate::db::Conn;
use crate::package::{PackedFile, Parameter};
use crate::versions::Version;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::kept::Prose;
use crate::web::page::{Layout, View};
use crate::web::store::{App, Store};
use crate::web::tree;

/// Lines of the table of files.
pub(crate) const MOST_ROWS: usize = 300;

#[derive(Template)]
#[template(path = "algorithms/compare.html", blocks = ["tab"])]
struct ComparePage {
    layout: Layout,
    head: Head,
    listed: Vec<Listed>,
    from: Option<Version>,
    to: Option<Version>,
    drawn: Option<Drawn>,
}

/// Two different versions, compared.
struct Drawn {
    notes: Option<Arc<str>>,
    compared: Arc<Comparison>,
}

/// Which versions.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    from: String,
    to: String,
}

/// What changed from one version to another: the two newest, unless others are named.
pub async fn page(store: Store, view: View, place: web::Path<Place>, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let read = move |conn: &mut Conn, head: &Head, _: &App| {
        let given = |number: &str| Some(number.trim().to_owned()).filter(|number| !number.is_empty());
        compare::choose(conn, &head.access, given(&asked.from).as_deref(), given(&asked.to).as_deref())
    };
    let (head, choice) = head::with(&store, &view, place.into_inner(), Tab::Version, read).await?;
    let drawn = match (&choice.from, &choice.to) {
        (Some(from), Some(to)) if from.id != to.id => Some(draw(&store, &head, from.clone(), to.clone()).await?),
        _ => None,
    };
    let page = ComparePage { layout: view.layout("market"), head, listed: choice.listed, from: choice.from, to: choice.to, drawn };
    view.page_or(&page, page.as_tab())
}

async fn draw(store: &Store, head: &Head, from: Version, to: Version) -> Result<Drawn> {
    let source = if head.access.algorithm.open_source { Source::Open } else { Source::Closed };
    let notes = match to.notes.trim() {
        "" => None,
        text => store.prose(vec![Prose::new("notes-", text)]).await?.pop(),
    };
    let work = move |app: &App| {
        let compare = || compare::compare(&Blobs::archives(&app.config.data_dir).behind(app.config.store.as_ref()), source, &from, &to);
        app.kept.compared([&from.digest, &to.digest], source, compare)
    };
    Ok(Drawn { notes, compared: store.apart(work).await? })
}

/// A line of the table of hyperparameters.
struct Row {
    name: String,
    change: &'static str,
    kind: Cell,
    default: Cell,
    range: Cell,
    words: Cell,
}

/// What stands in it.
enum Cell {
    /// Nothing changed, or there is only one.
    Same(String),
    /// Before and after.
    Both(String, String),
}

impl Cell {
    fn of(old: String, new: String) -> Self {
        let named = |text: String| if text.is_empty() { "none".to_owned() } else { text };
        if old == new { Self::Same(new) } else { Self::Both(named(old), named(new)) }
    }
}

impl Row {
    fn of(change: &Change<Parameter>) -> Self {
        let (word, old, new) = match change {
            Change::Added(one) => ("Added", one, one),
            Change::Removed(one) => ("Removed", one, one),
            Change::Changed(old, new) => ("Changed", old, new),
        };
        let default = |one: &Parameter| match one.default.as_deref() {
            None => "required".to_owned(),
            Some("") => "\"\"".to_owned(),
            Some(value) => value.to_owned(),
        };
        let cell = |of: &dyn Fn(&Parameter) -> String| Cell::of(of(old), of(new));
        Self {
            name: new.name.clone(),
            change: word,
            kind: cell(&|one| one.kind.to_string()),
            default: cell(&default),
            range: cell(&range::words),
            words: cell(&|one| one.description.clone().unwrap_or_default()),
        }
    }
}

/// A line of the table of files.
struct FileRow<'a> {
    path: &'a str,
    change: &'static str,
    old: Option<u64>,
    new: Option<u64>,
}

impl Drawn {
    /// Every file that differs, as many as a page should have; and how many are left.
    fn files(&self) -> (Vec<FileRow<'_>>, usize) {
        let Some(files) = &self.compared.files else { return (Vec::new(), 0) };
        fn one<'a>(file: &'a PackedFile, change: &'static str, old: Option<u64>, new: Option<u64>) -> FileRow<'a> {
            FileRow { path: &file.path, change, old, new }
        }
        let changed = files.changed.iter().map(|file| FileRow { path: &file.path, change: "Changed", old: Some(file.old), new: Some(file.new) });
        let added = files.added.iter().map(|file| one(file, "Added", None, Some(file.size)));
        let removed = files.removed.iter().map(|file| one(file, "Removed", Some(file.size), None));
        let mut rows: Vec<_> = changed.chain(added).chain(removed).take(MOST_ROWS).collect();
        rows.sort_by_key(|row| row.path);
        let left = self.compared.counts.all() - rows.len();
        (rows, left)
    }
}

impl ComparePage {
    /// Address of a file's code in a version.
    fn code(&self, version: &Version, path: &str) -> String {
        format!("{}/code/{}/{}", self.head.path(), version.number, tree::encoded(path))
    }

    fn is(chosen: &Option<Version>, listed: &Listed) -> bool {
        chosen.as_ref().is_some_and(|version| version.number == listed.number)
    }
}
