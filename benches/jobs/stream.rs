//! Following a log as a browser's `EventSource` does, which comes again when the server ends the stream.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long Chromium waits before it comes again, unless the stream says otherwise.
const AGAIN: Duration = Duration::from_secs(3);

/// One reader of one log.
pub struct Follower<'a> {
    pub address: SocketAddr,
    pub path: &'a str,
    pub cookie: &'a str,
}

/// How far it has come.
struct Heard {
    last_id: String,
    again: Duration,
    /// The newest time printed, so that none counts twice.
    newest: f64,
}

impl Follower<'_> {
    /// Tells how long after it was printed each time has arrived, until the log ends or nobody wants to hear more.
    pub fn follow(&self, hear: &mut dyn FnMut(Duration) -> ControlFlow<()>) {
        let mut heard = Heard { last_id: String::new(), again: AGAIN, newest: 0.0 };
        while self.listen(&mut heard, hear).is_continue() {
            thread::sleep(heard.again);
        }
    }

    fn listen(&self, heard: &mut Heard, hear: &mut dyn FnMut(Duration) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let last = if heard.last_id.is_empty() { String::new() } else { format!("Last-Event-ID: {}\r\n", heard.last_id) };
        let (path, cookie) = (self.path, self.cookie);
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{last}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            match line.split_once(": ") {
                Some(("id", id)) => id.clone_into(&mut heard.last_id),
                Some(("retry", ms)) => heard.again = Duration::from_millis(ms.parse().unwrap()),
                Some(("event", "end")) => return ControlFlow::Break(()),
                Some(("data", html)) => heard.times(html, hear)?,
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}

impl Heard {
    /// Every `t=1700000000.123456` that has not been there before.
    fn times(&mut self, html: &str, hear: &mut dyn FnMut(Duration) -> ControlFlow<()>) -> ControlFlow<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        for found in html.split("t=").skip(1) {
            let Some(printed) = found.get(..17).and_then(|text| text.parse::<f64>().ok()) else { continue };
            if printed > self.newest {
                self.newest = printed;
                hear(Duration::from_secs_f64((now - printed).max(0.0)))?;
            }
        }
        ControlFlow::Continue(())
    }
}
