//! Submitting a training job.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::new::NewJobPage;
use crate::error::Mistakes;
use crate::jobs::{self, NewJob, Submitted, Typed};
use crate::web::failure::Result;
use crate::web::form::Form;
use crate::web::ground::{self, Ground, Sent, load};
use crate::web::limits::{self, Act};
use crate::web::page::View;
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// Submits it, or gives the form back with every mistake.
pub async fn create(
    request: HttpRequest,
    store: Store,
    user: SignedIn,
    view: View,
    region: Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Launch)?;
    let (region, sent) = (region.into_inner(), Sent::of(pairs));
    if let Some(path) = made_already(&store, &user, &sent.typed.launch_id).await? {
        return Ok(view.see_other(&path));
    }
    let ground = match load(&store, &user, &region, &sent).await? {
        Ok(ground) => ground,
        Err(accept) => return Ok(view.see_other(&accept.asking)),
    };
    let (ground, checked) = ground.check(&store, &sent.typed).await?;
    match checked {
        Ok(new) => submit(&store, user, &view, ground, new).await,
        Err(mistakes) => again(&store, &user, &view, ground, sent.typed, mistakes).await,
    }
}

/// The page of the job that this launch has made before: the same form sent twice is one job.
async fn made_already(store: &Store, user: &SignedIn, launch: &str) -> Result<Option<String>> {
    let (owner, launch) = (user.id, launch.to_owned());
    let job = store.read(move |conn| if launch.is_empty() { Ok(None) } else { jobs::by_launch(conn, owner, &launch) }).await?;
    Ok(job.map(|job| job.path()))
}

async fn submit(store: &Store, user: SignedIn, view: &View, ground: Ground, new: NewJob) -> Result<HttpResponse> {
    let (note, at) = (store.app().config.note.clone(), view.now);
    let submitted = store.write(move |conn| jobs::submit(conn, &user, &new, &note, at)).await?;
    match submitted {
        Submitted::Job(job) | Submitted::Earlier(job) => {
            store.app().bell.ring();
            Ok(view.see_other(&job.path()))
        }
        Submitted::AcceptFirst => {
            let algorithm = format!("{}/{}", ground.access.publisher.handle, ground.access.algorithm.name);
            Ok(view.see_other(&ground::asking(&ground.region.id, &algorithm, &ground.version)))
        }
    }
}

async fn again(store: &Store, user: &SignedIn, view: &View, ground: Ground, typed: Typed, mistakes: Mistakes) -> Result<HttpResponse> {
    let rail = Rail::of(store, user, &ground.region.id, "jobs").await?;
    view.unprocessable(&NewJobPage::of(view.layout("console"), rail, ground, typed, mistakes))
}
