//! Figures for whoever watches the server, in the text format of OpenMetrics, which Prometheus reads.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::error::{Error, Result};

type Label = [(&'static str, &'static str); 1];

/// What a process counts about itself.
pub struct Figures {
    registry: Registry,
    answers: Family<Label, Histogram, fn() -> Histogram>,
    lag: Gauge,
    jobs: Family<Label, Gauge>,
    connections: Family<Label, Gauge>,
    writes: Gauge<u64, AtomicU64>,
    memory: Gauge,
}

/// What is looked up when somebody asks.
pub struct Now {
    /// Changes of the catalogue that the search index does not hold.
    pub lag: i64,
    /// Jobs that are not over, by state.
    pub jobs: Vec<(&'static str, i64)>,
    /// Connections to the database: in use, and idle.
    pub connections: (u32, u32),
    /// Transactions that this process has committed.
    pub writes: u64,
    /// Bytes of memory that this process holds.
    pub memory: u64,
}

impl Figures {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let answers: Family<Label, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 7)));
        let (lag, jobs, connections, writes, memory) = Default::default();
        let figures = Self { registry: Registry::default(), answers, lag, jobs, connections, writes, memory };
        figures.registered()
    }

    fn registered(mut self) -> Self {
        let all = &mut self.registry;
        all.register("http_request_duration_seconds", "From a request to the head of its answer, by the class of its status", self.answers.clone());
        all.register("galleria_search_index_lag_changes", "Changes of the catalogue that the search index does not hold yet", self.lag.clone());
        all.register("galleria_jobs", "Training jobs that are not over, by state", self.jobs.clone());
        all.register("galleria_database_connections", "Connections of this process to the database, by use", self.connections.clone());
        all.register("galleria_database_writes", "Transactions that this process has committed", self.writes.clone());
        all.register("process_resident_memory_bytes", "Memory that this process holds", self.memory.clone());
        self
    }

    /// Counts an answer.
    pub fn answered(&self, status: u16, took: Duration) {
        let class = match status {
            0..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.answers.get_or_create(&[("code", class)]).observe(took.as_secs_f64());
    }

    /// All of it.
    ///
    /// # Errors
    /// None that is known.
    pub fn text(&self, now: Now) -> Result<String> {
        self.lag.set(now.lag);
        self.jobs.clear();
        for (state, count) in now.jobs {
            self.jobs.get_or_create(&[("state", state)]).set(count);
        }
        for (name, count) in [("busy", now.connections.0), ("idle", now.connections.1)] {
            self.connections.get_or_create(&[("use", name)]).set(i64::from(count));
        }
        self.writes.set(now.writes);
        self.memory.set(i64::try_from(now.memory).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(Error::internal)?;
        Ok(text)
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self::new()
    }
}
