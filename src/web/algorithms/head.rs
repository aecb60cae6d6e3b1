use chrono_tz::Tz;

use super::Place;
use crate::algorithms::{Access, Listing, Visibility};
use crate::clock::Time;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::overview::{Edition, Overview};
use crate::web::actions::Actions;
use crate::web::page::View;
use crate::web::store::{App, Store};
use crate::web::viewer::Viewer;

/// A tab of an algorithm's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// **Description**.
    Description,
    /// **Version**.
    Version,
    /// **Code**, of open source only.
    Code,
    /// **Comments**.
    Comments,
}

impl Tab {
    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Description => "Description",
            Self::Version => "Version",
            Self::Code => "Code",
            Self::Comments => "Comments",
        }
    }
}

/// What every tab shows above itself.
#[derive(Debug, Clone)]
pub struct Head {
    /// The algorithm and what the viewer is to it.
    pub access: Access,
    /// Its newest version, and counts.
    pub overview: Overview,
    /// The buttons.
    pub actions: Actions,
    /// The tab that is open.
    pub tab: Tab,
    /// The viewer is signed in.
    pub signed_in: bool,
    /// htmx asks for the tab alone, which then brings the page's title along.
    pub partial: bool,
    /// When this is drawn.
    pub now: Time,
    /// The zone of its times.
    pub tz: Tz,
}

/// Reads the head and, on the same connection, what `then` needs for the tab.
///
/// # Errors
/// `NotFound` when there is no such algorithm for this viewer; those of `then`.
pub async fn with<T: Send + 'static>(
    store: &Store,
    view: &View,
    place: Place,
    tab: Tab,
    then: impl FnOnce(&mut Conn, &Head, &App) -> Result<T> + Send + 'static,
) -> Result<(Head, T)> {
    let view = view.clone();
    store.apart(move |app| read(app, &view, &place, tab, then)).await
}

/// The same for who is on a thread that may wait.
///
/// # Errors
/// As [`with`].
pub fn read<T>(app: &App, view: &View, place: &Place, tab: Tab, then: impl FnOnce(&mut Conn, &Head, &App) -> Result<T>) -> Result<(Head, T)> {
    app.db.read(|conn| {
        let (access, overview) = place.look(conn, &view.viewer)?;
        let head = Head::of(app, view, tab, access, overview);
        let rest = then(conn, &head, app)?;
        Ok((head, rest))
    })
}

impl Head {
    /// What was read before, for this request.
    pub fn of(app: &App, view: &View, tab: Tab, access: Access, overview: Overview) -> Self {
        let actions = Actions::of(app, &access);
        let signed_in = view.viewer.user.is_some();
        Self { access, overview, actions, tab, signed_in, partial: view.is_partial(), now: view.now, tz: view.tz }
    }

    /// Whether it is the newest version that is not withdrawn.
    pub fn is_newest(&self, edition: &Edition) -> bool {
        self.access.algorithm.newest.as_ref() == Some(&edition.number)
    }

    /// Whether its newest version is only told of: its code is not here.
    pub fn is_entry(&self) -> bool {
        self.overview.edition.as_ref().is_some_and(|edition| !edition.has_archive())
    }

    /// Whether there is code to read.
    pub fn shows_code(&self) -> bool {
        self.access.algorithm.open_source && !self.is_entry()
    }

    /// `/algorithms/publisher/name`.
    pub fn path(&self) -> &str {
        &self.actions.path
    }

    /// For the browser's tab and for search engines.
    pub fn title(&self) -> String {
        let title = &self.access.algorithm.title;
        match self.tab {
            Tab::Description => format!("{title} by {} · Galleria", self.access.publisher.handle),
            tab => format!("{} · {title} · Galleria", tab.label()),
        }
    }

    /// Two letters for the publisher's square.
    pub fn initials(&self) -> String {
        initials(&self.access.publisher.handle)
    }

    /// Why not everybody finds it: the icon and the word of a badge.
    pub fn restriction(&self) -> Option<(&'static str, &'static str)> {
        match (self.access.algorithm.visibility, self.access.algorithm.state) {
            (_, Listing::Delisted) => Some(("ban", Listing::Delisted.label())),
            (Visibility::Private, _) => Some(("lock", Visibility::Private.label())),
            (_, Listing::Draft) => Some(("pencil", Listing::Draft.label())),
            (Visibility::Users, _) => Some(("users", Visibility::Users.label())),
            (Visibility::Public, Listing::Listed) => None,
        }
    }

    /// Whether search engines may show it.
    pub fn is_for_everybody(&self) -> bool {
        self.restriction().is_none()
    }
}

/// Two letters for a handle.
pub fn initials(handle: &str) -> String {
    handle.chars().filter(char::is_ascii_alphanumeric).take(2).collect::<String>().to_uppercase()
}

/// The algorithm, if this viewer may read its code.
///
/// # Errors
/// `NotFound`, of closed source too, for everybody.
pub fn open_source(conn: &mut Conn, viewer: &Viewer, place: &Place) -> Result<Access> {
    let access = place.find(conn, viewer)?;
    if access.algorithm.open_source { Ok(access) } else { Err(Error::NotFound) }
}
