//! What may be meant, while somebody still types into a search field, as JSON for the page's script.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::algorithms::Reader;
use crate::search::Suggestion;
use crate::web::failure::Result;
use crate::web::form::Query;
use crate::web::limits::{self, Act};
use crate::web::page::View;
use crate::web::store::Store;

/// A suggestion as a link.
#[derive(Serialize)]
struct Choice {
    href: String,
    icon: &'static str,
    label: String,
    /// What it is, in a word or by its full name.
    kind: String,
}

/// What has been typed so far.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// The suggestions, the likeliest first; none for no words.
pub async fn list(request: HttpRequest, store: Store, view: View, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    limits::check(&request, store.app(), Act::Search)?;
    let reader = Reader::of(view.viewer.user.as_ref());
    let found = store.searched(move |app| app.catalogue.suggest(&app.db, reader, &asked.q)).await?;
    let choices: Vec<Choice> = found.into_iter().map(Choice::of).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(choices))
}

impl Choice {
    fn of(suggestion: Suggestion) -> Self {
        match suggestion {
            Suggestion::Algorithm { publisher, name, title } => {
                Self { href: format!("/algorithms/{publisher}/{name}"), icon: "cube", label: title, kind: format!("{publisher}/{name}") }
            }
            Suggestion::Publisher { handle, name } => {
                Self { href: format!("/publishers/{handle}"), icon: "users", label: name, kind: "Publisher".to_owned() }
            }
            Suggestion::Task(task) => {
                let href = format!("/market/algorithms?task={}", utf8_percent_encode(&task, NON_ALPHANUMERIC));
                Self { href, icon: "adjustments-horizontal", label: task, kind: "Task".to_owned() }
            }
        }
    }
}
