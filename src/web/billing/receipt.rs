//! The receipt of a finished job, to be kept, printed and run again from.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;

use super::seconds;
use crate::billing::{self, Month, Receipt};
use crate::jobs::NoRebuild;
use crate::web::failure::Result;
#[allow(unused_imports)] // the template's filters
use crate::web::filters;
use crate::web::page::{Layout, View};
use crate::web::rail::Rail;
use crate::web::store::Store;
use crate::web::viewer::SignedIn;

#[derive(Template)]
#[template(path = "billing/receipt.html")]
struct ReceiptPage {
    layout: Layout,
    rail: Rail,
    receipt: Receipt,
    tz: Tz,
}

impl ReceiptPage {
    fn algorithm(&self) -> String {
        format!("/algorithms/{}/{}", self.receipt.listed.publisher, self.receipt.listed.algorithm)
    }

    /// The month in which it is billed.
    fn statement(&self) -> String {
        let job = &self.receipt.listed.job;
        format!("/console/billing?month={}", Month::of(job.ended_at.unwrap_or(job.created_at)))
    }

    /// Metered, to the millisecond.
    fn seconds(&self, ms: &i64) -> String {
        seconds(*ms)
    }
}

/// The page.
pub async fn page(store: Store, user: SignedIn, view: View, id: Path<i64>) -> Result<HttpResponse> {
    let (owner, id) = (user.id, id.into_inner());
    let receipt = store.read(move |conn| billing::receipt(conn, owner, id)).await?;
    let job = &receipt.listed.job;
    let rail = Rail::of_job(&store, &user, &job.region, &receipt.hardware, "billing").await?;
    view.page(&ReceiptPage { layout: view.layout("console"), rail, receipt, tz: view.tz })
}
