use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

/// How Chromium is started: without a screen, and saying nothing to anybody.
pub const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1440,900",
];

/// A program that the tests need: from a variable of the environment, else from the `PATH`.
pub fn program(variable: &str, usual: &str) -> String {
    let named = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let paths = std::env::var("PATH").unwrap_or_default();
    let found = std::iter::once(named.clone())
        .chain(paths.split(':').map(|folder| format!("{folder}/{named}")))
        .find(|path| path.starts_with('/') && std::path::Path::new(path).is_file());
    found.unwrap_or_else(|| panic!("{named} is missing: tests/run installs it, or say in {variable} where it is"))
}

/// Chromium's driver on a port of its own, and its address.
pub fn start_driver() -> (Child, String) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program("GALLERIA_TEST_CHROMEDRIVER", "chromedriver"));
    let driver = command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("chromedriver does not start");
    let url = format!("http://127.0.0.1:{port}");
    super::eventually("chromedriver answers", || std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    (driver, url)
}
