//! The buttons in the head of an algorithm's pages: what the viewer can do with it.

use askama::Template;

use super::store::App;
use super::viewer::Viewer;
use crate::algorithms::{Access, Listing};
use crate::db::Conn;
use crate::error::Result;
use crate::overview::{self, Mine};
#[allow(unused_imports)] // the template's filters
use crate::web::filters;

/// What stands where Subscribe does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// **Subscribe**.
    Subscribe,
    /// **Subscribed**, and **Access Console** beside it.
    Subscribed,
    /// **Retrieve Subscription**, after cancelling.
    Retrieve,
    /// **Subscribe**, not possible, with the reason.
    Impossible(&'static str),
}

/// The state of the buttons.
#[derive(Debug, Clone)]
pub struct Actions {
    /// `/algorithms/publisher/name`.
    pub path: String,
    /// `publisher/name`.
    pub full_name: String,
    /// The page's address with scheme and host, for sharing.
    pub link: String,
    /// Members who like it.
    pub likes: i64,
    /// What this viewer has to do with it.
    pub mine: Mine,
    /// What stands where Subscribe does.
    pub offer: Offer,
}

/// The buttons alone, as `<div id="algorithm-actions">`, for an htmx answer.
#[derive(Template)]
#[template(path = "algorithms/_actions.html")]
pub struct ActionsPart {
    /// Their state.
    pub actions: Actions,
}

impl Actions {
    /// The buttons for this viewer, who may see the algorithm. One query when signed in, else none.
    ///
    /// # Errors
    /// Only the database's.
    pub fn read(conn: &mut Conn, app: &App, viewer: &Viewer, access: &Access) -> Result<Self> {
        let mine = match viewer.id() {
            Some(user) => overview::mine(conn, user, access.algorithm.id)?,
            None => Mine::default(),
        };
        Ok(Self::of(app, access, mine))
    }

    /// The buttons for a viewer who has this to do with it.
    pub fn of(app: &App, access: &Access, mine: Mine) -> Self {
        let full_name = format!("{}/{}", access.publisher.handle, access.algorithm.name);
        let path = format!("/algorithms/{full_name}");
        let link = format!("{}{path}", app.config.base_url);
        Self { link, full_name, path, likes: access.algorithm.likes, mine, offer: offer(access, mine) }
    }
}

fn offer(access: &Access, mine: Mine) -> Offer {
    match access {
        Access { subscribed: true, .. } => Offer::Subscribed,
        Access { algorithm, .. } if algorithm.newest.is_none() => Offer::Impossible("Every version has been withdrawn."),
        Access { algorithm, .. } if algorithm.state == Listing::Delisted => Offer::Impossible("It was taken off the market."),
        _ if mine.cancelled => Offer::Retrieve,
        _ => Offer::Subscribe,
    }
}
