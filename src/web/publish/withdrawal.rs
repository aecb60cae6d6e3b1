//! Withdrawing a version.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Place;
use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::versions::{self, Version};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;
use crate::{error, releases};

#[derive(Template)]
#[template(path = "publish/withdrawal.html", blocks = ["dialog"])]
struct WithdrawalPage {
    layout: Layout,
    place: Place,
    version: Version,
    /// Numbers of the versions to take instead.
    others: Vec<String>,
    typed: Asked,
    mistakes: Mistakes,
}

/// What is posted.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    reason: String,
    replacement: String,
}

/// Asks why.
pub async fn form(store: Store, user: SignedIn, view: View, path: web::Path<(String, String, String)>) -> Result<HttpResponse> {
    let page = draw(&store, &user, &view, path.into_inner(), (Asked::default(), Mistakes::new())).await?;
    view.page_or(&page, page.as_dialog())
}

/// Withdraws it.
pub async fn create(
    store: Store,
    user: SignedIn,
    view: View,
    path: web::Path<(String, String, String)>,
    Form(asked): Form<Asked>,
) -> Result<HttpResponse> {
    let (publisher, name, number) = path.into_inner();
    let place = Place { publisher: publisher.clone(), name: name.clone() };
    let (there, member, typed, at, which) = (place.clone(), user.clone(), asked.clone(), view.now, number.clone());
    let write = move |conn: &mut Conn| {
        let access = there.managed(conn, &member)?;
        let version = versions::by_number(conn, access.algorithm.id, &which)?;
        releases::withdraw(conn, member.id, &access, &version, (&typed.reason, &typed.replacement), at)
    };
    match store.write(write).await {
        Ok(()) => Ok(view.see_other_saying(&place.path(), &format!("{number} is withdrawn."))),
        Err(Error::Refused(mistakes)) => view.unprocessable(&draw(&store, &user, &view, (publisher, name, number), (asked, mistakes)).await?),
        Err(error) => Err(error.into()),
    }
}

async fn draw(
    store: &Store,
    user: &SignedIn,
    view: &View,
    (publisher, name, number): (String, String, String),
    (typed, mistakes): (Asked, Mistakes),
) -> Result<WithdrawalPage> {
    let place = Place { publisher, name };
    let (there, member) = (place.clone(), user.clone());
    let read = move |conn: &mut Conn| -> error::Result<(Version, Vec<String>)> {
        let access = there.managed(conn, &member)?;
        let version = versions::by_number(conn, access.algorithm.id, &number)?;
        if version.is_withdrawn() {
            return Err(Error::Conflict("This version is withdrawn already."));
        }
        let all = versions::of_algorithm(conn, access.algorithm.id)?;
        let standing = all.into_iter().filter(|other| other.id != version.id && other.shown && !other.is_withdrawn());
        let others = standing.map(|other| other.number).collect();
        Ok((version, others))
    };
    let (version, others) = store.read(read).await?;
    Ok(WithdrawalPage { layout: view.layout("profile"), place, version, others, typed, mistakes })
}
