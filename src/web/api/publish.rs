//! Publishing from a pipeline.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Problem, Refusals};
use crate::algorithms::{self, Reader};
use crate::blobs::Draft;
use crate::clock::{self, Time};
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result as Domain};
use crate::package::Fault;
use crate::publishers;
use crate::releases::{TypedAudience, TypedUpload};
use crate::versions::{self, Proof};
use crate::web::archive::{Writing, blobs, too_large};
use crate::web::bearer::Caller;
use crate::web::failure::{Failure, Result};
use crate::web::form::Query;
use crate::web::limits::{self, Act};
use crate::web::store::{App, Store};

/// What is said of the archive beside its bytes.
#[derive(Deserialize, IntoParams)]
#[serde(default)]
#[derive(Default)]
pub struct Asked {
    /// `x.x.x`; unsaid: 1.0.0, then the next patch.
    version: String,
    /// Release notes, Markdown; unsaid: the package's own.
    notes: String,
    /// `public`, `users` or `private`; unsaid: as it is, and of a new algorithm `private`.
    visibility: String,
    /// Handles of the specific users, with commas between them.
    users: String,
}

/// A version that was published.
#[derive(Serialize, ToSchema)]
pub struct Release {
    /// `publisher/name`.
    pub algorithm: String,
    /// Its number.
    pub version: String,
    /// SHA-256 of what is stored, shown and run, in hex.
    pub digest: String,
    /// `exempt`, `due`, `running`, `passed` or `failed`.
    pub proof: String,
    /// `public`, `users` or `private`.
    pub visibility: String,
}

/// What is wrong with an archive.
#[derive(Serialize, ToSchema)]
pub struct Finding {
    /// The file inside the archive; `archive` for the archive itself.
    pub file: String,
    /// The line in that file, counted from 1.
    #[schema(required = true)]
    pub line: Option<u32>,
    /// A sentence.
    pub message: String,
}

/// What is to be put right, all of it.
#[derive(Serialize, ToSchema)]
pub struct Findings {
    /// Always `invalid`.
    pub error: String,
    /// A sentence for people.
    pub message: String,
    /// Of what was sent, each field that is wrong with its sentence.
    pub fields: Mistakes,
    /// Of the archive, each thing that is wrong.
    pub findings: Vec<Finding>,
}

impl Asked {
    fn typed(self, (publisher, name): (String, String)) -> TypedUpload {
        let audience = TypedAudience { visibility: self.visibility, users: self.users };
        TypedUpload { publisher, name, version: self.version, notes: self.notes, audience, ..TypedUpload::default() }
    }
}

enum Answer {
    Published(Release),
    Wrong(Mistakes, Vec<Fault>),
}

/// Publishes a version: the body is the archive, a `.zip` or a `.tar.gz`. A name that is not there yet is a new algorithm.
///
/// Others see it once a training run has proved it, where this gallery asks for that.
#[utoipa::path(
    post, path = "/api/v1/algorithms/{publisher}/{name}/versions", tag = "algorithms", security(("token" = ["publish"])),
    params(("publisher" = String, Path, description = "Handle of you or an organisation of yours"), ("name" = String, Path, description = "The algorithm's name"), Asked),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The archive"),
    responses(
        (status = 201, description = "Published", body = Release),
        (status = 409, description = "`conflict`: somebody else took the name or the number at the same moment", body = Problem),
        (status = 413, description = "More than 64 MiB", body = Findings),
        (status = 422, description = "Everything that is to be put right", body = Findings), Refusals
    )
)]
pub async fn create(
    request: HttpRequest,
    store: Store,
    caller: Caller,
    path: web::Path<(String, String)>,
    Query(asked): Query<Asked>,
    body: web::Payload,
) -> Result<HttpResponse> {
    limits::check_of(&request, store.app(), Act::Upload, Some(caller.id))?;
    let typed = asked.typed(path.into_inner());
    let place = format!("/api/v1/algorithms/{}/{}", typed.publisher, typed.name);
    let (user, handle) = (caller.id, typed.publisher.clone());
    store.read(move |conn| own(conn, user, &handle)).await?;
    let Some(draft) = receive(&store, body).await? else {
        return Ok(HttpResponse::PayloadTooLarge().json(findings(Mistakes::new(), too_large())));
    };
    match store.apart(move |app| publish(app, user, typed, draft, clock::now())).await? {
        Answer::Published(release) => {
            store.app().bell.ring();
            Ok(HttpResponse::Created().insert_header((LOCATION, place)).json(release))
        }
        Answer::Wrong(mistakes, faults) => Ok(HttpResponse::UnprocessableEntity().json(findings(mistakes, faults))),
    }
}

/// The publisher must be one that this member acts for; of others nothing is said.
fn own(conn: &mut Conn, user: i64, handle: &str) -> Domain<()> {
    let found = publishers::acting(conn, user)?.iter().any(|publisher| publisher.handle == handle);
    if found { Ok(()) } else { Err(Error::NotFound) }
}

fn findings(fields: Mistakes, faults: Vec<Fault>) -> Findings {
    let findings = faults.into_iter().map(|fault| Finding { file: fault.file, line: fault.line, message: fault.message }).collect();
    Findings { error: "invalid".to_owned(), message: "It cannot be published as it is.".to_owned(), fields, findings }
}

/// The body; `None` when it is more than an archive may be.
async fn receive(store: &Store, mut body: web::Payload) -> Result<Option<Draft>> {
    let mut writing = Writing::begin(store).await?;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Failure::Unreadable("The upload broke off. Please try again."))?;
        let Some(more) = writing.add(store, &piece).await? else { return Ok(None) };
        writing = more;
    }
    Ok(Some(writing.end(store).await?))
}

fn publish(app: &App, user: i64, typed: TypedUpload, draft: Draft, at: Time) -> Domain<Answer> {
    let read = versions::take_in(&blobs(app), draft)?;
    let (typed, mistakes) = app.db.read(|conn| {
        let typed = aimed(conn, user, typed)?;
        match typed.check(conn, user, read.as_ref().ok()) {
            Ok(_) => Ok((typed, Mistakes::new())),
            Err(Error::Refused(mistakes)) => Ok((typed, mistakes)),
            Err(other) => Err(other),
        }
    })?;
    let package = match read {
        Ok(package) if mistakes.is_empty() => package,
        Ok(_) => return Ok(Answer::Wrong(mistakes, Vec::new())),
        Err(faults) => return Ok(Answer::Wrong(mistakes, faults)),
    };
    let proof = if app.config.proof { Proof::Due } else { Proof::Exempt };
    let (publisher, name) = (typed.publisher.clone(), typed.name.clone());
    let written = app.db.write(|conn| typed.check(conn, user, Some(&package))?.place(conn, user, &package, proof, at));
    match written {
        Ok(published) => Ok(Answer::Published(Release {
            algorithm: format!("{publisher}/{name}"),
            version: published.version.number,
            digest: published.version.digest,
            proof: published.version.proof.to_string(),
            visibility: published.algorithm.visibility.to_string(),
        })),
        Err(Error::Refused(mistakes)) => Ok(Answer::Wrong(mistakes, Vec::new())),
        Err(error) => Err(error),
    }
}

/// At the algorithm of this name where there is one: the address says both.
fn aimed(conn: &mut Conn, user: i64, typed: TypedUpload) -> Domain<TypedUpload> {
    let reader = Reader { user: Some(user), operator: false };
    match algorithms::find(conn, reader, &typed.publisher, &typed.name) {
        Ok(access) if access.own => Ok(TypedUpload { algorithm: format!("{}/{}", typed.publisher, typed.name), ..typed }),
        Ok(_) | Err(Error::NotFound) => Ok(typed),
        Err(error) => Err(error),
    }
}
