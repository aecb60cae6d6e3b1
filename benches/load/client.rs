//! A bounded load: so many connections, each with one request under way, for so long.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection that is kept.
pub struct Connection {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub location: String,
    pub cookie: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::with_capacity(64 << 10, stream), body: Vec::new() }
    }

    /// Sends a whole request and reads the whole answer; the body is in [`Connection::body`].
    pub fn send(&mut self, request: &[u8]) -> Answer {
        self.stream.get_mut().write_all(request).unwrap();
        let mut answer = Answer { status: 0, content_type: String::new(), location: String::new(), cookie: String::new() };
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if answer.status == 0 {
                answer.status = text.split(' ').nth(1).unwrap().parse().unwrap();
            }
            let Some((name, value)) = text.split_once(": ") else { continue };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "transfer-encoding" => panic!("an answer of unknown length"),
                "content-type" => answer.content_type = value.into(),
                "location" => answer.location = value.into(),
                "set-cookie" if value.starts_with("sid=") => answer.cookie = value.split(';').next().unwrap().into(),
                _ => {}
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).unwrap();
        answer
    }

    /// Of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// What a load has shown.
pub struct Measured {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Answers of another status than expected.
    pub wrong: usize,
}

/// How much.
#[derive(Clone, Copy)]
pub struct Load {
    pub connections: usize,
    pub time: Duration,
    /// Requests of one connection at most.
    pub most: usize,
    /// Between an answer and the next request.
    pub pause: Duration,
}

/// Puts `address` under `load`; `request` gives the n-th request of a connection, and every answer must have `status`.
pub fn measure(address: SocketAddr, load: Load, status: u16, request: &(impl Fn(usize, usize) -> Vec<u8> + Sync)) -> Measured {
    let begin = Instant::now();
    let work = |number: usize| {
        let mut connection = Connection::open(address);
        let (mut times, mut wrong) = (Vec::new(), 0);
        while begin.elapsed() < load.time && times.len() < load.most {
            let bytes = request(number, times.len());
            let sent = Instant::now();
            wrong += usize::from(connection.send(&bytes).status != status);
            times.push(sent.elapsed());
            std::thread::sleep(load.pause);
        }
        (times, wrong)
    };
    let all: Vec<(Vec<Duration>, usize)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..load.connections).map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let took = begin.elapsed();
    let wrong = all.iter().map(|(_, wrong)| wrong).sum();
    let mut times: Vec<Duration> = all.into_iter().flat_map(|(times, _)| times).collect();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    Measured { per_second: times.len() as f64 / took.as_secs_f64(), p50: at(50), p99: at(99), wrong }
}

/// A page asked for.
pub fn get(path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n").into_bytes()
}

/// A form posted from a page of the gallery.
pub fn post(path: &str, cookie: &str, form: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}Sec-Fetch-Site: same-origin\r\n");
    format!("{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}", form.len()).into_bytes()
}
