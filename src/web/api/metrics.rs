//! What a job reported while it ran.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::outputs::latest;
use super::problem::Refusals;
use crate::metrics::Curve;
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::record;
use crate::web::store::Store;

/// The metrics of a job's newest attempt.
#[derive(Serialize, ToSchema)]
pub struct Metrics {
    /// In the order in which they were first reported.
    pub metrics: Vec<Metric>,
}

/// One metric over its epochs or steps.
#[derive(Serialize, ToSchema)]
pub struct Metric {
    /// As it was printed.
    pub name: String,
    /// `epoch` or `step`: what the first figure of a point is.
    pub axis: &'static str,
    /// How many points were reported.
    pub count: u64,
    /// The newest value.
    pub last: f64,
    /// The lowest value.
    pub min: f64,
    /// The highest value.
    pub max: f64,
    /// Its course: epoch or step and value, at most 1,001 points; of more, the lowest and highest of each piece.
    pub points: Vec<[f64; 2]>,
}

impl Metric {
    fn of(curve: &Curve) -> Self {
        let points = curve.points().into_iter().map(|point| [point.x, point.y]).collect();
        let (last, min, max) = (curve.last.y, curve.min.y, curve.max.y);
        Self { name: curve.name.clone(), axis: curve.axis.word(), count: curve.count, last, min, max, points }
    }
}

/// Gives the curves that a job has reported, or has so far.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/metrics", tag = "jobs", params(("id" = i64, Path, description = "Of the job")), security(("token" = ["read"])),
    responses((status = 200, description = "The curves", body = Metrics), Refusals)
)]
pub async fn show(store: Store, caller: Caller, id: web::Path<i64>) -> Result<HttpResponse> {
    let (region, attempt) = latest(&store, &caller, id.into_inner()).await?;
    let curves = store.apart(move |app| record::curves(app, &region, &attempt)).await?;
    Ok(HttpResponse::Ok().json(Metrics { metrics: curves.all().iter().map(Metric::of).collect() }))
}
