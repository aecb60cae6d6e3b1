//! Publishing what the form brings.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse};

use super::new::draw;
use super::upload::{Sent, receive};
use crate::clock::Time;
use crate::error::{Error, Mistakes, Result as Domain};
use crate::package::Fault;
use crate::publishers;
use crate::versions::{self, Proof, Published};
use crate::web::archive::{blobs, too_large};
use crate::web::failure::Result;
use crate::web::limits::{self, Act};
use crate::web::page::View;
use crate::web::store::{App, Store};
use crate::web::viewer::SignedIn;

/// What came of an upload.
enum Outcome {
    /// It stands at this path.
    Published(Box<Published>, String),
    /// What is to be put right: of the form, and of the archive.
    Wrong(Mistakes, Vec<Fault>),
}

/// Takes the archive and leads to the algorithm's page, or gives the form back with every finding.
pub async fn create(request: HttpRequest, store: Store, user: SignedIn, view: View, form: Multipart) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Upload)?;
    // The router may not share the request while the body is read.
    drop(request);
    let sent = receive(&store, form).await?;
    let typed = sent.typed.clone();
    let (id, at) = (user.id, view.now);
    match store.apart(move |app| publish(app, id, sent, at)).await? {
        Outcome::Published(published, path) => {
            store.app().bell.ring();
            Ok(view.see_other_saying(&path, &said(&published)))
        }
        Outcome::Wrong(mistakes, faults) => view.unprocessable(&draw(&store, &user, &view, typed, mistakes, faults).await?),
    }
}

fn publish(app: &App, user: i64, sent: Sent, at: Time) -> Domain<Outcome> {
    let Sent { typed, archive, too_large: over } = sent;
    let read = match archive {
        _ if over => Err(too_large()),
        None => Err(Vec::new()),
        Some(draft) => versions::take_in(&blobs(app), draft)?,
    };
    let checked = app.db.read(|conn| typed.check(conn, user, read.as_ref().ok()));
    let mut mistakes = match checked {
        Ok(_) => Mistakes::new(),
        Err(Error::Refused(mistakes)) => mistakes,
        Err(other) => return Err(other),
    };
    let package = match read {
        Ok(package) if mistakes.is_empty() => package,
        Ok(_) => return Ok(Outcome::Wrong(mistakes, Vec::new())),
        Err(faults) => {
            let sentence = if faults.is_empty() { "Choose a .zip or a .tar.gz." } else { "It cannot be published as it is; the findings are above." };
            mistakes.insert("archive".to_owned(), sentence.to_owned());
            return Ok(Outcome::Wrong(mistakes, faults));
        }
    };
    let proof = if app.config.proof { Proof::Due } else { Proof::Exempt };
    // Checked once more where it counts: names and numbers may have been taken in between.
    let written = app.db.write(|conn| {
        let published = typed.check(conn, user, Some(&package))?.place(conn, user, &package, proof, at)?;
        let handle = publishers::by_id(conn, published.algorithm.publisher_id)?.handle;
        let path = format!("/algorithms/{handle}/{}", published.algorithm.name);
        Ok(Outcome::Published(Box::new(published), path))
    });
    match written {
        Err(Error::Refused(mistakes)) => Ok(Outcome::Wrong(mistakes, Vec::new())),
        other => other,
    }
}

fn said(published: &Published) -> String {
    use crate::algorithms::{Listing, Visibility};
    let number = &published.version.number;
    match (published.version.proof, published.algorithm.visibility, published.algorithm.state) {
        (_, Visibility::Private, _) => format!("{number} is uploaded. Only its publishers see it."),
        (Proof::Exempt | Proof::Passed, _, Listing::Listed) => format!("{number} is published."),
        _ => format!("{number} is uploaded. Others see it once its proof run has succeeded."),
    }
}
