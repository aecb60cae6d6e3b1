//! The page on which a release is looked after: what others see, its versions and their proofs.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use super::Place;
use crate::algorithms::{Access, Listing, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::Mistakes;
use crate::jobs::{self, Job};
use crate::releases::TypedAudience;
use crate::versions::{self, Proof, Version};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;
use crate::{algorithms, error};

/// A version with the job of its proof run.
struct Row {
    version: Version,
    job: Option<Job>,
}

#[derive(Template)]
#[template(path = "publish/release.html")]
pub(super) struct ReleasePage {
    layout: Layout,
    access: Access,
    rows: Vec<Row>,
    typed: TypedAudience,
    mistakes: Mistakes,
    /// Others see a version only once a run has proved it.
    proof: bool,
    viewer: i64,
    now: Time,
    tz: Tz,
}

impl ReleasePage {
    fn path(&self) -> String {
        format!("{}/{}", self.access.publisher.handle, self.access.algorithm.name)
    }

    /// What others see of it now, in a sentence.
    fn standing(&self) -> &'static str {
        let algorithm = &self.access.algorithm;
        match (algorithm.state, algorithm.visibility) {
            (Listing::Delisted, _) => "It was taken off the market. Its active subscribers go on using it.",
            (_, Visibility::Private) => "Only its publishers see it.",
            (Listing::Draft, _) if self.rows.iter().any(|row| matches!(row.version.proof, Proof::Due | Proof::Running)) => {
                "Others see it as soon as its proof run has succeeded."
            }
            (Listing::Draft, _) => "Nobody else sees it: no version has proved itself.",
            (_, Visibility::Users) => "The members named below see it.",
            (_, Visibility::Public) => "It stands in the market for everybody.",
        }
    }

    fn is(&self, visibility: &str) -> bool {
        self.typed.visibility == visibility
    }

    fn listed(&self) -> bool {
        self.access.algorithm.state == Listing::Listed
    }

    fn delisted(&self) -> bool {
        self.access.algorithm.state == Listing::Delisted
    }

    /// The job belongs to whoever looks at this page, who can open it.
    fn opens(&self, job: &Job) -> bool {
        job.owner_id == self.viewer && job.deleted_at.is_none()
    }
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    view.page(&draw(&store, &user, &view, place.into_inner(), None).await?)
}

/// The page with what was typed of the audience, and what is wrong with it.
pub(super) async fn draw(store: &Store, user: &SignedIn, view: &View, place: Place, typed: Option<(TypedAudience, Mistakes)>) -> Result<ReleasePage> {
    let (member, layout) = (user.clone(), view.layout("profile"));
    let (proof, viewer, now, tz) = (store.app().config.proof, user.id, view.now, view.tz);
    let read = move |conn: &mut Conn| {
        let access = place.managed(conn, &member)?;
        let rows = rows(conn, &access)?;
        let (typed, mistakes) = match typed {
            Some(typed) => typed,
            None => (audience(conn, &access)?, Mistakes::new()),
        };
        Ok(ReleasePage { layout, access, rows, typed, mistakes, proof, viewer, now, tz })
    };
    Ok(store.read(read).await?)
}

fn rows(conn: &mut Conn, access: &Access) -> error::Result<Vec<Row>> {
    let versions = versions::of_algorithm(conn, access.algorithm.id)?;
    let runs: Vec<i64> = versions.iter().filter_map(|version| version.proof_job_id).collect();
    let mut jobs = jobs::all_of(conn, &runs)?;
    let mut row = |version: Version| {
        let job = jobs.iter().position(|job| Some(job.id) == version.proof_job_id).map(|at| jobs.swap_remove(at));
        Row { version, job }
    };
    Ok(versions.into_iter().map(&mut row).collect())
}

/// Who may see it now, as the form has it.
fn audience(conn: &mut Conn, access: &Access) -> error::Result<TypedAudience> {
    let users = algorithms::allowed(conn, access.algorithm.id)?.join(", ");
    Ok(TypedAudience { visibility: access.algorithm.visibility.to_string(), users })
}
