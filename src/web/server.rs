use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as Actix, HttpServer, web};

use super::failure::{Failure, Result};
use super::session_store::{self, Sessions};
use super::store::{App, Store};
use super::{assets, failures, guard, routes};
use crate::error::Error;

/// Serves the gallery on a bound socket until the returned server is stopped; SIGTERM lets requests finish.
///
/// # Errors
/// When the socket cannot be listened on.
pub fn serve(app: Arc<App>, key: Key, listener: TcpListener, connections: usize) -> std::io::Result<Server> {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let data = web::Data::from(app);
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(data.clone())
            // Forms carry at most a comment or a job's parameters; uploads stream and have their own limit.
            .app_data(web::PayloadConfig::new(1 << 20))
            .wrap(from_fn(guard::same_site))
            // Within the session, which is over once its middleware has answered: an error page knows its viewer too.
            .wrap(from_fn(failures::draw))
            .wrap(sessions(&data, key.clone()))
            .wrap(from_fn(session_store::with_topic))
            .wrap(Compress::default())
            .wrap(from_fn(guard::headers))
            .configure(assets::configure)
            .configure(routes::configure)
            .default_service(web::to(nothing_here))
    });
    let server = server
        .workers(workers)
        // About one blocking thread per connection: more only queue for one.
        .worker_max_blocking_threads((connections / workers).max(2))
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(25)
        .listen(listener)?;
    Ok(server.run())
}

async fn nothing_here() -> Result<&'static str> {
    Err(Failure::Domain(Error::NotFound))
}

fn sessions(app: &web::Data<App>, key: Key) -> SessionMiddleware<Sessions> {
    let secure = app.config.base_url.is_https();
    let store = Sessions(Store::of(Arc::clone(app)));
    let seconds = crate::sessions::ABSOLUTE.num_seconds();
    SessionMiddleware::builder(store, key)
        .cookie_name(if secure { "__Host-sid" } else { "sid" }.to_owned())
        .cookie_secure(secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(PersistentSession::default().session_ttl(actix_web::cookie::time::Duration::seconds(seconds)))
        .build()
}
