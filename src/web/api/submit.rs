//! Submitting a training job.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse};

use super::body::Body;
use super::job::Job;
use super::order::{Order, as_sent, is_flat, unfolded};
use super::problem::{Conflict, Problem, Refusals, acceptance_required};
use crate::clock;
use crate::consents::{self, Missing};
use crate::db::Conn;
use crate::error::Error;
use crate::jobs::{self, NewJob, Submitted};
use crate::users::User;
use crate::web::bearer::Caller;
use crate::web::failure::{Failure, Result};
use crate::web::ground::{Ground, Sent, load};
use crate::web::limits::{self, Act};
use crate::web::store::Store;

/// What came of it.
enum Answer {
    New(Job),
    Earlier(Job),
    AcceptFirst(Vec<Missing>),
}

impl Answer {
    fn response(self) -> HttpResponse {
        match self {
            Self::New(job) => HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/jobs/{}", job.id))).json(job),
            Self::Earlier(job) => HttpResponse::Ok().json(job),
            Self::AcceptFirst(missing) => acceptance_required(missing),
        }
    }
}

/// Submits a training job. It costs money while it runs.
///
/// The same `Idempotency-Key` twice, also at the same moment, is one job: send one, and a request may be repeated.
#[utoipa::path(
    post, path = "/api/v1/jobs", tag = "jobs", request_body = Order, security(("token" = ["jobs"])),
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 100, pattern = "^[!-~]+$",
        description = "Your own name for this launch; without one every request is a new job"
    )),
    responses(
        (status = 201, description = "A new job", body = Job), (status = 200, description = "The job that this key has made before", body = Job),
        (status = 400, description = "No JSON, or not of this shape", body = Problem),
        (status = 409, description = "`acceptance_required`, or `conflict`: no active subscription", body = Conflict),
        (status = 422, description = "Every mistake at once, in `fields`", body = Problem), Refusals
    )
)]
pub async fn create(request: HttpRequest, store: Store, caller: Caller, body: Body) -> Result<HttpResponse> {
    limits::check_of(&request, store.app(), Act::Launch, Some(caller.id))?;
    let mut flat = false;
    let order: Order = body.json_after(|sent| {
        flat = is_flat(&sent);
        unfolded(sent)
    })?;
    let key = key(&request, &order.launch_id)?;
    if let Some(job) = made_already(&store, &caller, &key).await? {
        return Ok(Answer::Earlier(job).response());
    }
    let (region, sent) = (order.region.clone(), order.sent(key));
    let answer = match prepare(&store, &caller, &region, &sent).await.map_err(|failure| renamed(failure, &sent, flat))? {
        Ok((ground, new)) => submit(&store, caller.0, ground, new).await?,
        Err(missing) => Answer::AcceptFirst(missing),
    };
    Ok(answer.response())
}

/// The launch id; empty when none was sent.
fn key(request: &HttpRequest, launch_id: &str) -> Result<String> {
    let text = match request.headers().get("idempotency-key") {
        Some(value) => value.to_str().unwrap_or("").trim(),
        None if launch_id.is_empty() => return Ok(String::new()),
        None => launch_id,
    };
    match text.len() {
        1..=100 if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(Failure::Unreadable("The Idempotency-Key must have 1 to 100 letters of ASCII.")),
    }
}

async fn made_already(store: &Store, user: &User, key: &str) -> Result<Option<Job>> {
    if key.is_empty() {
        return Ok(None);
    }
    let (owner, key) = (user.id, key.to_owned());
    let find = move |conn: &mut Conn| match jobs::by_launch(conn, owner, &key)? {
        Some(job) => Job::of(&jobs::of_owner(conn, owner, job.id)?).map(Some),
        None => Ok(None),
    };
    Ok(store.read(find).await?)
}

/// The checked job, or what has to be accepted first. A region that is not there is one mistake among the others.
async fn prepare(store: &Store, user: &User, region: &str, sent: &Sent) -> Result<std::result::Result<(Ground, NewJob), Vec<Missing>>> {
    let config = &store.app().config;
    let first = config.regions.first().map_or(region, |first| first.id.as_str());
    let region = if region.is_empty() && config.regions.len() == 1 { first } else { region };
    let known = config.region(region).is_some();
    let stand_in = if known { region } else { first };
    let ground = match load(store, user, stand_in, sent).await {
        Ok(Ok(ground)) => ground,
        Ok(Err(accept)) => return Ok(Err(accept.missing)),
        Err(Failure::Domain(Error::NotFound)) => {
            return Err(Error::refused("algorithm", "There is no such algorithm or version, or you may not see it.").into());
        }
        Err(other) => return Err(other),
    };
    let (ground, checked) = ground.check(store, &sent.typed).await?;
    let mut wrong = checked.as_ref().err().cloned().unwrap_or_default();
    if !known {
        wrong.retain(|field, _| !["flavor", "nodes", "version"].contains(&field.as_str()));
        wrong.insert("region".into(), "There is no such region.".into());
    }
    match checked {
        Ok(new) if wrong.is_empty() => Ok(Ok((ground, new))),
        _ => Err(Error::Refused(wrong).into()),
    }
}

fn renamed(failure: Failure, sent: &Sent, flat: bool) -> Failure {
    match failure {
        Failure::Domain(Error::Refused(mistakes)) => Error::Refused(as_sent(mistakes, &sent.typed, flat)).into(),
        other => other,
    }
}

async fn submit(store: &Store, user: User, ground: Ground, new: NewJob) -> Result<Answer> {
    let (note, at) = (store.app().config.note.clone(), clock::now());
    let write = move |conn: &mut Conn| match jobs::submit(conn, &user, &new, &note, at)? {
        Submitted::Job(job) => Ok(Answer::New(Job::of(&jobs::of_owner(conn, user.id, job.id)?)?)),
        Submitted::Earlier(job) => Ok(Answer::Earlier(Job::of(&jobs::of_owner(conn, user.id, job.id)?)?)),
        Submitted::AcceptFirst => Ok(Answer::AcceptFirst(consents::missing(conn, user.id, &ground.access, &ground.version, &note)?)),
    };
    let answer = store.write(write).await?;
    store.app().bell.ring();
    Ok(answer)
}
