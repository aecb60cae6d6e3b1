//! Every route, with who may use it. `tests/all/permissions.rs` asks each as everybody and compares.

use std::future::ready;

use actix_web::{HttpResponse, Route, guard, web};

use super::bearer::Needs;
use super::failure::Failure;
use super::{
    accounts, algorithms, api, billing, console, data, health, home, jobs, market, me, notifications, operator, organisations, publish, publishers,
    settings, subscription, theme,
};
use crate::tokens::Scope;

/// Who may use a route. To everyone else a private thing does not exist (404); the signed-out are sent to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody at all.
    Anyone,
    /// Anybody, about an algorithm that they may see.
    Reader,
    /// Any signed-in member, about what is theirs or about the gallery.
    Member,
    /// Any signed-in member, about an algorithm that they may see.
    Subscriber,
    /// The member whose thing (job, comment, session …) it is.
    Owner,
    /// A publisher of the algorithm, and the operator.
    Publisher,
    /// The operator.
    Operator,
}

/// A row of the table.
pub struct Entry {
    /// `get`, `post`, `put` or `delete`.
    pub method: &'static str,
    /// As actix-web matches it.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// What a token must be good for, in the API; `None`: no token is asked for.
    pub scope: Option<Scope>,
    route: fn() -> Route,
}

macro_rules! table {
    ($($method:ident $path:literal $who:ident $handler:path;)*) => {
        &[$(Entry { method: stringify!($method), path: $path, who: Who::$who, scope: None, route: || $method().to($handler) }),*]
    };
}

macro_rules! api {
    ($($method:ident $path:literal $scope:ident $who:ident $handler:path;)*) => {
        &[$(Entry {
            method: stringify!($method),
            path: concat!("/api/v1/", $path),
            who: Who::$who,
            scope: Some(Scope::$scope),
            route: || $method().to($handler),
        }),*]
    };
}

/// The API, each line with the scope that its token needs. `document.rs` describes the same addresses.
pub const API: &[Entry] = api! {
    get    "algorithms"                               Read          Member     api::algorithms::list;
    get    "algorithms/{publisher}/{name}"              Read          Subscriber api::algorithms::show;
    post   "algorithms/{publisher}/{name}/versions"     Publish       Publisher  api::publish::create;
    put    "algorithms/{publisher}/{name}/subscription" Subscriptions Subscriber api::subscriptions::update;
    delete "algorithms/{publisher}/{name}/subscription" Subscriptions Subscriber api::subscriptions::delete;
    get    "jobs"                                       Read          Member     api::jobs::list;
    post   "jobs"                                       Jobs          Member     api::submit::create;
    get    "jobs/{id}"                                  Read          Owner      api::jobs::show;
    get    "jobs/{id}/logs"                             Read          Owner      api::logs::show;
    get    "jobs/{id}/metrics"                          Read          Owner      api::metrics::show;
    get    "jobs/{id}/outputs"                          Read          Owner      api::outputs::list;
    get    "jobs/{id}/outputs.zip"                      Read          Owner      api::outputs::pack;
    get    "jobs/{id}/outputs/{path:.*}"                Read          Owner      api::outputs::file;
    post   "jobs/{id}/cancellation"                     Jobs          Owner      api::stop::create;
};

/// The table.
pub const TABLE: &[Entry] = table! {
    get  "/"                            Anyone     home::page;
    get  "/market/algorithms"           Anyone     market::page;
    get  "/market/suggestions"          Anyone     market::suggestions::list;
    get  "/publishers/{handle}"         Anyone     publishers::page;
    get  "/livez"                       Anyone     health::live;
    get  "/readyz"                      Anyone     health::ready;
    get  "/metrics"                     Operator   health::metrics;
    get  "/api/v1/openapi.json"         Anyone     api::document::show;
    post "/theme"                       Anyone     theme::update;

    get  "/register"                    Anyone     accounts::register::form;
    post "/register"                    Anyone     accounts::register::create;
    get  "/login"                       Anyone     accounts::login::form;
    post "/login"                       Anyone     accounts::login::create;
    post "/logout"                      Anyone     accounts::login::end;

    get  "/algorithms/{publisher}/{name}"                     Reader algorithms::description::page;
    get  "/algorithms/{publisher}/{name}/versions"            Reader algorithms::versions::newest;
    get  "/algorithms/{publisher}/{name}/versions/{version}"  Reader algorithms::versions::page;
    get  "/algorithms/{publisher}/{name}/versions/{version}/source.zip" Reader algorithms::archive::download;
    get  "/algorithms/{publisher}/{name}/similar"             Reader algorithms::similar::page;
    get  "/algorithms/{publisher}/{name}/compare"             Reader algorithms::compare::page;
    get  "/algorithms/{publisher}/{name}/code"                Reader algorithms::code::newest;
    get  "/algorithms/{publisher}/{name}/code/{version}"      Reader algorithms::code::version;
    get  "/algorithms/{publisher}/{name}/code/{version}/{path:.*}" Reader algorithms::code::file;
    get  "/algorithms/{publisher}/{name}/comments"            Reader algorithms::comments::page;
    post "/algorithms/{publisher}/{name}/comments"            Subscriber algorithms::comments::create;
    get  "/algorithms/{publisher}/{name}/comments/{comment}"  Owner algorithms::comments::edit::form;
    post "/algorithms/{publisher}/{name}/comments/{comment}"  Owner algorithms::comments::edit::update;
    get  "/algorithms/{publisher}/{name}/comments/{comment}/answer" Subscriber algorithms::comments::answer::form;
    get  "/algorithms/{publisher}/{name}/comments/{comment}/deletion" Owner algorithms::comments::deletion::form;
    post "/algorithms/{publisher}/{name}/comments/{comment}/deletion" Owner algorithms::comments::deletion::create;
    get  "/algorithms/{publisher}/{name}/comments/{comment}/hiding" Publisher algorithms::comments::hiding::form;
    post "/algorithms/{publisher}/{name}/comments/{comment}/hiding" Publisher algorithms::comments::hiding::create;
    post "/algorithms/{publisher}/{name}/comments/{comment}/showing" Publisher algorithms::comments::hiding::end;
    get  "/algorithms/{publisher}/{name}/comments/{comment}/history" Reader algorithms::comments::history::page;
    get  "/algorithms/{publisher}/{name}/comments/{comment}/report" Subscriber algorithms::comments::report::form;
    post "/algorithms/{publisher}/{name}/comments/{comment}/report" Subscriber algorithms::comments::report::create;
    get  "/algorithms/{publisher}/{name}/report"              Subscriber algorithms::report::form;
    post "/algorithms/{publisher}/{name}/report"              Subscriber algorithms::report::create;
    post "/algorithms/{publisher}/{name}/like"                Subscriber algorithms::reactions::like;
    post "/algorithms/{publisher}/{name}/favorite"            Subscriber algorithms::reactions::favorite;

    get  "/settings"                    Member     settings::account::page;
    post "/settings"                    Member     settings::account::update;
    get  "/settings/password"           Member     settings::password::form;
    post "/settings/password"           Member     settings::password::update;
    get  "/settings/deletion"           Member     settings::deletion::form;
    post "/settings/deletion"           Member     settings::deletion::create;
    get  "/settings/sessions"           Member     settings::sessions::page;
    post "/settings/sessions/{session}" Owner      settings::sessions::revoke;
    get  "/settings/tokens"             Member     settings::tokens::page;
    post "/settings/tokens"             Member     settings::tokens::create;
    post "/settings/tokens/{token}"     Owner      settings::tokens::revoke;
    get  "/settings/consents"           Member     settings::consents::page;
    get  "/settings/organisations"      Member     settings::organisations::page;

    get  "/organisations/new"                               Member organisations::new::form;
    post "/organisations/new"                               Member organisations::new::create;
    get  "/organisations/{handle}"                          Owner  organisations::page::show;
    post "/organisations/{handle}"                          Owner  organisations::page::update;
    post "/organisations/{handle}/members"                  Owner  organisations::members::create;
    post "/organisations/{handle}/members/{member}"         Owner  organisations::members::update;
    get  "/organisations/{handle}/members/{member}/removal" Owner  organisations::members::form;
    post "/organisations/{handle}/members/{member}/removal" Owner  organisations::members::end;

    get  "/algorithms/{publisher}/{name}/subscription/new"          Subscriber subscription::new::page;
    post "/algorithms/{publisher}/{name}/subscription/new"          Subscriber subscription::new::update;
    post "/algorithms/{publisher}/{name}/subscription"              Subscriber subscription::create::create;
    get  "/algorithms/{publisher}/{name}/subscription/cancellation" Subscriber subscription::cancellation::form;
    post "/algorithms/{publisher}/{name}/subscription/cancellation" Subscriber subscription::cancellation::create;
    post "/algorithms/{publisher}/{name}/subscription/retrieval"    Subscriber subscription::retrieval::create;

    get  "/me/algorithms"               Member     me::first;
    get  "/me/algorithms/subscriptions" Member     me::subscriptions::page;
    get  "/me/algorithms/releases"      Member     me::releases::page;
    get  "/me/algorithms/favorites"     Member     me::favorites::page;

    get  "/notifications"               Member     notifications::page;
    post "/notifications"               Member     notifications::read_all;
    post "/notifications/{id}"          Owner      notifications::read;

    get  "/publish"                                         Member    publish::new::page;
    post "/publish"                                         Member    publish::create::create;
    get  "/publish/guide"                                   Anyone    publish::guide::page;
    get  "/publish/mlproject.schema.json"                   Anyone    publish::guide::schema;
    get  "/publish/{publisher}/{name}"                      Publisher publish::release::page;
    get  "/publish/{publisher}/{name}/words"                Publisher publish::words::form;
    post "/publish/{publisher}/{name}/words"                Publisher publish::words::update;
    get  "/publish/{publisher}/{name}/use"                  Publisher publish::uptake::page;
    post "/publish/{publisher}/{name}/audience"             Publisher publish::audience::update;
    get  "/publish/{publisher}/{name}/delisting"            Publisher publish::delisting::form;
    post "/publish/{publisher}/{name}/delisting"            Publisher publish::delisting::create;
    post "/publish/{publisher}/{name}/relisting"            Publisher publish::delisting::end;
    get  "/publish/{publisher}/{name}/transfer"             Publisher publish::transfer::form;
    post "/publish/{publisher}/{name}/transfer"             Publisher publish::transfer::create;
    get  "/publish/{publisher}/{name}/deletion"             Publisher publish::deletion::form;
    post "/publish/{publisher}/{name}/deletion"             Publisher publish::deletion::create;
    post "/publish/{publisher}/{name}/versions/{version}/proof" Publisher publish::proof::create;
    get  "/publish/{publisher}/{name}/versions/{version}/withdrawal" Publisher publish::withdrawal::form;
    post "/publish/{publisher}/{name}/versions/{version}/withdrawal" Publisher publish::withdrawal::create;

    get  "/operator"                                   Operator operator::first;
    get  "/operator/reports"                           Operator operator::reports::page;
    post "/operator/reports/{report}/dismissal"        Operator operator::reports::dismiss;
    get  "/operator/reports/{report}/hiding"           Operator operator::closing::hiding;
    post "/operator/reports/{report}/hiding"           Operator operator::closing::hide;
    get  "/operator/reports/{report}/delisting"        Operator operator::closing::delisting;
    post "/operator/reports/{report}/delisting"        Operator operator::closing::delist;
    get  "/operator/users"                             Operator operator::members::page;
    get  "/operator/users/{handle}/suspension"         Operator operator::suspension::form;
    post "/operator/users/{handle}/suspension"         Operator operator::suspension::create;
    post "/operator/users/{handle}/reinstatement"      Operator operator::suspension::end;
    get  "/operator/publishers"                        Operator operator::publishers::page;
    post "/operator/publishers/{handle}/mark"          Operator operator::publishers::mark;
    get  "/operator/jobs"                              Operator operator::jobs::page;
    post "/operator/jobs/{id}/cancellation"            Operator operator::jobs::stop;
    get  "/operator/audit"                             Operator operator::audit::page;

    get  "/console"                                    Member console::regions::page;
    get  "/console/{region}/algorithms/subscriptions"  Member console::subscriptions::page;

    get  "/console/billing"                            Member billing::page;
    get  "/console/billing.csv"                        Member billing::csv;
    get  "/console/billing/receipts/{id}"              Owner  billing::receipt::page;
    get  "/console/data"                               Member data::list::page;
    post "/console/data"                               Member data::create::create;
    get  "/console/data/{dataset}"                     Owner  data::show::page;
    post "/console/data/{dataset}"                     Owner  data::extend::create;
    get  "/console/data/{dataset}/versions/{number}/file" Owner data::file::download;
    get  "/console/data/{dataset}/deletion"            Owner  data::deletion::form;
    post "/console/data/{dataset}/deletion"            Owner  data::deletion::create;
    get  "/console/{region}/jobs"                      Member jobs::list::page;
    post "/console/{region}/jobs"                      Member jobs::create::create;
    get  "/console/{region}/jobs/new"                  Member jobs::new::page;
    get  "/console/{region}/jobs/{id}"                 Owner  jobs::overview::page;
    get  "/console/{region}/jobs/{id}/status"          Owner  jobs::status::fragment;
    get  "/console/{region}/jobs/{id}/logs"            Owner  jobs::logs::page;
    get  "/console/{region}/jobs/{id}/logs.txt"        Owner  jobs::logs::text;
    get  "/console/{region}/jobs/{id}/logs/stream"     Owner  jobs::stream::events;
    get  "/console/{region}/jobs/{id}/metrics"         Owner  jobs::metrics::page;
    get  "/console/{region}/jobs/{id}/metrics.json"    Owner  jobs::metrics::json;
    get  "/console/{region}/jobs/{id}/usage"           Owner  jobs::usage::page;
    get  "/console/{region}/jobs/{id}/usage.json"      Owner  jobs::usage::json;
    get  "/console/{region}/jobs/{id}/outputs"         Owner  jobs::outputs::page;
    get  "/console/{region}/jobs/{id}/outputs.zip"     Owner  jobs::outputs::pack;
    get  "/console/{region}/jobs/{id}/outputs/{path:.*}" Owner jobs::outputs::file::show;
    get  "/console/{region}/jobs/{id}/events"          Owner  jobs::events::page;
    post "/console/{region}/jobs/{id}/cancellation"    Owner  jobs::stop::create;
    get  "/console/{region}/jobs/{id}/deletion"        Owner  jobs::deletion::form;
    post "/console/{region}/jobs/{id}/deletion"        Owner  jobs::deletion::create;
};

/// Puts both tables into an application.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut done: Vec<&str> = Vec::new();
    for entry in TABLE.iter().chain(API) {
        if done.contains(&entry.path) {
            continue;
        }
        done.push(entry.path);
        let resource = web::resource(entry.path);
        let same = || TABLE.iter().chain(API).filter(|other| other.path == entry.path);
        let methods: Vec<&str> = same().map(|entry| entry.method).collect();
        let needs = same().filter_map(|entry| Some((entry.method, entry.scope?))).collect();
        let resource = same().fold(resource.app_data(Needs(needs)), |resource, entry| resource.route((entry.route)()));
        config.service(resource.default_service(not_for(&methods)));
    }
}

/// What every other method at a path is told.
fn not_for(methods: &[&str]) -> Route {
    let allowed = match (methods.contains(&"get"), methods.contains(&"post"), methods.contains(&"put")) {
        (true, true, _) => "GET, HEAD, POST",
        (true, false, _) => "GET, HEAD",
        (_, _, true) => "PUT, DELETE",
        _ => "POST",
    };
    web::to(move || ready(Err::<HttpResponse, _>(Failure::WrongMethod(allowed))))
}

/// GET answers HEAD too.
fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

fn post() -> Route {
    web::post()
}

fn put() -> Route {
    web::put()
}

fn delete() -> Route {
    web::delete()
}
