use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wakes the worker of this process when there is something new to do, or when it is to end.
#[derive(Debug, Clone, Default)]
pub struct Bell {
    inner: Arc<(Mutex<Rung>, Condvar)>,
}

#[derive(Debug, Default)]
struct Rung {
    new: bool,
    over: bool,
    worked: Option<Instant>,
}

impl Bell {
    /// Something is new: a job, a wish to stop.
    pub fn ring(&self) {
        self.set(|rung| rung.new = true);
    }

    /// The worker is to end after what it is doing.
    pub fn end(&self) {
        self.set(|rung| rung.over = true);
    }

    /// Whether the worker is to end.
    pub fn is_over(&self) -> bool {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner).over
    }

    /// The worker had looked after all of its attempts at this time.
    pub fn worked(&self, at: Instant) {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner).worked = Some(at);
    }

    /// How long ago that was; `None` where there is no worker in this process.
    pub fn since_worked(&self) -> Option<Duration> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner).worked.map(|at| at.elapsed())
    }

    /// Waits for a ring, at most so long.
    pub fn wait(&self, most: Duration) {
        let (lock, condition) = &*self.inner;
        let rung = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = condition.wait_timeout_while(rung, most, |rung| !rung.new && !rung.over);
        waited.unwrap_or_else(PoisonError::into_inner).0.new = false;
    }

    fn set(&self, change: impl FnOnce(&mut Rung)) {
        change(&mut self.inner.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.1.notify_all();
    }
}
