use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::page::{Typed, again};
use super::{Place, managed};
use crate::db::Conn;
use crate::error::{self, Error};
use crate::publishers::{self, Member, Organisation, Role};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

/// What is posted.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    member: String,
    role: String,
}

fn role(typed: &str) -> error::Result<Role> {
    typed.parse().map_err(|_| Error::refused("role", "Choose a role."))
}

/// Takes somebody in.
pub async fn create(store: Store, user: SignedIn, view: View, handle: web::Path<String>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let handle = handle.into_inner();
    let (there, typed, actor, at) = (handle.clone(), asked.clone(), user.id, view.now);
    let write = move |conn: &mut Conn| {
        let organisation = publishers::organisation(conn, &there, actor)?.owned()?;
        publishers::take_in(conn, actor, &organisation, &typed.member, role(&typed.role)?, at)?;
        Ok(organisation)
    };
    match store.write(write).await {
        Ok(organisation) => Ok(view.see_other_saying(&organisation.path(), &format!("{} is a member now.", asked.member.trim()))),
        Err(Error::Refused(mistakes)) => {
            let typed = Typed { member: asked.member, role: asked.role, words: None };
            again(&store, user, &view, handle, typed, mistakes).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives a member another role.
pub async fn update(store: Store, user: SignedIn, view: View, place: web::Path<Place>, Form(asked): Form<Asked>) -> Result<HttpResponse> {
    let (place, at) = (place.into_inner(), view.now);
    let write = move |conn: &mut Conn| {
        let (organisation, member) = managed(conn, &place, &user)?;
        publishers::set_role(conn, user.id, &organisation, &member, role(&asked.role)?, at)?;
        Ok((organisation, member))
    };
    let (organisation, member) = store.write(write).await?;
    Ok(view.see_other_saying(&organisation.path(), &format!("{} has another role now.", member.handle)))
}

#[derive(Template)]
#[template(path = "organisations/removal.html", blocks = ["dialog"])]
struct RemovalPage {
    layout: Layout,
    organisation: Organisation,
    member: Member,
    /// It is who asks: they leave.
    own: bool,
}

fn leaving(conn: &mut Conn, (organisation, member): &Place, user: &SignedIn) -> error::Result<(Organisation, Member)> {
    let organisation = publishers::organisation(conn, organisation, user.id)?;
    let organisation = if *member == user.handle { organisation } else { organisation.owned()? };
    let member = publishers::member(conn, &organisation, member)?;
    Ok((organisation, member))
}

/// Asks.
pub async fn form(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let (place, id) = (place.into_inner(), user.id);
    let (organisation, member) = store.read(move |conn| leaving(conn, &place, &user)).await?;
    let own = member.id == id;
    let page = RemovalPage { layout: view.layout("profile"), organisation, member, own };
    view.page_or(&page, page.as_dialog())
}

/// Takes a member out; anybody may leave.
pub async fn end(store: Store, user: SignedIn, view: View, place: web::Path<Place>) -> Result<HttpResponse> {
    let (place, id, at) = (place.into_inner(), user.id, view.now);
    let write = move |conn: &mut Conn| {
        let (organisation, member) = leaving(conn, &place, &user)?;
        publishers::take_out(conn, user.id, &organisation, &member, at)?;
        Ok((organisation, member))
    };
    let (organisation, member) = store.write(write).await?;
    let (path, sentence) = match member.id == id {
        true => ("/settings/organisations".to_owned(), format!("You have left {}.", organisation.publisher.handle)),
        false => (organisation.path(), format!("{} is no longer a member.", member.handle)),
    };
    Ok(view.see_other_saying(&path, &sentence))
}
