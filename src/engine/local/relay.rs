//! The one way out of a job's network: from a port of its own loopback to the tracking server's socket.
//!
//! It runs in the launcher, which shares the job's network but nothing else with it. The socket is opened anew for each
//! connection, so a job goes on tracking after the server was restarted.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::TRACKING_PORT;

/// Connections at once; each costs two threads.
pub(super) const CONNECTIONS: usize = 16;

/// The port, taken before the job could take it.
pub(super) fn listen() -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", TRACKING_PORT))
}

/// Serves the port for as long as this process lives.
pub(super) fn serve(port: TcpListener, socket: PathBuf) {
    let open = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for job in port.incoming().flatten() {
            if open.load(Ordering::Relaxed) >= CONNECTIONS {
                // Closed unanswered: a client of ours keeps one or two.
                continue;
            }
            let (open, socket) = (Arc::clone(&open), socket.clone());
            open.fetch_add(1, Ordering::Relaxed);
            thread::spawn(move || {
                // A connection that fails is the client's to repeat.
                carry(&job, &socket).ok();
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
}

/// Carries bytes both ways until both ends have finished.
fn carry(job: &TcpStream, socket: &Path) -> io::Result<()> {
    let server = UnixStream::connect(socket)?;
    thread::scope(|scope| {
        scope.spawn(|| {
            io::copy(&mut &*job, &mut &server).ok();
            server.shutdown(Shutdown::Write).ok();
        });
        io::copy(&mut &server, &mut &*job).ok();
        job.shutdown(Shutdown::Write).ok();
    });
    Ok(())
}
