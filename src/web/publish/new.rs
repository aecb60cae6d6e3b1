//! The form for an upload.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use crate::db::Conn;
use crate::error::Mistakes;
use crate::package::{Fault, limits};
use crate::publishers::{self, Publisher};
use crate::releases::TypedUpload;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Query;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;
use crate::{algorithms, error};

/// Algorithms offered for a new version.
const MOST: i64 = 500;

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    /// `publisher/name`: a new version of this one.
    #[serde(default)]
    algorithm: String,
}

/// An algorithm of which a new version can be published.
struct Own {
    path: String,
    title: String,
}

#[derive(Template)]
#[template(path = "publish/new.html")]
pub(super) struct PublishPage {
    layout: Layout,
    /// Whose an upload can be, the member first.
    publishers: Vec<Publisher>,
    own: Vec<Own>,
    typed: TypedUpload,
    mistakes: Mistakes,
    /// What is wrong with the archive.
    faults: Vec<Fault>,
    /// Bytes of an archive.
    most: u64,
    /// Others see a version only once a run has proved it.
    proof: bool,
}

impl PublishPage {
    /// The faults of each file together, in order.
    fn files(&self) -> Vec<(&str, Vec<&Fault>)> {
        let mut files: Vec<(&str, Vec<&Fault>)> = Vec::new();
        for fault in &self.faults {
            match files.iter_mut().find(|(file, _)| *file == fault.file) {
                Some((_, faults)) => faults.push(fault),
                None => files.push((&fault.file, vec![fault])),
            }
        }
        files
    }

    fn summary(&self) -> String {
        let many = self.faults.len() + self.mistakes.iter().filter(|(field, _)| *field != "archive" || self.faults.is_empty()).count();
        format!("{many} {} to put right", if many == 1 { "thing" } else { "things" })
    }

    /// The fields with a mistake, in the order of the page.
    fn wrong(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let fields = [
            ("archive", "Archive"),
            ("algorithm", "Publish as"),
            ("publisher", "Publisher"),
            ("name", "Name"),
            ("version", "Version"),
            ("notes", "Release notes"),
            ("visibility", "Who may see it"),
            ("users", "Members"),
        ];
        fields.into_iter().filter(|(field, _)| self.mistakes.contains_key(*field))
    }
}

/// The empty form.
pub async fn page(store: Store, user: SignedIn, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let typed = TypedUpload { algorithm: asked.algorithm, ..TypedUpload::default() };
    view.page(&draw(&store, &user, &view, typed, Mistakes::new(), Vec::new()).await?)
}

/// The form with what was typed, and what is wrong with it.
pub(super) async fn draw(
    store: &Store,
    user: &SignedIn,
    view: &View,
    typed: TypedUpload,
    mistakes: Mistakes,
    faults: Vec<Fault>,
) -> Result<PublishPage> {
    let id = user.id;
    let (publishers, own) = store.read(move |conn| choices(conn, id)).await?;
    let (layout, proof) = (view.layout("profile"), store.app().config.proof);
    Ok(PublishPage { layout, publishers, own, typed, mistakes, faults, most: limits::ARCHIVE, proof })
}

fn choices(conn: &mut Conn, user: i64) -> error::Result<(Vec<Publisher>, Vec<Own>)> {
    let publishers = publishers::acting(conn, user)?;
    let released = algorithms::released(conn, user, 0, MOST)?;
    let own = released.into_iter().map(|one| Own { path: format!("{}/{}", one.publisher.handle, one.algorithm.name), title: one.algorithm.title });
    Ok((publishers, own.collect()))
}
