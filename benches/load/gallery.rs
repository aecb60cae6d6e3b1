//! A gallery with a generated catalogue and members, served in this process.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use diesel::prelude::*;
use galleria::blobs::Blobs;
use galleria::clock;
use galleria::config::Config;
use galleria::db::{Conn, Db};
use galleria::error::Result;
use galleria::schema::{algorithms, publishers, subscriptions};
use galleria::users::{self, NewUser};
use galleria::web::store::App;
use galleria::web::{open_secret_key, serve};

use crate::bare::run;
use crate::catalogue;
use crate::client::{Connection, post};
use crate::database::Database;

/// As `galleria serve` has it.
const CONNECTIONS: u32 = 12;
/// Subscriptions of each member.
const SUBSCRIBED: i64 = 40;
/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";
/// Its argon2id hash, made as cheap as argon2 goes: logging in is not what is measured.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$Z2FsbGVyaWEtdGVzdGluZw$sY6os3P1JiZE64L1QQqusk3s662VTv7/P5TR3R/IdyY";

/// A gallery under load.
pub struct Gallery {
    pub address: SocketAddr,
    /// Of every algorithm that anybody sees, `/algorithms/publisher/name`.
    pub paths: Vec<String>,
    /// The same of those that one click subscribes to.
    pub free: Vec<String>,
    /// A session's cookie for each member.
    pub cookies: Vec<String>,
    handle: ServerHandle,
    _database: Database,
    _folder: tempfile::TempDir,
}

impl Gallery {
    /// On SQLite, or on the PostgreSQL at `server` in a schema of its own.
    pub fn start(server: Option<&str>, count: usize, members: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(server, folder.path());
        let config = config(folder.path(), &database.url);
        let key = open_secret_key(&config.secret_key_file).unwrap();
        let db = Db::open(&config.database, CONNECTIONS).unwrap();
        let now = clock::now();
        catalogue::generate(&db, &Blobs::archives(&config.data_dir), count, 1, now).unwrap();
        let handles: Vec<String> = (0..members).map(|number| format!("member-{number}")).collect();
        db.write(|conn| handles.iter().try_for_each(|handle| member(conn, handle))).unwrap();
        database.analyze();
        let (paths, free) = db.read(paths).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let app = Arc::new(App::new(db, config));
        // Until then lists say that they are not whole.
        while app.catalogue.lag(&app.db).unwrap() > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        let handle = run(move || serve(app, key, listener, CONNECTIONS as usize).unwrap());
        let cookies = handles.iter().map(|handle| log_in(address, handle)).collect();
        Self { address, paths, free, cookies, handle, _database: database, _folder: folder }
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

fn config(folder: &Path, url: &str) -> Config {
    let pairs = [
        ("DATABASE_URL", url.to_owned()),
        ("GALLERIA_DATA_DIR", folder.join("data").display().to_string()),
        ("GALLERIA_LIMITS", "off".to_owned()),
        ("GALLERIA_STARTER", "false".to_owned()),
    ];
    let env: HashMap<&str, String> = pairs.into();
    let file = folder.join("galleria.toml");
    std::fs::write(&file, "").unwrap();
    Config::from_parts(Some(&file), &|name| env.get(name).cloned()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn member(conn: &mut Conn, handle: &str) -> Result<()> {
    let now = clock::now();
    let new = NewUser { handle: handle.parse().unwrap(), email: format!("{handle}@example.org"), password_hash: HASH.into(), admin: false };
    let user = users::register(conn, &new, now)?.id;
    let some = algorithms::table.filter(algorithms::visibility.eq("public")).filter(algorithms::state.eq("listed"));
    let ids: Vec<i64> = some.order(algorithms::id).offset(user % 100).limit(SUBSCRIBED).select(algorithms::id).load(conn)?;
    for id in ids {
        let row = (subscriptions::user_id.eq(user), subscriptions::algorithm_id.eq(id), subscriptions::state.eq("active"));
        let times = (subscriptions::counted.eq(true), subscriptions::subscribed_at.eq(now), subscriptions::changed_at.eq(now));
        diesel::insert_into(subscriptions::table).values((row, times)).execute(conn)?;
    }
    Ok(())
}

fn paths(conn: &mut Conn) -> Result<(Vec<String>, Vec<String>)> {
    let open = algorithms::table.inner_join(publishers::table).filter(algorithms::visibility.eq("public")).filter(algorithms::state.eq("listed"));
    let columns = (publishers::handle, algorithms::name, publishers::official, algorithms::constrained);
    let rows: Vec<(String, String, bool, bool)> = open.order(algorithms::id.desc()).select(columns).load(conn)?;
    let path = |row: &(String, String, bool, bool)| format!("/algorithms/{}/{}", row.0, row.1);
    Ok((rows.iter().map(path).collect(), rows.iter().filter(|row| row.2 && !row.3).map(path).collect()))
}

fn log_in(address: SocketAddr, handle: &str) -> String {
    let form = format!("login={handle}&password={}", PASSWORD.replace(' ', "+"));
    let answer = Connection::open(address).send(&post("/login", "", &form));
    assert_eq!(answer.status, 303, "{handle} cannot log in");
    answer.cookie
}
