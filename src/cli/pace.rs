//! How an import keeps from running away from the search indexes of running servers.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use galleria::catalogue::Follower;

/// Entries that servers may be behind: so many are found a moment after the import's end.
const AHEAD: u64 = 8_000;
/// A server that has not come any further for so long is gone, or cannot go on.
const GONE: Duration = Duration::from_secs(30);

/// What an import has announced and servers have followed so far.
#[derive(Default)]
pub(super) struct Pace {
    /// Each change with how many entries came with it, from the earliest that somebody still has to follow.
    announced: VecDeque<(i64, u64)>,
    servers: HashMap<String, Server>,
}

/// What a server said last, and when that was heard: its clock may be another one.
struct Server {
    said: Follower,
    heard: Instant,
}

impl Pace {
    /// So many entries came with this change.
    pub fn announced(&mut self, sequence: i64, entries: u64) {
        if entries > 0 {
            self.announced.push_back((sequence, entries));
        }
    }

    /// Whether a server is too far behind, by what all of them say now.
    pub fn is_ahead(&mut self, followers: Vec<Follower>, now: Instant) -> bool {
        self.servers.retain(|id, _| followers.iter().any(|said| said.id == *id));
        for said in followers {
            let server = self.servers.entry(said.id.clone()).or_insert_with(|| Server { said: said.clone(), heard: now });
            if server.said != said {
                *server = Server { said, heard: now };
            }
        }
        let going_on = self.servers.values().filter(|server| now.saturating_duration_since(server.heard) < GONE);
        let Some(slowest) = going_on.map(|server| server.said.sequence).min() else { return false };
        while self.announced.front().is_some_and(|(sequence, _)| *sequence <= slowest) {
            self.announced.pop_front();
        }
        self.announced.iter().map(|(_, entries)| entries).sum::<u64>() > AHEAD
    }
}

#[cfg(test)]
mod tests {
    use galleria::clock;

    use super::*;

    fn server(id: &str, sequence: i64) -> Follower {
        Follower { id: id.to_owned(), sequence, said_at: clock::now() }
    }

    #[test]
    fn it_waits_for_the_slowest_server_that_goes_on() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        (1..=20).for_each(|sequence| pace.announced(sequence, 1_000));
        assert!(!pace.is_ahead(Vec::new(), now), "nobody is behind");
        let stuck = server("b", 3);
        assert!(pace.is_ahead(vec![server("a", 15), stuck.clone()], now));
        assert!(pace.is_ahead(vec![server("a", 20), stuck.clone()], now + GONE / 2));
        assert!(!pace.is_ahead(vec![server("a", 20), stuck.clone()], now + GONE), "it said nothing new for so long");
        assert!(!pace.is_ahead(vec![server("a", 20)], now));
        pace.announced(21, 8_000);
        assert!(!pace.is_ahead(vec![server("a", 20)], now));
        pace.announced(22, 1);
        assert!(pace.is_ahead(vec![server("a", 20)], now));
        assert!(!pace.is_ahead(vec![server("a", 21)], now));
    }
}
