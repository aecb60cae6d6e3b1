//! The Constraints and Note pages, before Subscribed.

use actix_session::Session;
use actix_web::HttpResponse;
use serde::Deserialize;

use super::pages::{ConstraintsPage, NotePage};
use super::step::{Step, load};
use super::{Path, asking, details, shown};
use crate::consents::{self, Kind};
use crate::db::Conn;
use crate::error::Mistakes;
use crate::subscriptions::{self, Outcome};
use crate::users::User;
use crate::web::failure::Result;
use crate::web::form::{Form, Query};
use crate::web::page::{View, local};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What the page is asked with.
#[derive(Deserialize)]
pub struct Asked {
    version: Option<String>,
    /// Where to go afterwards; none: the details page.
    #[serde(default)]
    next: String,
}

/// What is posted.
#[derive(Deserialize, Default)]
pub struct Accepted {
    #[serde(default)]
    step: String,
    #[serde(default)]
    accept_risk: String,
    #[serde(default)]
    accept_agreement: String,
}

/// A box that is ticked.
fn ticked(value: &str) -> bool {
    ["on", "true", "yes", "1"].contains(&value)
}

impl Accepted {
    fn mistakes(&self) -> Mistakes {
        let sentence = |title: &str| format!("Tick {title} to continue.");
        let boxes =
            [("accept_risk", &self.accept_risk, "Data Security and Privacy Risk"), ("accept_agreement", &self.accept_agreement, "Service Agreement")];
        let open = boxes.iter().filter(|(_, value, _)| !ticked(value));
        open.map(|(field, _, title)| ((*field).to_owned(), sentence(title))).collect()
    }
}

/// The first text that is missing; when nothing is, there is nothing to do here.
pub async fn page(store: Store, session: Session, user: SignedIn, view: View, path: Path, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let step = load(&store, &user, path, asked.version).await?;
    let Some(text) = step.missing.first() else {
        let next = if asked.next.is_empty() { details(&step.access) } else { asked.next };
        return Ok(view.see_other(local(&next)));
    };
    shown::remember(&session, text, &step.version)?;
    match text.kind {
        Kind::Constraints => view.page(&ConstraintsPage::of(&view, &store.app().config, &step, text)?),
        Kind::Note => view.page(&NotePage::of(&view, &store.app().config, &step, text, [false; 2], Mistakes::new())?),
    }
}

/// Accepts what was shown and goes on: to the next text, or with the last one to Subscribed.
pub async fn update(
    store: Store,
    session: Session,
    user: SignedIn,
    view: View,
    path: Path,
    Query(asked): Query<Asked>,
    Form(form): Form<Accepted>,
) -> Result<HttpResponse> {
    let step = load(&store, &user, path, asked.version).await?;
    if let Some(answer) = refuse(&store, &session, &view, &step, &form, &asked.next)? {
        return Ok(answer);
    }
    let (access, version) = (step.access.clone(), step.version.clone());
    let outcome = accept(&store, &user, &view, step).await?;
    Ok(match outcome {
        Outcome::Asks => view.see_other(&asking(&access, &version, &asked.next)),
        Outcome::Active if asked.next.is_empty() => view.see_other_saying(&details(&access), "Subscribed."),
        Outcome::Active => view.see_other(local(&asked.next)),
    })
}

/// The answer to what does not accept the first missing text: posted ahead, changed since it was shown, not ticked.
fn refuse(store: &Store, session: &Session, view: &View, step: &Step, form: &Accepted, next: &str) -> Result<Option<HttpResponse>> {
    let Some(text) = step.missing.first() else { return Ok(None) };
    if form.step != text.kind.as_str() || !shown::was(session, text, &step.version) {
        return Ok(Some(view.see_other(&asking(&step.access, &step.version, next))));
    }
    let mistakes = if text.kind == Kind::Note { form.mistakes() } else { Mistakes::new() };
    if mistakes.is_empty() {
        return Ok(None);
    }
    let ticks = [ticked(&form.accept_risk), ticked(&form.accept_agreement)];
    view.unprocessable(&NotePage::of(view, &store.app().config, step, text, ticks, mistakes)?).map(Some)
}

/// Records the first missing text; with nothing left to accept, subscribes.
async fn accept(store: &Store, user: &User, view: &View, step: Step) -> Result<Outcome> {
    let (user, at, note) = (user.id, view.now, store.app().config.note.clone());
    let accept = move |conn: &mut Conn| {
        if let Some(text) = step.missing.first() {
            consents::give(conn, user, step.version.id, text, at)?;
        }
        let left = consents::missing(conn, user, &step.access, &step.version, &note)?;
        if !left.is_empty() {
            return Ok(Outcome::Asks);
        }
        subscriptions::subscribe(conn, user, &step.access, &step.version, &note, at)
    };
    Ok(store.write(accept).await?)
}
