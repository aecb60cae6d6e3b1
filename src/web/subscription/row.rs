//! The row of My Subscriptions on its own.

use askama::Template;
use chrono_tz::Tz;

use crate::subscriptions::{Availability, Row};
#[allow(unused_imports)] // the template's filters
use crate::web::filters;

/// The row of My Subscriptions that has just changed.
#[derive(Template)]
#[template(path = "me/subscription.html")]
pub struct RowFragment {
    /// The subscription.
    pub row: Row,
    /// Of its times.
    pub tz: Tz,
}
