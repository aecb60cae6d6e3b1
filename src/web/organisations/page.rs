use actix_web::{HttpResponse, web};
use askama::Template;

use crate::db::Conn;
use crate::error::{Error, Mistakes};
use crate::publishers::{self, Member, Organisation, Role, TypedOrganisation};
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::form::Form;
use crate::web::page::{Layout, View};
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "organisations/page.html")]
struct OrganisationPage {
    layout: Layout,
    organisation: Organisation,
    members: Vec<Member>,
    /// Handle of who looks.
    me: String,
    typed: Typed,
    mistakes: Mistakes,
}

/// What was typed into the page's forms.
#[derive(Default)]
pub(super) struct Typed {
    /// What it says of itself; `None`: as it is.
    pub words: Option<TypedOrganisation>,
    /// Handle of a new member.
    pub member: String,
    /// Their role.
    pub role: String,
}

impl OrganisationPage {
    fn roles() -> &'static [Role] {
        Role::ALL
    }

    fn words(&self) -> TypedOrganisation {
        let publisher = &self.organisation.publisher;
        let now = || TypedOrganisation { handle: String::new(), name: publisher.name.clone(), about: publisher.about.clone() };
        self.typed.words.clone().unwrap_or_else(now)
    }
}

/// Its members, and what owners may change.
pub async fn show(store: Store, user: SignedIn, view: View, handle: web::Path<String>) -> Result<HttpResponse> {
    let page = draw(&store, user, &view, handle.into_inner(), Typed::default(), Mistakes::new()).await?;
    view.page(&page)
}

/// Says what it is called and who they are.
pub async fn update(
    store: Store,
    user: SignedIn,
    view: View,
    handle: web::Path<String>,
    Form(words): Form<TypedOrganisation>,
) -> Result<HttpResponse> {
    let (handle, asked, actor, at) = (handle.into_inner(), words.clone(), user.id, view.now);
    let there = handle.clone();
    let write = move |conn: &mut Conn| {
        let organisation = publishers::organisation(conn, &there, actor)?.owned()?;
        publishers::describe(conn, actor, &organisation, &asked, at)?;
        Ok(organisation)
    };
    match store.write(write).await {
        Ok(organisation) => Ok(view.see_other_saying(&organisation.path(), "Saved.")),
        Err(Error::Refused(mistakes)) => again(&store, user, &view, handle, Typed { words: Some(words), ..Typed::default() }, mistakes).await,
        Err(error) => Err(error.into()),
    }
}

/// The page with what was typed and what is wrong with it.
pub(super) async fn again(store: &Store, user: SignedIn, view: &View, handle: String, typed: Typed, mistakes: Mistakes) -> Result<HttpResponse> {
    view.unprocessable(&draw(store, user, view, handle, typed, mistakes).await?)
}

async fn draw(store: &Store, user: SignedIn, view: &View, handle: String, typed: Typed, mistakes: Mistakes) -> Result<OrganisationPage> {
    let (id, me) = (user.id, user.0.handle);
    let read = move |conn: &mut Conn| {
        let organisation = publishers::organisation(conn, &handle, id)?;
        Ok((publishers::members_of(conn, organisation.publisher.id)?, organisation))
    };
    let (members, organisation) = store.read(read).await?;
    Ok(OrganisationPage { layout: view.layout("profile"), organisation, members, me, typed, mistakes })
}
