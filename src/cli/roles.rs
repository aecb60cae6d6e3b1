use std::io::IsTerminal;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use galleria::config::Config;
use galleria::db::Db;
use galleria::engines::Engines;
use galleria::first_start;
use galleria::web::store::App;
use galleria::web::{self, open_secret_key};
use galleria::worker::{self, Bell, Worker};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Outcome;

/// Connections to the database of a serving process.
const CONNECTIONS: u32 = 12;
/// Those of a worker.
const WORKER_CONNECTIONS: u32 = 4;
/// This program as it runs now, whatever an upgrade puts in its place on the disk.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Runs `galleria serve`, web and worker, until SIGTERM or Ctrl-C. Training goes on without it.
pub fn serve(config: Config) -> Outcome {
    let (app, listener) = open(config)?;
    let bell = app.bell.clone();
    let worker = start_worker(&app)?;
    let served = run_web(&app, listener);
    bell.end();
    worker.join().map_err(|_| "the worker stopped".to_owned())?;
    served
}

/// Runs `galleria web`.
pub fn web(config: Config) -> Outcome {
    let (app, listener) = open(config)?;
    run_web(&app, listener)
}

/// Runs `galleria worker` until SIGTERM or Ctrl-C.
pub fn worker(config: Config) -> Outcome {
    begin(&config)?;
    let db = Db::open(&config.database, WORKER_CONNECTIONS)?;
    let worker = Worker::new(db, engines(&config), &config.data_dir).proving(&config).behind(config.store.as_ref());
    let bell = Bell::default();
    let thread = worker::spawn(worker, bell.clone()).map_err(|error| format!("cannot start the worker: {error}"))?;
    println!("Galleria's worker looks after training jobs");
    actix_web::rt::System::new().block_on(until_asked()).map_err(|error| format!("cannot wait for a signal: {error}"))?;
    bell.end();
    thread.join().map_err(|_| "the worker stopped".to_owned())
}

fn begin(config: &Config) -> Outcome {
    tracing_subscriber::fmt().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).with_target(false).init();
    allow_files();
    std::fs::create_dir_all(&config.data_dir).map_err(|error| format!("cannot make the data folder {}: {error}", config.data_dir.display()))
}

/// As many open files as the system lets this process have, up to 65,536: often a process begins with 1,024, which the search index
/// and people's connections may exceed together.
fn allow_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard.min(1 << 16).max(soft), hard));
    raised.unwrap_or_else(|error| tracing::warn!(%error, "open files"));
}

fn engines(config: &Config) -> Engines {
    Engines::of(config, &[THIS_PROGRAM.into(), "supervise".into()])
}

fn open(config: Config) -> Result<(Arc<App>, TcpListener), String> {
    begin(&config)?;
    let db = Db::open(&config.database, CONNECTIONS)?;
    welcome(&db, &config)?;
    let listener = TcpListener::bind(config.listen).map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let engines = engines(&config);
    // Asked now, so that the first page has the answer.
    config.regions.iter().for_each(|region| drop(engines.health(&region.id)));
    Ok((Arc::new(App::new(db, config).with(engines)), listener))
}

fn start_worker(app: &App) -> Result<JoinHandle<()>, String> {
    let worker = Worker::new(app.db.clone(), app.engines.clone(), &app.config.data_dir).proving(&app.config).behind(app.config.store.as_ref());
    worker::spawn(worker, app.bell.clone()).map_err(|error| format!("cannot start the worker: {error}"))
}

fn run_web(app: &Arc<App>, listener: TcpListener) -> Outcome {
    let key = open_secret_key(&app.config.secret_key_file)?;
    println!("Galleria is at {}", app.config.base_url);
    let app = Arc::clone(app);
    let serving = actix_web::rt::System::new().block_on(async move { web::serve(app, key, listener, CONNECTIONS as usize)?.await });
    serving.map_err(|error| format!("the server stopped: {error}"))
}

/// Ctrl-C or SIGTERM.
async fn until_asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
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
