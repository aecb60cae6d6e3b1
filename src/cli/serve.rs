use std::net::TcpListener;
use std::sync::Arc;

use galleria::config::Config;
use galleria::db::Db;
use galleria::first_start;
use galleria::web::store::App;
use galleria::web::{self, open_secret_key};

use super::Outcome;

/// Connections to the database of a serving process.
const CONNECTIONS: u32 = 12;

/// Runs `galleria serve` until SIGTERM or Ctrl-C.
pub fn run(config: Config) -> Outcome {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    std::fs::create_dir_all(&config.data_dir).map_err(|error| format!("cannot make the data folder {}: {error}", config.data_dir.display()))?;
    let key = open_secret_key(&config.secret_key_file)?;
    let db = Db::open(&config.database, CONNECTIONS)?;
    welcome(&db, &config)?;
    let listener = TcpListener::bind(config.listen).map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let address = config.base_url.clone();
    let app = Arc::new(App::new(db, config));
    println!("Galleria is at {address}");
    let serving = actix_web::rt::System::new().block_on(async move { web::serve(app, key, listener, CONNECTIONS as usize)?.await });
    serving.map_err(|error| format!("the server stopped: {error}"))
}

/// Prepares an empty database and prints the operator's password, once.
fn welcome(db: &Db, config: &Config) -> Outcome {
    let operator = first_start::prepare(db, config).map_err(|error| format!("the first start failed: {error} ({error:?})"))?;
    if let Some(password) = operator.and_then(|operator| operator.password) {
        println!("The operator's account is `admin` with the password {password}");
        println!("It is shown only now; `galleria user password admin --password-stdin` sets another.");
    }
    Ok(())
}
