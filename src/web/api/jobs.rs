//! A member's jobs.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use super::job::Job;
use super::one_of;
use super::problem::{Problem, Refusals};
use crate::db::Conn;
use crate::error::{Error, Mistakes, Result as Domain};
use crate::jobs::{self, Filter, State};
use crate::web::bearer::Caller;
use crate::web::failure::Result;
use crate::web::form::Query;
use crate::web::paging::Pages;
use crate::web::store::Store;

/// A page of jobs, the latest first, 24 on each.
#[derive(Serialize, ToSchema)]
pub struct Jobs {
    /// Those on this page.
    pub jobs: Vec<Job>,
    /// Its number, from 1.
    pub page: i64,
    /// How many pages.
    pub pages: i64,
    /// How many jobs on all pages.
    pub total: i64,
}

/// What the list is asked with.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// In this state only.
    #[param(schema_with = states)]
    state: Option<String>,
    /// Of this algorithm only, `publisher/name`.
    #[serde(default)]
    #[param(pattern = "^([^/]+/[\\s\\S]*)?$")]
    algorithm: String,
    /// In this service region only.
    #[serde(default)]
    region: String,
    /// From 1.
    #[param(minimum = 1)]
    page: Option<i64>,
}

fn states() -> Object {
    one_of(State::ALL.iter().map(|state| state.as_str()))
}

impl Asked {
    fn filter(&self) -> Domain<Filter> {
        let mut wrong = Mistakes::new();
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let state = self.state.as_deref().map(str::parse::<State>).transpose();
        let state = state.unwrap_or_else(|_| {
            let states: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
            wrong.insert("state".into(), format!("Give one of: {}.", states.join(", ")));
            None
        });
        let algorithm = self.algorithm.split_once('/').map(|(publisher, name)| (publisher.to_owned(), name.to_owned()));
        if algorithm.is_none() && !self.algorithm.is_empty() {
            wrong.insert("algorithm".into(), "Name an algorithm, as in publisher/name.".into());
        }
        if self.page.is_some_and(|page| page < 1) {
            wrong.insert("page".into(), "Give a number from 1.".into());
        }
        let filter = Filter { state, text: String::new(), region: given(&self.region), algorithm };
        if wrong.is_empty() { Ok(filter) } else { Err(Error::Refused(wrong)) }
    }
}

/// Lists your training jobs.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "jobs", params(Asked), security(("token" = ["read"])),
    responses((status = 200, description = "A page of them", body = Jobs),
        (status = 400, description = "`page` is no number", body = Problem), (status = 422, description = "A filter means nothing", body = Problem), Refusals)
)]
pub async fn list(store: Store, caller: Caller, Query(asked): Query<Asked>) -> Result<HttpResponse> {
    let (filter, page) = (asked.filter()?, asked.page.map(|page| page.to_string()));
    let read = move |conn: &mut Conn| {
        let mut pages = Pages::of(None, 0);
        let offset = |total| {
            pages = Pages::of(page.as_deref(), total);
            pages.offset()
        };
        let (listed, total) = jobs::list(conn, caller.id, &filter, offset)?;
        let jobs = listed.iter().map(Job::of).collect::<Domain<Vec<_>>>()?;
        Ok(Jobs { jobs, page: pages.page, pages: pages.of, total })
    };
    Ok(HttpResponse::Ok().json(store.read(read).await?))
}

/// Shows one of your training jobs.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = i64, Path, description = "Of the job")), security(("token" = ["read"])),
    responses((status = 200, description = "The job", body = Job), Refusals)
)]
pub async fn show(store: Store, caller: Caller, id: web::Path<i64>) -> Result<HttpResponse> {
    let job = store.read(move |conn| Job::of(&jobs::of_owner(conn, caller.id, id.into_inner())?)).await?;
    Ok(HttpResponse::Ok().json(job))
}
