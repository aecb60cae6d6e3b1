//! What stands on an algorithm's pages.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Place;
use crate::db::Conn;
use crate::error::Mistakes;
use crate::releases::{self, TypedWords};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "publish/words.html")]
struct WordsPage {
    layout: Layout,
    place: Place,
    typed: TypedWords,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Asked {
    title: String,
    summary: String,
    description: String,
    delivery: String,
    restrictions: String,
    task: String,
    framework: String,
    license: String,
    open_source: String,
}

impl Asked {
    fn typed(self) -> TypedWords {
        TypedWords {
            title: self.title,
            summary: self.summary,
            description: self.description,
            delivery: self.delivery,
            restrictions: self.restrictions,
            task: self.task,
            framework: self.framework,
            license: self.license,
            open_source: !self.open_source.is_empty(),
        }
    }
}

/// The form, as it is now.
pub async fn form(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let place = place.into_inner();
    let there = place.clone();
    let access = store.read(move |conn| there.managed(conn, &user)).await?;
    let typed = TypedWords::of(&access.algorithm);
    view.page(&WordsPage { layout: view.layout("profile"), place, typed, mistakes: Mistakes::new() })
}

/// Saves it, or gives the form back with every mistake.
pub async fn update(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let (place, typed) = (place.into_inner(), asked.typed());
    let there = place.clone();
    let member = user.clone();
    store.read(move |conn| there.managed(conn, &member)).await?;
    let words = match typed.check() {
        Ok(words) => words,
        Err(mistakes) => return view.unprocessable(&WordsPage { layout: view.layout("profile"), place, typed, mistakes }),
    };
    let (there, at) = (place.clone(), view.now);
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &user)?;
        releases::edit(conn, user.id, &access, &words, at)
    };
    store.write(write).await?;
    Ok(view.see_other_saying(&place.path(), "Saved."))
}
