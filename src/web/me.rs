//! My Algorithms: what a member subscribes to, releases and likes to find again.

pub(crate) mod favorites;
pub(crate) mod releases;
pub(crate) mod subscriptions;

use actix_web::HttpResponse;
use serde::Deserialize;

use super::failure::Result;
use super::page::View;
use super::viewer::SignedIn;
use crate::algorithms::{self, Reader};
use crate::db::Conn;

/// Which page of a list.
#[derive(Deserialize)]
pub struct Paged {
    page: Option<String>,
}

/// The three tabs with what is behind each.
struct Tabs {
    current: &'static str,
    /// Only the tab is drawn: it brings the page's title along.
    partial: bool,
    subscriptions: i64,
    releases: i64,
    favorites: i64,
}

impl Tabs {
    fn count(conn: &mut Conn, reader: Reader, user: i64, current: &'static str) -> crate::error::Result<Self> {
        Ok(Self {
            current,
            partial: false,
            subscriptions: crate::subscriptions::count(conn, user)?,
            releases: algorithms::released_count(conn, user)?,
            favorites: algorithms::favorites_count(conn, reader)?,
        })
    }

    fn drawn_for(self, view: &View) -> Self {
        Self { partial: view.is_partial(), ..self }
    }

    fn title(&self) -> &'static str {
        match self.current {
            "releases" => "My Releases · Galleria",
            "favorites" => "My Favorites · Galleria",
            _ => "My Subscriptions · Galleria",
        }
    }
}

/// The first of them.
pub async fn first(_: SignedIn, view: View) -> Result<HttpResponse> {
    Ok(view.see_other("/me/algorithms/subscriptions"))
}
