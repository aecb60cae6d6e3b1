//! The buttons in the head of an algorithm's pages: what the viewer can do with it.

use askama::Template;

use super::store::App;
use crate::algorithms::{Access, Listing, Mine};
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
    /// The buttons for whoever has this access.
    pub fn of(app: &App, access: &Access) -> Self {
        let full_name = format!("{}/{}", access.publisher.handle, access.algorithm.name);
        let path = format!("/algorithms/{full_name}");
        let link = format!("{}{path}", app.config.base_url);
        Self { link, full_name, path, likes: access.algorithm.likes, mine: access.mine, offer: offer(access) }
    }
}

fn offer(access: &Access) -> Offer {
    match access {
        Access { subscribed: true, .. } => Offer::Subscribed,
        Access { algorithm, .. } if algorithm.newest.is_none() => Offer::Impossible("Every version has been withdrawn."),
        Access { algorithm, .. } if algorithm.state == Listing::Delisted => Offer::Impossible("It was taken off the market."),
        Access { mine: Mine { cancelled: true, .. }, .. } => Offer::Retrieve,
        Access { .. } => Offer::Subscribe,
    }
}
